"""From sentences to a draft: who speaks, what belongs together, where it belongs, what is kept, and how it reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby

from notes.soapnoteapi.sandbox.transcript import Sentence
from notes.soapnoteapi.sandbox.writing import sections
from notes.soapnoteapi.sandbox.writing.choosing import chosen
from notes.soapnoteapi.sandbox.writing.headings import under_headings
from notes.soapnoteapi.sandbox.writing.patients import Patient, known
from notes.soapnoteapi.sandbox.writing.placed import SECTIONS, Draft, Line, Said, Unit
from notes.soapnoteapi.sandbox.writing.questions import merged
from notes.soapnoteapi.sandbox.writing.rewriting import in_note_style
from notes.soapnoteapi.sandbox.writing.roles import is_dialogue, with_roles
from notes.soapnoteapi.sandbox.writing.units import units

SECTION_OF = {"exam": "objective", "results": "objective"}
PARTS = sections.CLASSES[1:]


def arrange(
    sentences: Sequence[Sentence],
    *,
    specialty: str = "generic",
    template: str = "standard",
    patient_info: Mapping[str, object] | None = None,
) -> Draft:
    """The draft of a note. `patient_info` is what the caller knows of the patient ("gender", "age")."""
    said = with_roles(sentences)
    patient = known(patient_info, ((one.role, one.text) for one in said))
    found = list(units(said))
    likely = sections.shares(found)
    kept = chosen(found, likely, whole=not is_dialogue(said))
    lines = [_line(found[at], likely[at], patient) for at in kept]
    placed = [line for section in SECTIONS for line in _headed(lines, section, specialty, template)]
    return Draft(tuple(placed), len(sentences) - sum(len(line.sources) for line in placed))


def _headed(lines: Iterable[Line], section: str, specialty: str, template: str) -> Iterator[Line]:
    """The section's lines under its headings; what the writer placed himself comes first, as it is."""
    ours = [line for line in lines if line.section == section]
    yield from (line for line in ours if line.sentence.heading)
    free = [line for line in ours if not line.sentence.heading]
    placed = under_headings(free, section=section, specialty=specialty, template=template, text=_words)
    for heading, under in placed:
        name = "" if heading.lower() == section else heading
        yield from (replace(line, heading=name) for line in under)


def render(lines: Iterable[Line], section: str) -> str:
    """The section's text: each heading, then its lines."""
    ours = [line for line in lines if line.section == section]
    return "\n".join(
        text
        for heading, under in groupby(ours, key=lambda line: line.heading)
        for text in ([f"{heading}:"] if heading else []) + [line.text for line in under]
    )


def _line(unit: Unit, share: Mapping[str, float], patient: Patient) -> Line:
    part = _part(unit, share)
    return Line(SECTION_OF.get(part, part), _written(unit, patient), tuple(one.sentence for one in unit.said))


def _words(line: Line) -> str:
    return " ".join(sentence.text for sentence in line.sources)


def _part(unit: Unit, share: Mapping[str, float]) -> str:
    """The heading that the writer gave, else the likeliest part of a note."""
    return unit.statement.sentence.heading or max(PARTS, key=lambda part: share[part])


def _written(unit: Unit, patient: Patient) -> str:
    if unit.question is None:
        return _statement(unit.statement, patient)
    line = merged(
        unit.question.text,
        unit.statement.text,
        seconds_apart=_apart(unit.question, unit.statement),
        patient=patient,
    )
    return line or f"{_statement(unit.question, patient)} {_statement(unit.statement, patient)}"


def _statement(said: Said, patient: Patient) -> str:
    sentence = said.sentence
    if sentence.heading or not said.role:
        return f"{sentence.speaker}: {sentence.text}" if sentence.speaker else sentence.text
    return in_note_style(sentence.text, speaker=said.role, patient=patient)


def _apart(question: Said, answer: Said) -> float | None:
    asked, answered = question.sentence.end, answer.sentence.start
    return None if asked is None or answered is None else answered - asked
