"""From sentences to a draft: who speaks, what belongs together, where it belongs, what is kept, and how it reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby

from notes.soapnoteapi.sandbox.transcript import Sentence
from notes.soapnoteapi.sandbox.writing import sections
from notes.soapnoteapi.sandbox.writing.choosing import chosen
from notes.soapnoteapi.sandbox.writing.headings import under_headings
from notes.soapnoteapi.sandbox.writing.language import is_english
from notes.soapnoteapi.sandbox.writing.patients import Patient, known
from notes.soapnoteapi.sandbox.writing.placed import SECTIONS, Draft, Line, Said, Unit
from notes.soapnoteapi.sandbox.writing.questions import merged
from notes.soapnoteapi.sandbox.writing.rewriting import in_note_style
from notes.soapnoteapi.sandbox.writing.roles import is_dialogue, with_roles
from notes.soapnoteapi.sandbox.writing.units import units

SECTION_OF = {"exam": "objective", "results": "objective"}


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
    lines = _Lines(found, likely, patient)
    english = is_english(" ".join(one.text for one in said))
    whole = not (english and is_dialogue(said))
    kept = [lines.at(index) for index in chosen(found, likely, whole=whole, quoted=lines.is_quoted)]
    placed = [line for section in SECTIONS for line in _headed(kept, section, specialty, template)]
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


class _Lines:
    """The line of each unit, written when it is first asked for."""

    def __init__(
        self, units: Sequence[Unit], likely: Sequence[Mapping[str, float]], patient: Patient
    ) -> None:
        self._units, self._likely, self._patient = units, likely, patient
        self._written: dict[int, Line] = {}

    def at(self, index: int) -> Line:
        if index not in self._written:
            unit = self._units[index]
            part = unit.statement.sentence.heading or sections.part_of(unit, self._likely[index])
            text = _written(unit, self._patient)
            self._written[index] = Line(SECTION_OF.get(part, part), text, tuple(map(_source, unit.said)))
        return self._written[index]

    def is_quoted(self, index: int) -> bool:
        return '"' in self.at(index).text


def _source(said: Said) -> Sentence:
    """The sentence; where nothing labels it, its role stands for the speaker."""
    return said.sentence if said.sentence.speaker else replace(said.sentence, speaker=said.role)


def _words(line: Line) -> str:
    return " ".join(sentence.text for sentence in line.sources)


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
