"""Closed lists of verbs. A verb that is not here is never conjugated."""

from __future__ import annotations

from notes.soapnoteapi.sandbox.writing.phrases import word_set

BASES = word_set(
    """
    ache admit adjust advise agree allow appear apply appreciate ask assume attend avoid bathe become begin believe
    bend bike bite blame bleed blow breathe bring bruise burn buy call care carry catch change cheat check chew choke
    choose clean climb come complain complete confirm consider consume continue cook cough cover cry cycle deal
    decide decrease define deny depend describe develop dive do doubt doze draw dream drink drive drop eat elevate
    encourage endorse enjoy examine exercise exert expect experience explain extend faint fall feel fight figure fill
    find finish fix flex floss flush fly follow forget gain get give go grab grind grow guess hang happen hate have
    hear help hesitate hike hold hop hope ice identify imagine improve increase inject injure interrupt itch jog jump
    keep kick know lean learn leave lie lift like limit limp listen live look lose love make manage mean measure
    meditate meet mention miss monitor move nap need notice observe offer order ovulate own palpate pass pay pee
    perform pick pinpoint plan play point poop practice prefer prepare press prevent procrastinate provide pull
    purchase push raise rate reach realize recall receive recognize recommend record recover reduce refill rely remain
    remember remove repeat report require rest restrict retain retire return review ride roll rotate run say scratch
    see seem sell send shake show shower sit ski skip sleep slip smell smoke sneeze snore speak spend stand start stay
    step stop strain strengthen stretch struggle study suffer suggest support suppose suspect swallow sweat swell swim
    take talk teach tell tend test think throw tire tolerate toss touch travel treat try turn twist understand urinate
    use vape verify visit vomit wait wake walk want wash watch wear weigh wipe wish wonder work worry wrap write
    """
)
IRREGULAR_PASTS = word_set(
    """
    was were had did went got gotten gone been done took taken came became began begun bent bit bitten bled blew blown
    broke broken brought built bought caught chose chosen drank drunk drove driven ate eaten fell fallen felt fought
    found flew flown forgot forgotten gave given grew grown heard held kept knew known laid lay led left lost made
    meant met paid ran rode ridden rang rose risen said saw seen sold sent shook shaken shown shrank sat slept slid
    sought spoke spoken spent stood stuck struck swelled swollen swam swum taught told thought threw thrown underwent
    undergone understood woke woken wore worn won wrote written quit
    """
)
# In the past these look as in the present: "I put ice on it" may be either.
SAME_IN_THE_PAST = word_set("put cut hit hurt let read set shut spread cost burst bet")
# Both bases and participles: "I'd come" may be "I had come" or "I would come".
BASE_OR_PARTICIPLE = SAME_IN_THE_PAST | {"run", "come", "become"}
# As a noun these follow "and" just as well: "I take naps and work".
ALSO_NOUNS = word_set(
    """
    ache bend bike bite blow breathe burn call care change cheat check chew clean cook cough cover cry cycle deal doubt
    draw dream drink drive drop exercise experience faint fall fight fill flex flush fly gain grind hike hold
    hop hope ice increase itch jog jump kick like limit limp look love move nap need offer order pass pay pee plan play
    point poop practice press pull purchase push raise rate reach record refill release repeat report rest return review
    ride roll run scratch shake show shower sit ski skip sleep slip smell smoke sneeze snore stand start step stop
    strain stretch struggle study support sweat swim talk taste tear test toss touch travel treat try turn twist use
    visit vomit wait wake walk want wash watch wear wipe wish wonder work worry
    """
)
MODALS = word_set("can could will would shall should may might must did cannot used")
THIRD_IRREGULAR = {"have": "has", "do": "does", "go": "goes"}
DOUBLED = word_set("drop grab hop jog nap plan run sit skip slip step stop swim wrap get cut put quit")
NO_PASTS = word_set("need feed bleed speed exceed proceed succeed breed seed weed heed embed")
VOWELS = "aeiou"


def _third_person(base: str) -> str:
    if base in THIRD_IRREGULAR:
        return THIRD_IRREGULAR[base]
    if base.endswith("y") and base[-2] not in VOWELS:
        return f"{base[:-1]}ies"
    return f"{base}es" if base.endswith(("s", "sh", "ch", "x", "z", "o")) else f"{base}s"


def _past(base: str) -> str:
    if base.endswith("e"):
        return f"{base}d"
    if base.endswith("y") and base[-2] not in VOWELS:
        return f"{base[:-1]}ied"
    return f"{base}{base[-1]}ed" if base in DOUBLED or base == "prefer" else f"{base}ed"


def gerund(base: str) -> str:
    """The "-ing" form: "taking" for "take"."""
    if base == "lie":
        return "lying"
    if base.endswith("e") and not base.endswith("ee"):
        return f"{base[:-1]}ing"
    return f"{base}{base[-1]}ing" if base in DOUBLED else f"{base}ing"


def is_past(word: str) -> bool:
    """Whether the word can only be a past form, which is the same for every person."""
    return word in PASTS or (len(word) > 4 and word.endswith("ed") and word not in NO_PASTS)


THIRD = {base: _third_person(base) for base in BASES}
PASTS = IRREGULAR_PASTS | {_past(base) for base in BASES}
BASE_OF = {third: base for base, third in THIRD.items()} | {
    "is": "be",
    "are": "be",
    "am": "be",
    "were": "was",
}
