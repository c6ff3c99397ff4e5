"""Closed lists of verbs. A verb that is not here is never conjugated."""

from __future__ import annotations

_BASE = """
    ache admit adjust advise agree allow appear apply appreciate ask assume avoid become begin believe bend bite
    blame bleed blow breathe bring bruise burn buy call care carry catch change check chew choke choose clean
    climb come complain complete consider consume continue cook cough cry cycle deal decide decrease deny depend
    describe develop do doubt dream drink drive drop eat elevate enjoy exercise exert expect experience explain
    extend fall feel fight figure fill find finish fix flex floss fly follow forget gain get give go grab grind
    grow guess hang happen hate have hear help hesitate hike hold hope ice identify imagine improve increase
    inject injure itch jog jump keep kick know lean leave lie lift like limp listen live look lose love make
    manage mean measure meditate mention miss monitor move need notice ovulate own pass pay pee perform pick plan
    play poop practice prefer prepare press prevent pull purchase push raise reach realize recall receive
    recognize recommend record recover reduce rely remain remember remove repeat report require rest restrict
    retire return ride roll rotate run say see seem sell send shake shower sit ski skip sleep slip smell smoke
    sneeze snore speak spend stand start stay step stop strain stretch struggle study suffer suppose suspect
    swallow sweat swell swim take talk tell tend think throw tire tolerate touch travel treat try turn twist
    understand urinate use vape visit vomit wait wake walk want wash watch wear weigh wipe wish wonder work worry
    wrap write
"""
BASES = frozenset(_BASE.split())

_IRREGULAR_PASTS = """
    was were had did went got gotten gone been done took taken came became began begun bit bitten bled blew blown
    broke broken brought built bought caught chose chosen drank drunk drove driven ate eaten fell fallen felt
    fought found flew flown forgot forgotten gave given grew grown heard held kept knew known laid lay led left
    lost made meant met paid ran rode ridden rang rose risen said saw seen sold sent shook shaken shown shrank
    sat slept slid spoke spoken spent stood stuck struck swelled swollen swam swum took taught told thought threw
    thrown understood woke woken wore worn won wrote written quit
"""
_OTHER_REGULAR = """
    diagnose refer prescribe schedule discuss land trip bump break-out attempt discover end wind graduate relocate
    undergo contract sprain tear pop crash sustain roll heal schedule develop drop cancel discontinue double order
    review examine note order suggest complete
"""

_VOWELS = frozenset("aeiou")
_DOUBLED = frozenset(
    "drop grab hug jog nap plan pop rub skip slip spot stop strip trip step wrap chat refer prefer".split()
)
THIRD_IRREGULAR = {"have": "has", "do": "does", "go": "goes", "be": "is"}


def third_person(base: str) -> str:
    """ "takes" for "take"."""
    if base in THIRD_IRREGULAR:
        return THIRD_IRREGULAR[base]
    if base.endswith("y") and base[-2] not in _VOWELS:
        return f"{base[:-1]}ies"
    if base.endswith(("s", "sh", "ch", "x", "z", "o")):
        return f"{base}es"
    return f"{base}s"


def _regular_past(base: str) -> str:
    if base.endswith("e"):
        return f"{base}d"
    if base.endswith("y") and base[-2] not in _VOWELS:
        return f"{base[:-1]}ied"
    return f"{base}{base[-1]}ed" if base in _DOUBLED else f"{base}ed"


def gerund(base: str) -> str:
    """ "taking" for "take"."""
    if base in {"lie", "die", "tie"}:
        return f"{base[:-2]}ying"
    if base.endswith("e") and not base.endswith("ee"):
        return f"{base[:-1]}ing"
    doubled = _DOUBLED | {"get", "run", "sit", "swim", "cut", "put", "quit"}
    return f"{base}{base[-1]}ing" if base in doubled else f"{base}ing"


# In the past these look as in the present: "I put ice on it" may be either.
SAME_IN_THE_PAST = frozenset(
    "put cut hit hurt let read set shut spread cost burst bet run come become".split()
)
# As a noun these follow "and" just as well: "I take naps and work".
ALSO_NOUNS = frozenset(
    "ache bend bite blow breathe burn call care change check chew clean cook cough cry cycle deal doubt dream drink"
    " drive drop exercise experience fall feel fight fill find flex fly gain grind hike hold hope ice increase itch"
    " jog jump kick like limp look love move need pass pay pee plan play poop practice press pull purchase push raise"
    " reach record release repeat report rest return ride roll run say shake shower sit ski skip sleep slip smell smoke"
    " sneeze snore stand start step stop strain stretch struggle study sweat swim talk taste tear touch travel treat"
    " try turn twist use visit vomit wait wake walk want wash watch wear wipe wish wonder work worry".split()
)

THIRD = {base: third_person(base) for base in BASES}
PASTS = frozenset(_IRREGULAR_PASTS.split()) | {
    _regular_past(base) for base in [*BASES, *_OTHER_REGULAR.split()]
}
BASE_OF = {third: base for base, third in THIRD.items()} | {
    "is": "be",
    "are": "be",
    "am": "be",
    "were": "was",
}
MODALS = frozenset("can could will would shall should may might must did cannot used".split())
