"""The answer: a note in the vendor's shape, with the watermark, and what each line rests on.

Shapes the vendor does not publish (`billing_codes`, `icd11_codes`, `transcript`, `patient_summary`, `lines`,
`omitted`) are ours. A line's `source` is the sentence it rests on, for an answer its question is the first of
`sources`; `omitted` counts the sentences that are in no line.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from notes.soapnoteapi.sandbox import WATERMARK
from notes.soapnoteapi.sandbox.clock import iso
from notes.soapnoteapi.sandbox.codes import ICD11_NOTICE, billing_codes
from notes.soapnoteapi.sandbox.heard import reported, spoken, with_doubts, with_warnings
from notes.soapnoteapi.sandbox.hearing.medicines import doubts
from notes.soapnoteapi.sandbox.options import NoteOptions
from notes.soapnoteapi.sandbox.patient_summary import patient_summary
from notes.soapnoteapi.sandbox.sentences import from_segments, from_text
from notes.soapnoteapi.sandbox.transcript import Segment, Sentence, Transcript
from notes.soapnoteapi.sandbox.writing.arranging import arrange, render
from notes.soapnoteapi.sandbox.writing.placed import SECTIONS, Line


def from_recording(transcript: Transcript, options: NoteOptions) -> dict[str, object]:
    sentences = from_segments(transcript.segments)
    return _compose(sentences, options, transcript.segments, transcript.text, heard=transcript)


def from_typed(text: str, options: NoteOptions) -> dict[str, object]:
    sentences = from_text(text)
    typed = [Segment(0.0, 0.0, sentence.text, sentence.speaker) for sentence in sentences]
    return _compose(sentences, options, typed, text)


def stamp(
    note: dict[str, object], note_id: str, *, created_at: float, expires_at: float
) -> dict[str, object]:
    """The note as it is stored and answered."""
    head = {
        "noteId": note_id,
        "status": "completed",
        "created_at": iso(created_at),
        "expires_at": iso(expires_at),
    }
    return {**head, **note, **WATERMARK}


def public(note: dict[str, object], *, wants_transcript: bool) -> dict[str, object]:
    """The answer of `GET /v1/note/{id}`: the transcript only where it was asked for."""
    if wants_transcript:
        return note
    return {key: value for key, value in note.items() if key != "transcript"}


def _compose(
    sentences: Sequence[Sentence],
    options: NoteOptions,
    segments: Iterable[Segment],
    text: str,
    heard: Transcript | None = None,
) -> dict[str, object]:
    draft = arrange(
        sentences,
        specialty=options.specialty,
        template=options.template,
        patient_info={"gender": options.gender},
    )
    doubtful = doubts(sentences, options.medications) if heard else []
    lines = with_doubts(draft.lines, doubtful)
    note: dict[str, object] = {section: render(lines, section) for section in SECTIONS}
    if heard:
        note["subjective"] = with_warnings(render(lines, "subjective"), heard.warnings)
        note |= reported(heard.warnings, doubtful)
    note["lines"] = [_line(line) for line in lines]
    note["omitted"] = draft.omitted
    note["transcript"] = [spoken(segment) for segment in segments] if options.include_transcript else text
    if options.include_billing_codes:
        seconds = heard.seconds if heard else None
        note["billing_codes"] = billing_codes(sentences, lines, specialty=options.specialty, seconds=seconds)
    if options.include_icd11:
        note |= {"icd11_codes": [], "icd11_notice": ICD11_NOTICE}
    if options.include_patient_summary and (summary := patient_summary(lines)):
        note["patient_summary"] = summary
    return note


def _line(line: Line) -> dict[str, object]:
    first, last = line.sources[0], line.sources[-1]
    return {
        "section": line.section,
        "heading": line.heading or None,
        "text": line.text,
        "source": last.text,
        "speaker": last.speaker or None,
        "start": first.start,
        "end": last.end,
        "sources": [
            {"text": said.text, "speaker": said.speaker or None, "start": said.start, "end": said.end}
            for said in line.sources
        ],
    }
