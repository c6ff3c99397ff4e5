"""What a note keeps of a long dialogue. A short one, or what is no dialogue, is kept whole but for greetings."""

from __future__ import annotations

import heapq
import re
from collections.abc import Callable, Mapping, Sequence

from notes.soapnoteapi.sandbox.transcript import PROVIDER
from notes.soapnoteapi.sandbox.writing.language import content, words
from notes.soapnoteapi.sandbox.writing.needed import is_needed, is_planned, is_weighty, leaning
from notes.soapnoteapi.sandbox.writing.placed import Unit
from notes.soapnoteapi.sandbox.writing.sections import NONE
from notes.soapnoteapi.sandbox.writing.subjects import is_guarded
from notes.soapnoteapi.sandbox.writing.units import asks

KEPT_WHOLE = 340  # words
KEPT_OF_THE_REST = 0.17
LEAST_WORTH = 0.2  # in a dialogue of twice `KEPT_WHOLE` or more; less in a shorter one
REPEATED = 0.6  # how much of its worth a unit loses when every word of it is in the note already
QUOTED = 0.5  # what a unit is worth that the note can only quote, beside one that reads as a note
GUARDED_BONUS = 0.3
CLINICAL_BONUS = 0.15
WEIGHTY_BONUS = 0.3
SMALL = 0.1
LONGEST_GREETING = 80  # characters
GREETINGS = (
    r"(?:hi|hello|hey|good (?:morning|afternoon|evening)|thank you|thanks|you're (?:very )?welcome|take care|bye"
    r"|goodbye|(?:it's )?(?:nice|good|great) (?:to (?:see|meet)|seeing|meeting) you|how are you(?: doing)?"
    r"|have a (?:good|great|nice) (?:day|one|weekend)|okay|ok|alright|all right|great|perfect|gotcha|i see)"
)
ADDRESSED = r"(?:there|doctor|doc|dr|sir|ma'am|everyone|today|again|too|as well|so much|very much)"
GREETING = re.compile(rf"(?:\W*\b(?:{GREETINGS}|{ADDRESSED}|(?-i:[A-Z][a-z]+))\b)+\W*", re.IGNORECASE)
# Symptoms, findings, diagnoses and figures; allergies and medicines have rules of their own.
CLINICAL = re.compile(
    r"\b(?:pains?|painful|aches?|aching|hurts?|sore|fevers?|chills|cough\w*|nausea\w*|vomit\w*|diarrhea|constipat\w+"
    r"|dizz\w+|faint\w*|bleed\w*|blood|swell\w*|swollen|numb\w*|tingl\w*|weakness|headaches?|migraines?|rash\w*|itch\w*"
    r"|breath\w*|wheez\w*|palpitations?|fatigue|insomnia|anxi\w+|depress\w+|suicid\w+|smok\w+|alcohol|tobacco|pregnan\w+"
    r"|surger\w+|cancer|tumou?rs?|strokes?|seizures?|diabet\w+|hypertens\w+|asthma|copd|hiv|infect\w*|fractur\w*"
    r"|sprain\w*|arthritis|x-?rays?|mri|ct scan|biopsy|ultrasound|a1c|hemoglobin|cholesterol|tender\w*|edema)\b"
    r"|\b\d+(?:\.\d+)? ?(?:%|percent|degrees?|over|pounds|kilos?)",
    re.IGNORECASE,
)
SMALL_TALK = re.compile(
    r"\b(?:weather|rain\w*|snow\w*|sunny|traffic|parking|drive (?:over|in|here)|football|soccer|baseball|basketball"
    r"|hockey|the game|team|vacation|holidays?|barbecue|movies?|tv show|grand(?:sons?|daughters?|kids?|children)"
    r"|birthday|wedding|puppy|dogs?|cats?|hey,? (?:dragon|dax))\b",
    re.IGNORECASE,
)


