"""Drug names that were perhaps misheard: said beside what was heard, never put in its place.

Whisper base gets only a third of drug names right. Putting the likeliest name in its place gets most of the rest
right and some into a *different drug*; so a name is only ever suggested, and only where one is clearly likeliest.
Where none is, and what was heard before a dose was a mere guess, only that is said: "take less than [?] 10 mg".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from notes.soapnoteapi.sandbox.hearing.medicine_names import NAMES, ORDINARY
from notes.soapnoteapi.sandbox.hearing.sounds import likeness, sounds_of
from notes.soapnoteapi.sandbox.transcript import Sentence, Word

MOST_WORDS = 4
# How alike a word and a name sound: before a dose, without one, and for a name on the patient's list.
LIKE = 0.76
LIKE_WITHOUT_DOSE = 0.82
LIKE_OWN = 0.64
# By how much the likeliest name must lead the next.
AHEAD = 0.1
# A word that the recogniser was surer of than that is taken for what it is.
UNSURE = 0.75
GUESSED = 0.25
SHORTEST = 5
# Sounds of a name that a word, or several together, may be taken for: short names are like too many words.
SOUNDS, SOUNDS_TOGETHER = 6, 8
REACH = 4
UNIT = re.compile(
    r"^\d*(?:mg|mgs|mcg|milligrams?|micrograms?|grams?|units?|ml|milliliters?|puffs?|tablets?|capsules?|pills?)$"
)
NUMBER = re.compile(
    r"^(?:\d[\d.,]*(?:mg|mcg|ml)?|one|two|three|four|five|six|eight|ten|twelve|fifteen|twenty|twenty-five|thirty"
    r"|forty|fifty|sixty|seventy-five|eighty|hundred|thousand|half)$"
)
NO_START = re.compile(r"^(?:i|you|the|to|my|your|our|of|on|and|this|that|will|we|for)$")
GIVEN = re.compile(
    r"^(?:tak(?:e|es|ing|en)|took|prescrib(?:e|ed|ing)|start(?:ed|ing)?|stop(?:ped|ping)?|continu(?:e|ed|ing)|refill"
    r"|increas(?:e|ed|ing)|decreas(?:e|ed|ing)|medications?|medicines?|dose|using|use|called|allergic)$"
)


@dataclass(frozen=True)
class Doubt:
    """Words as heard, and the one medicine they perhaps are, empty where nobody can tell; times in seconds."""

    heard: str
    perhaps: str
    start: float
    end: float


def doubts(sentences: Iterable[Sentence], own: Iterable[str] = ()) -> list[Doubt]:
    """Perhaps misheard names in what was said, in order. `own` is the patient's medication list."""
    listed = _listed(own)
    return [doubt for sentence in sentences for doubt in _in_sentence(sentence.words, listed)]


def marked(text: str, found: Iterable[Doubt]) -> str:
    """A finished line with each doubt behind the words that it is about: "listen opera [lisinopril?] 20 mg"."""
    for doubt in found:
        place = re.search(rf"(?<!\w){re.escape(doubt.heard)}(?!\w)", text, re.IGNORECASE)
        if place:
            text = f"{text[: place.end()]} [{doubt.perhaps}?]{text[place.end() :]}"
    return text


def within(sentence: Sentence, found: Iterable[Doubt]) -> list[Doubt]:
    """Those of a recording's doubts that are about words of this sentence."""
    if not sentence.words:
        return []
    first, last = sentence.words[0].start, sentence.words[-1].end
    return [
        doubt
        for doubt in found
        if first <= doubt.start and doubt.end <= last and doubt.heard in _joined(sentence.words)
    ]


def _listed(own: Iterable[str]) -> frozenset[str]:
    """The names in entries such as "Lisinopril 10 mg daily"."""
    words = (word for entry in own for word in re.findall(r"[a-z]+", entry.lower()))
    return frozenset(word for word in words if len(word) >= SHORTEST and not UNIT.match(word))


