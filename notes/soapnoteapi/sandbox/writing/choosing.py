"""What a note keeps of a long dialogue. A short one, or what is no dialogue, is kept whole but for greetings."""

from __future__ import annotations

import heapq
import re
from collections.abc import Mapping, Sequence

from notes.soapnoteapi.sandbox.writing.language import content, words
from notes.soapnoteapi.sandbox.writing.placed import Unit
from notes.soapnoteapi.sandbox.writing.sections import NONE

KEPT_WHOLE = 300  # words
KEPT_OF_THE_REST = 0.2
LEAST_WORTH = 0.05
REPEATED = 0.6  # how much of its worth a unit loses when every word of it is in the note already
CLINICAL_BONUS = 0.25
LONGEST_GREETING = 80  # characters
GREETINGS = (
    r"(?:hi|hello|hey|good (?:morning|afternoon|evening)|thank you|thanks|you're (?:very )?welcome|take care|bye"
    r"|goodbye|(?:it's )?(?:nice|good|great) (?:to (?:see|meet)|seeing|meeting) you|how are you(?: doing)?"
    r"|have a (?:good|great|nice) (?:day|one|weekend)|okay|ok|alright|all right|great|perfect|gotcha|i see)"
)
ADDRESSED = r"(?:there|doctor|doc|dr|sir|ma'am|everyone|today|again|too|as well|so much|very much)"
GREETING = re.compile(rf"(?:\W*\b(?:{GREETINGS}|{ADDRESSED}|(?-i:[A-Z][a-z]+))\b)+\W*", re.IGNORECASE)
# What must not be lost: allergies, medicines and doses, measurements.
CLINICAL = re.compile(
    r"\b(?:allerg\w+|anaphyla\w+|\d+(?:\.\d+)?\s*(?:mg|milligrams?|mcg|micrograms?|units?|ml|percent|%|over\b)"
    r"|(?:milligrams?|micrograms?|mg|mcg)|prescri\w+|suicid\w+|pregnan\w+|overdos\w+|hiv|cancer|stroke|seizures?"
    r"|emergency|9-?1-?1|\w{3,}(?:cillin|mycin|statin|prazole|sartan|olol|formin|oxetine|azepam|pril)\b)",
    re.IGNORECASE,
)


def budget(spoken: int) -> float:
    """How many words of a dialogue of so many are kept."""
    return min(spoken, KEPT_WHOLE + KEPT_OF_THE_REST * max(0, spoken - KEPT_WHOLE))


def chosen(units: Sequence[Unit], shares: Sequence[Mapping[str, float]], *, whole: bool) -> list[int]:
    """Which units are kept, in the order spoken; `whole` where only greetings may go."""
    spoken = [len(words(unit.text)) for unit in units]
    named = {at for at, unit in enumerate(units) if any(said.sentence.heading for said in unit.said)}
    if whole or sum(spoken) <= KEPT_WHOLE:
        return [at for at in range(len(units)) if at in named or not is_greeting(units[at])]
    return sorted(named | _worthiest(units, shares, spoken))


def is_greeting(unit: Unit) -> bool:
    """Whether nothing but greetings, thanks and sounds of assent are in it."""
    return all(not said.sentence.heading and _says_nothing(said.text) for said in unit.said)


def _says_nothing(text: str) -> bool:
    if len(text) > LONGEST_GREETING:
        return False
    return not words(text) or bool(
        re.match(rf"\W*{GREETINGS}\b", text, re.IGNORECASE) and GREETING.fullmatch(text)
    )


def _worthiest(
    units: Sequence[Unit], shares: Sequence[Mapping[str, float]], spoken: Sequence[int]
) -> set[int]:
    """The units that say most that the note does not say yet, until the budget is spent."""
    about = [frozenset(content(unit.text)) for unit in units]
    worth = [_worth(unit, share) for unit, share in zip(units, shares, strict=True)]
    waiting = [(-worth[at], at) for at in range(len(units)) if about[at]]
    heapq.heapify(waiting)
    left = budget(sum(spoken))
    told: set[str] = set()
    kept: set[int] = set()
    while waiting and left > 0:
        _, at = heapq.heappop(waiting)
        now = worth[at] * (1 - REPEATED * len(about[at] & told) / len(about[at]))
        if waiting and -now > waiting[0][0]:
            if now >= LEAST_WORTH:
                heapq.heappush(waiting, (-now, at))
            continue
        if now < LEAST_WORTH:
            break
        kept.add(at)
        told |= about[at]
        left -= spoken[at]
    return kept


def _worth(unit: Unit, share: Mapping[str, float]) -> float:
    return 1 - share[NONE] + (CLINICAL_BONUS if CLINICAL.search(unit.text) else 0.0)
