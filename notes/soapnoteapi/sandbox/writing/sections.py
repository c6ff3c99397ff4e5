"""Where in a note a unit belongs, and whether it belongs there at all, as the trained model sees it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from notes.soapnoteapi.sandbox.transcript import PATIENT
from notes.soapnoteapi.sandbox.writing.language import COMMON, stem, words
from notes.soapnoteapi.sandbox.writing.model import trained
from notes.soapnoteapi.sandbox.writing.needed import CONCLUDED, LOOKED_AT, is_planned
from notes.soapnoteapi.sandbox.writing.placed import Unit
from notes.soapnoteapi.sandbox.writing.plans import EXPERIENCED, OWN
from notes.soapnoteapi.sandbox.writing.units import asks
from notes.soapnoteapi.sandbox.writing.wordings import MEASURED, WORDINGS

NONE = "none"
CLASSES = (NONE, "subjective", "exam", "results", "assessment", "plan")
PLACES = 10  # parts of a dialogue; a text with fewer than `PLACED` units has none
PLACED = 30
NEIGHBOURS = 2


PLAINLY = 4.0  # times as likely
VERY_PLAINLY = 100.0


def part_of(unit: Unit, share: Mapping[str, float]) -> str:
    """The likeliest of the parts of a note; a reading that the patient gives is a finding like any other."""
    said = unit.statement.text[:LOOKED_AT]
    if MEASURED.search(said):
        return "exam"
    likely = {part: share[part] for part in CLASSES if part != NONE}
    for part in _favoured(unit):
        likely[part] *= VERY_PLAINLY
    if unit.statement.role != PATIENT:
        likely["plan"] *= PLAINLY if is_planned(said) else 1.0
        likely["assessment"] *= PLAINLY if CONCLUDED.search(said) else 1.0
    return max(likely, key=likely.__getitem__)


def _favoured(unit: Unit) -> Iterator[str]:
    """The parts that the wording speaks for: a provider's, or that of a patient who answers an examination."""
    said, text = unit.statement, unit.statement.text[:LOOKED_AT]
    if said.role == PATIENT:
        examined = unit.question is not None and WORDINGS["exam"].search(unit.question.text[:LOOKED_AT])
        yield "exam" if examined else "subjective"
        return
    if not (said.text.rstrip().endswith("?") and asks(said)):
        yield from (part for part, wording in WORDINGS.items() if wording.search(text))
    if not said.role and (EXPERIENCED.search(text) or OWN.search(text)):
        yield "subjective"


def shares(units: Sequence[Unit]) -> list[dict[str, float]]:
    """How likely each class is for each unit."""
    model = trained("sections")
    return [model.shares(found) for found in features(units)]


def features(units: Sequence[Unit]) -> Iterator[list[str]]:
    """Words and pairs of words of each unit, words around it, who says it, and how far on in the dialogue."""
    bags = [_bag(unit.text) for unit in units]
    for at, unit in enumerate(units):
        found = _own(unit)
        role = unit.statement.role[:3]
        if len(units) >= PLACED:
            place = at * PLACES // len(units)
            found += [f"p{place}", f"{role}p{place}"]
        for distance in range(1, NEIGHBOURS + 1):
            if at >= distance:
                found += [f"<{distance}{word}" for word in bags[at - distance]]
            if at + distance < len(units):
                found += [f">{distance}{word}" for word in bags[at + distance]]
        yield found


def _own(unit: Unit) -> list[str]:
    role = unit.statement.role[:3]
    spoken = words(unit.statement.text)
    stems = [stem(word) for word in spoken]
    found = ["*", f"r{role}", f"n{min(len(spoken), 30) // 3}"]
    if unit.question:
        found += ["qa", *(f"q{word}" for word in _bag(unit.question.text))]
    if any(word.isdigit() for word in spoken):
        found.append("#")
    if unit.statement.text.rstrip().endswith("?"):
        found.append("??")
    once = list(dict.fromkeys(stems))
    found += [f"w{word}" for word in once]
    found += [f"{role}:{word}" for word in once]
    pairs = zip(["^", *stems], [*stems, "$"], strict=True)
    return found + [f"d{first} {second}" for first, second in dict.fromkeys(pairs)]


def _bag(text: str) -> list[str]:
    return list(dict.fromkeys(stem(word) for word in words(text) if word not in COMMON))