def _in_sentence(words: Sequence[Word], own: frozenset[str]) -> Iterator[Doubt]:
    """The likeliest first, so that "take listen opera" is not taken for a name that "listen opera" is more like."""
    plain = [re.sub(r"[^\w.,-]|[.,]+$", "", word.text).lower() for word in words]
    taken: set[int] = set()
    chosen = []
    for _, at, size, name in sorted(_candidates(words, plain, own), key=lambda found: (-found[0], found[1:])):
        if taken.isdisjoint(range(at, at + size)):
            taken.update(range(at, at + size))
            chosen.append((at, size, name))
    chosen += [
        (at, size, "") for at, size in _guesses(words, plain) if taken.isdisjoint(range(at, at + size))
    ]
    for at, size, name in sorted(chosen):
        part = words[at : at + size]
        yield Doubt(_joined(part).strip(" .,;:!?\"'"), name, part[0].start, part[-1].end)


def _guesses(words: Sequence[Word], plain: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Words before a dose of which the first was guessed: from which word, how many words."""
    for at in range(len(words)):
        if not (NUMBER.match(plain[at]) and any(UNIT.match(word) for word in plain[at : at + 3])):
            continue
        guessed = [i for i in range(max(0, at - 2), at) if words[i].probability < GUESSED]
        if guessed and not any(word in NAMES or NUMBER.match(word) for word in plain[guessed[0] : at]):
            yield guessed[0], at - guessed[0]


def _candidates(
    words: Sequence[Word], plain: Sequence[str], own: frozenset[str]
) -> Iterator[tuple[float, int, int, str]]:
    """How alike, from which word, how many words, and the name."""
    for at in range(len(words)):
        for size in range(1, min(MOST_WORDS, len(words) - at) + 1):
            if _is_known(plain[at + size - 1], own) or (
                size > 1 and words[at + size - 2].text.endswith((".", ",", "?", "!", ";"))
            ):
                break
            needed = _likeness_needed(words[at : at + size], plain, at, size)
            if needed is None or NO_START.match(plain[at]) or GIVEN.match(plain[at]):
                continue
            said = "".join(re.findall(r"[a-z]", "".join(plain[at : at + size])))
            found = _likeliest(said, own, needed, together=size > 1)
            if found:
                yield found[0], at, size, found[1]


def _is_known(word: str, own: frozenset[str]) -> bool:
    return word in NAMES or word in ORDINARY or word in own or bool(NUMBER.match(word) or UNIT.match(word))


def _likeness_needed(part: Sequence[Word], plain: Sequence[str], at: int, size: int) -> float | None:
    """How alike a name must be to be suggested here; `None` where nothing suggests a medicine."""
    after = plain[at + size : at + size + 3]
    dose = any(NUMBER.match(word) for word in after[:2]) and any(UNIT.match(word) for word in after)
    unsure = min(word.probability for word in part) < UNSURE
    if dose and (unsure or size == 1):
        return LIKE
    given = any(GIVEN.match(word) for word in plain[max(0, at - REACH) : at])
    return LIKE_WITHOUT_DOSE if given and unsure and size == 1 else None


def _likeliest(said: str, own: frozenset[str], needed: float, *, together: bool) -> tuple[float, str] | None:
    if len(said) < SHORTEST:
        return None
    heard = sounds_of(said)
    alike = {name: likeness(heard, sounds_of(name)) for name in NAMES | own}
    name, second = sorted(alike, key=lambda name: (-alike[name], name))[:2]
    mine, next_mine = [*sorted(own, key=lambda name: (-alike[name], name)), "", ""][:2]
    lead = alike.get(mine, 0.0) - alike.get(next_mine, 0.0)
    if alike.get(mine, 0.0) >= LIKE_OWN and alike[mine] >= alike[name] - AHEAD / 2 and lead >= AHEAD:
        return alike[mine], mine
    long_enough = len(sounds_of(name)) >= (SOUNDS_TOGETHER if together else SOUNDS)
    if long_enough and alike[name] >= needed and alike[name] - alike[second] >= AHEAD:
        return alike[name], name
    return None


def _joined(words: Sequence[Word]) -> str:
    return " ".join(word.text for word in words)
