"""The examples that each of the three models is fitted to."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

from notes.soapnoteapi.sandbox.sentences import from_text
from notes.soapnoteapi.sandbox.training.corpora import Excerpt, Visit
from notes.soapnoteapi.sandbox.training.fitting import Example
from notes.soapnoteapi.sandbox.training.references import parts
from notes.soapnoteapi.sandbox.transcript import PATIENT, PROVIDER, Sentence
from notes.soapnoteapi.sandbox.writing import boundaries, roles, sections
from notes.soapnoteapi.sandbox.writing.language import content
from notes.soapnoteapi.sandbox.writing.placed import Said, Unit
from notes.soapnoteapi.sandbox.writing.roles import by_label, with_roles
from notes.soapnoteapi.sandbox.writing.units import units

Weighing = Callable[[str], float]

LABEL = re.compile(r"^\s*(?:\[\w+\]|[\w ]+:)\s*")
SENTENCE_END = re.compile(r"[.?!]+[\"']?$")
TITLE = re.compile(r"(?:dr|mr|mrs|ms)\.$", re.IGNORECASE)
UNPUNCTUATED = "aci"  # the part of ACI-BENCH without full stops
EXCERPT_SECTION = {
    "EXAM": "exam",
    "LABS": "results",
    "IMAGING": "results",
    "ASSESSMENT": "assessment",
    "DIAGNOSIS": "assessment",
    "PLAN": "plan",
    "DISPOSITION": "plan",
    "PROCEDURES": "plan",
}
EXCERPT_WEIGHT = 0.3
NOTE_WEIGHT = 0.4
ALONE_WEIGHT = 0.4


# --- where sentences end -----------------------------------------------------------------------------------


def boundary_examples(visits: Iterable[Visit], excerpts: Iterable[Excerpt]) -> Iterator[Example]:
    """From what was written with full stops, taken away again."""
    for dialogue in [v.dialogue for v in visits if v.source != UNPUNCTUATED] + [e.dialogue for e in excerpts]:
        for turn in dialogue.splitlines():
            plain, ends = _without_marks(LABEL.sub("", turn))
            since = 0
            for at in range(1, len(plain)):
                since += 1
                found = tuple(boundaries.features(plain, at, since))
                yield Example(found, (1.0, 0.0) if ends[at - 1] else (0.0, 1.0))
                since = 0 if ends[at - 1] else since


def _without_marks(turn: str) -> tuple[list[str], list[bool]]:
    plain: list[str] = []
    ends: list[bool] = []
    for word in turn.split():
        if bare := boundaries.BARE.sub("", word.lower()):
            plain.append(bare)
            ends.append(False)
        if plain and SENTENCE_END.search(word) and not TITLE.match(word) and word != "...":
            ends[-1] = True
    return plain, ends


# --- who speaks --------------------------------------------------------------------------------------------


def role_examples(dialogues: Iterable[str]) -> Iterator[Example]:
    for dialogue in dialogues:
        said = by_label(from_text(dialogue))
        texts = [one.text for one in said]
        for at, one in enumerate(said):
            if one.role:
                target = (1.0, 0.0) if one.role == PROVIDER else (0.0, 1.0)
                yield Example(tuple(roles.features(texts, at)), target)


# --- what belongs in which section -------------------------------------------------------------------------


def section_examples(visits: Sequence[Visit], excerpts: Iterable[Excerpt]) -> Iterator[Example]:
    """Whole visits, excerpts, and the reference notes themselves for what is dictated rather than spoken."""
    weigh = rarity([list(content(visit.dialogue)) for visit in visits])
    for visit in visits:
        heard = dialogue_units(visit.dialogue)
        wanted = targets(heard, visit.note, weigh)
        for found, target in zip(sections.features(heard), wanted, strict=True):
            yield Example(tuple(found), target)
        for unit, target in zip(heard, wanted, strict=True):
            (found,) = sections.features([_unlabelled(unit)])
            yield Example(tuple(found), target, ALONE_WEIGHT)
    for excerpt in excerpts:
        yield from _excerpt_examples(excerpt, weigh)
    for visit in visits:
        yield from _note_examples(visit)


def dialogue_units(dialogue: str) -> list[Unit]:
    return list(units(with_roles(from_text(dialogue))))


def rarity(texts: Sequence[Sequence[str]]) -> Weighing:
    """How much a word tells: more the fewer texts have it. Rounded, since a log may differ in its last bit."""
    having = Counter(word for text in texts for word in set(text))
    return lambda word: round(math.log((len(texts) + 1) / (having[word] + 1)) + 0.2, 3)


def targets(heard: Sequence[Unit], note: str, weigh: Weighing) -> list[tuple[float, ...]]:
    """How much of each unit is in the note, and in which of its parts, as shares of `sections.CLASSES`."""
    told = {section: set(content(text)) for section, text in parts(note).items()}
    found = []
    for at, unit in enumerate(heard):
        said = list(dict.fromkeys(content(unit.text)))
        whole = sum(map(weigh, said)) + 3.0
        shares = {
            section: sum(weigh(word) for word in said if word in told[section])
            / whole
            * _likely(section, unit, at / len(heard))
            for section in told
        }
        worth = min(1.0, max(0.0, (max(shares.values()) - 0.1) / 0.5))
        cubes = {section: share * share * share for section, share in shares.items()}
        total = sum(cubes.values()) or 1.0
        found.append((1 - worth, *(worth * cubes[section] / total for section in sections.CLASSES[1:])))
    return found


def _likely(section: str, unit: Unit, place: float) -> float:
    """Words turn up in several parts of a note; who says them when tells which part they stand for."""
    if unit.statement.role == PATIENT:
        return {"subjective": 1.2 if unit.question else 1.0, "exam": 0.3}.get(section, 0.0)
    if section == "subjective":
        return 0.6 if place > 0.6 else 1.0
    if section == "assessment":
        return 0.9 if place > 0.5 else 0.4
    return 0.5 if section == "plan" and place < 0.4 else 1.0


def _unlabelled(unit: Unit) -> Unit:
    """The unit as it comes in a short text where nobody knows who speaks."""
    return Unit(tuple(Said(one.sentence) for one in unit.said))


def _excerpt_examples(excerpt: Excerpt, weigh: Weighing) -> Iterator[Example]:
    section = sections.CLASSES.index(EXCERPT_SECTION.get(excerpt.header, "subjective"))
    told = set(content(excerpt.note))
    heard = dialogue_units(excerpt.dialogue)
    for unit, found in zip(heard, sections.features(heard), strict=True):
        said = list(dict.fromkeys(content(unit.text)))
        share = sum(weigh(word) for word in said if word in told) / (sum(map(weigh, said)) + 2.0)
        worth = min(1.0, max(0.0, (share - 0.1) / 0.5))
        target = [1 - worth, *(0.0 for _ in sections.CLASSES[1:])]
        target[section] = worth
        yield Example(tuple(found), tuple(target), EXCERPT_WEIGHT)


def _note_examples(visit: Visit) -> Iterator[Example]:
    for section, text in parts(visit.note).items():
        target = tuple(1.0 if name == section else 0.0 for name in sections.CLASSES)
        written = [Unit((Said(sentence),)) for line in text.splitlines() for sentence in _plain(line)]
        for unit in written:
            (found,) = sections.features([unit])
            yield Example(tuple(found), target, NOTE_WEIGHT)


def _plain(line: str) -> list[Sentence]:
    return [Sentence(sentence.text) for sentence in from_text(line)]
