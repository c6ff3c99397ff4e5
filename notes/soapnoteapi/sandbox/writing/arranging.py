"""From sentences to a draft: who speaks, what belongs together, where it belongs, what is kept, and how it reads."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby

from notes.soapnoteapi.sandbox.transcript import PATIENT, PROVIDER, Sentence
from notes.soapnoteapi.sandbox.writing import sections
from notes.soapnoteapi.sandbox.writing.choosing import chosen
from notes.soapnoteapi.sandbox.writing.headings import under_headings
from notes.soapnoteapi.sandbox.writing.language import is_english
from notes.soapnoteapi.sandbox.writing.patients import Patient, known
from notes.soapnoteapi.sandbox.writing.placed import SECTIONS, Draft, Line, Said, Unit
from notes.soapnoteapi.sandbox.writing.questions import merged
from notes.soapnoteapi.sandbox.writing.reactions import with_reactions
from notes.soapnoteapi.sandbox.writing.rewriting import in_note_style, quoted, verbatim
from notes.soapnoteapi.sandbox.writing.roles import is_dialogue, is_informant, with_roles
from notes.soapnoteapi.sandbox.writing.units import units

SECTION_OF = {"exam": "objective", "results": "objective"}
PERSON = re.compile(r"\b(?:i|me|my|mine|myself|we|us|our|you|your|yours|yourself)\b|\?", re.IGNORECASE)


def arrange(
    sentences: Sequence[Sentence],
    *,
    specialty: str = "generic",
    template: str = "standard",
    patient_info: Mapping[str, object] | None = None,
) -> Draft:
    """The draft of a note. `patient_info` is what the caller knows of the patient ("gender", "age")."""
    said = with_roles(sentences)
    accompanied = any(is_informant(one.sentence.speaker) for one in said)
    patient = known(patient_info, ((one.role, one.text) for one in said), accompanied=accompanied)
    found = with_reactions(units(said))
    likely = sections.shares(found)
    lines = _Lines(
        found, likely, _Writer(patient, accompanied=accompanied, told_apart=any(one.role for one in said))
    )
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

    def __init__(self, units: Sequence[Unit], likely: Sequence[Mapping[str, float]], writer: _Writer) -> None:
        self._units, self._likely, self._writer = units, likely, writer
        self._written: dict[int, Line] = {}

    def at(self, index: int) -> Line:
        if index not in self._written:
            unit = self._units[index]
            part = unit.statement.sentence.heading or sections.part_of(unit, self._likely[index])
            text = self._writer.line(unit)
            self._written[index] = Line(
                SECTION_OF.get(part, part), text, tuple(map(_source, (*unit.said, *unit.added)))
            )
        return self._written[index]

    def is_quoted(self, index: int) -> bool:
        """Whether no rule could reword it; an informant's words are quoted in any case."""
        return '"' in self.at(index).text and not is_informant(self._units[index].statement.sentence.speaker)


def _source(said: Said) -> Sentence:
    """The sentence; where nothing labels it, its role stands for the speaker."""
    return said.sentence if said.sentence.speaker else replace(said.sentence, speaker=said.role)


def _words(line: Line) -> str:
    return " ".join(sentence.text for sentence in line.sources)


class _Writer:
    """Writes lines. Where the patient is accompanied, a provider's "you" may be either of them.

    Where voices are `told_apart`, a sentence of unknown voice is quoted without a name rather than taken for a note.
    """

    def __init__(self, patient: Patient, *, accompanied: bool, told_apart: bool) -> None:
        self._told_apart = told_apart
        self._of = {PATIENT: patient, PROVIDER: replace(patient, speaks=patient.speaks and not accompanied)}

    def line(self, unit: Unit) -> str:
        return " ".join([self._main(unit), *map(self._word_for_word, unit.added)])

    def _main(self, unit: Unit) -> str:
        if unit.question is None:
            return self._statement(unit.statement)
        line = merged(
            unit.question.text,
            unit.statement.text,
            seconds_apart=_apart(unit.question, unit.statement),
            patient=self._of[PROVIDER],
        )
        return line or f"{self._statement(unit.question)} {self._statement(unit.statement)}"

    def _word_for_word(self, said: Said) -> str:
        if said.role and not (said.sentence.heading or is_informant(said.sentence.speaker)):
            return verbatim(said.text, speaker=said.role, patient=self._of[said.role])
        return self._statement(said)

    def _statement(self, said: Said) -> str:
        sentence = said.sentence
        if is_informant(sentence.speaker) and not sentence.heading:
            return quoted(sentence.text, by=sentence.speaker.replace("_", " "))
        if sentence.heading or not said.role:
            if (
                self._told_apart
                and not sentence.speaker
                and not sentence.heading
                and PERSON.search(sentence.text)
            ):
                return quoted(sentence.text, by="")
            return f"{sentence.speaker}: {sentence.text}" if sentence.speaker else sentence.text
        return in_note_style(sentence.text, speaker=said.role, patient=self._of[said.role])


def _apart(question: Said, answer: Said) -> float | None:
    asked, answered = question.sentence.end, answer.sentence.start
    return None if asked is None or answered is None else answered - asked