def budget(spoken: int) -> float:
    """How many words of a dialogue of so many are kept."""
    return min(spoken, KEPT_WHOLE + KEPT_OF_THE_REST * max(0, spoken - KEPT_WHOLE))


def chosen(
    units: Sequence[Unit],
    shares: Sequence[Mapping[str, float]],
    *,
    whole: bool,
    quoted: Callable[[int], bool],
) -> list[int]:
    """Which units are kept, in the order spoken.

    `whole` where only greetings may go; `quoted` tells of a unit whether the note could only quote it.
    """
    spoken = [len(words(unit.text)) for unit in units]
    named = {at for at, unit in enumerate(units) if any(said.sentence.heading for said in unit.said)}
    if whole or sum(spoken) <= KEPT_WHOLE:
        return [at for at in range(len(units)) if at in named or not is_greeting(units[at])]
    kept = named | _worthiest(units, shares, spoken, quoted)
    return sorted(kept | leaning(units, kept))


def is_greeting(unit: Unit) -> bool:
    """Whether nothing but greetings, thanks and sounds of assent are in it."""
    return all(not said.sentence.heading and _says_nothing(said.text) for said in unit.said)


def is_open_question(unit: Unit) -> bool:
    """Whether it is a provider's question that got no answer of its own: it states nothing."""
    said = unit.statement
    return unit.question is None and said.role == PROVIDER and asks(said) and not is_planned(said.text)


def _says_nothing(text: str) -> bool:
    if len(text) > LONGEST_GREETING:
        return False
    return not words(text) or bool(
        re.match(rf"\W*{GREETINGS}\b", text, re.IGNORECASE) and GREETING.fullmatch(text)
    )


def _worthiest(
    units: Sequence[Unit],
    shares: Sequence[Mapping[str, float]],
    spoken: Sequence[int],
    quoted: Callable[[int], bool],
) -> set[int]:
    """The units that say most that the note does not say yet, until the budget is spent."""
    about = [frozenset(content(unit.text)) for unit in units]
    worth = [_worth(unit, share) for unit, share in zip(units, shares, strict=True)]
    first = {unit.text: at for at, unit in reversed(list(enumerate(units)))}
    waiting = [
        (-worth[at], at)
        for at, unit in enumerate(units)
        if about[at] and first[unit.text] == at and not (is_greeting(unit) or is_open_question(unit))
    ]
    needed = {at for _, at in waiting if is_needed(units[at]) and not SMALL_TALK.search(units[at].text)}
    waiting = [(priority, at) for priority, at in waiting if at not in needed]
    heapq.heapify(waiting)
    left = budget(sum(spoken)) - sum(spoken[at] for at in needed)
    least = LEAST_WORTH * min(1.0, sum(spoken) / KEPT_WHOLE - 1)
    told = {word for at in needed for word in about[at]}
    kept = set(needed)
    seen: set[int] = set()
    while waiting and left > 0:
        _, at = heapq.heappop(waiting)
        if at not in seen:
            seen.add(at)
            worth[at] *= QUOTED if not is_guarded(units[at].text) and quoted(at) else 1.0
        now = worth[at] * (1 - REPEATED * len(about[at] & told) / len(about[at]))
        if now < least:
            continue
        if waiting and -now > waiting[0][0]:
            heapq.heappush(waiting, (-now, at))
            continue
        kept.add(at)
        told |= about[at]
        left -= spoken[at]
    return kept


def _worth(unit: Unit, share: Mapping[str, float]) -> float:
    """What the model makes of it; more where it is plainly clinical, less where it is plainly small talk."""
    likely = 1 - share[NONE] + (WEIGHTY_BONUS if is_weighty(unit) else 0.0)
    if is_guarded(unit.text):
        return likely + GUARDED_BONUS
    if CLINICAL.search(unit.text) or (unit.statement.role == PROVIDER and is_planned(unit.text)):
        return likely + CLINICAL_BONUS
    return likely * (SMALL if SMALL_TALK.search(unit.text) else 1.0)
