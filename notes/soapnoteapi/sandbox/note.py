"""The answer: a note in the vendor's shape, with the watermark, and what each line rests on.

Shapes the vendor does not publish (`billing_codes`, `transcript`, `patient_summary`, `lines`) are ours.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from notes.soapnoteapi.sandbox import WATERMARK
from notes.soapnoteapi.sandbox.arrange import SECTIONS, Line, arrange, render
from notes.soapnoteapi.sandbox.clock import iso
from notes.soapnoteapi.sandbox.options import NoteOptions
from notes.soapnoteapi.sandbox.sentences import from_segments, from_text
from notes.soapnoteapi.sandbox.transcript import Segment, Sentence, Transcript

ICD10_DOTTED = re.compile(r"\b[A-TV-Z]\d[0-9AB]\.[0-9A-Z]{1,4}\b")
ICD10_NAMED = re.compile(r"\b(?:icd(?:-?10)?|diagnosis code)\b[^.;]*?\b([A-TV-Z]\d[0-9AB])\b", re.IGNORECASE)
CPT_NAMED = re.compile(r"\b(?:cpt|billing code|procedure code)\b[^.;]*?\b(\d{5})\b", re.IGNORECASE)
HCPCS_NAMED = re.compile(r"\b(?:hcpcs)\b[^.;]*?\b([A-V]\d{4})\b", re.IGNORECASE)


def from_recording(transcript: Transcript, options: NoteOptions) -> dict[str, object]:
    return _compose(from_segments(transcript.segments), options, transcript.segments, transcript.text)


def from_typed(text: str, options: NoteOptions) -> dict[str, object]:
    sentences = from_text(text)
    spoken = [Segment(0.0, 0.0, sentence.text, sentence.speaker) for sentence in sentences]
    return _compose(sentences, options, spoken, text)


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
    sentences: Sequence[Sentence], options: NoteOptions, segments: Iterable[Segment], text: str
) -> dict[str, object]:
    lines = arrange(sentences)
    note: dict[str, object] = {section: render(lines, section) for section in SECTIONS}
    note["lines"] = [_line(line) for line in lines]
    note["transcript"] = [_segment(segment) for segment in segments] if options.include_transcript else text
    if options.include_billing_codes:
        note["billing_codes"] = mentioned_codes(lines)
    if options.include_patient_summary and (summary := patient_summary(lines)):
        note["patient_summary"] = summary
    return note


def _line(line: Line) -> dict[str, object]:
    said = line.sentence
    return {
        "section": line.section,
        "text": line.text,
        "source": said.text,
        "speaker": said.speaker or None,
        "start": said.start,
        "end": said.end,
    }


def _segment(segment: Segment) -> dict[str, object]:
    timed = segment.end > 0
    return {
        "speaker": segment.speaker or None,
        "start": round(segment.start, 2) if timed else None,
        "end": round(segment.end, 2) if timed else None,
        "text": segment.text.strip(),
    }


def mentioned_codes(lines: Iterable[Line]) -> dict[str, list[dict[str, str]]]:
    """Only codes that were written or read out; none is derived from what was described."""
    found: dict[str, dict[str, str]] = {"icd10": {}, "cpt": {}, "hcpcs": {}}
    for line in lines:
        text = line.text
        for code in [*ICD10_DOTTED.findall(text), *ICD10_NAMED.findall(text)]:
            found["icd10"].setdefault(code.upper(), text)
        for system, pattern in (("cpt", CPT_NAMED), ("hcpcs", HCPCS_NAMED)):
            for code in pattern.findall(text):
                found[system].setdefault(code.upper(), text)
    return {
        system: [
            {"code": code, "description": "Code as mentioned", "source": text} for code, text in codes.items()
        ]
        for system, codes in found.items()
    }


def patient_summary(lines: Iterable[Line]) -> str:
    """What was said about the plan, questions left out; empty where nothing was."""
    return " ".join(
        line.sentence.text
        for line in lines
        if line.section == "plan" and not line.sentence.text.endswith("?")
    )
