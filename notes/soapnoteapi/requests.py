"""What we say to SOAPNoteAPI about a visit: the metadata of an upload, and the request of a typed note.

Only what the clinician entered goes out, and the patient's name only when the practice allows it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from notes.soapnoteapi.errors import RECORDING_KEPT, InvalidRequest
from notes.soapnoteapi.reading import clean
from notes.soapnoteapi.specialties import SPECIALTIES

SHORTEST_TRANSCRIPT = 50
LONGEST_LIST = 200
OLDEST_AGE = 130

_TEMPLATE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:\-]{0,99}")


@dataclass(frozen=True)
class VisitContext:
    """Clinical context, all optional. ``age`` in years; ``patient_history``: earlier visits, in short."""

    patient_name: str = field(default="", repr=False)
    age: int | None = field(default=None, repr=False)
    gender: str = field(default="", repr=False)
    medications: Sequence[str] = field(default=(), repr=False)
    allergies: Sequence[str] = field(default=(), repr=False)
    medical_history: str = field(default="", repr=False)
    patient_history: str = field(default="", repr=False)
    custom_instructions: str = field(default="", repr=False)


@dataclass(frozen=True)
class NoteOptions:
    """How the note is to be made. An empty ``template`` means the engine's standard one."""

    specialty: str
    template: str = ""
    billing_codes: bool = False
    patient_summary: bool = False
    icd11: bool = False
    transcript: bool = False


def build_metadata(
    options: NoteOptions, context: VisitContext | None = None, *, send_patient_name: bool = False
) -> dict[str, object]:
    """The ``metadata`` of an upload. ``InvalidRequest`` for an unknown specialty or an odd template."""
    metadata = _common(options, context, send_patient_name=send_patient_name)
    if options.transcript:
        metadata["include_transcript"] = True
    return metadata


def build_note_request(
    transcript: str,
    options: NoteOptions,
    context: VisitContext | None = None,
    *,
    send_patient_name: bool = False,
) -> dict[str, object]:
    """The body of ``POST /v1/note``. ``InvalidRequest`` for a transcript under 50 characters, too."""
    return {
        "transcript": checked_transcript(transcript),
        **_common(options, context, send_patient_name=send_patient_name),
    }


def checked_transcript(transcript: str) -> str:
    """The transcript, trimmed; the engine wants at least 50 characters."""
    trimmed = transcript.replace("\x00", "").strip()
    if len(trimmed) < SHORTEST_TRANSCRIPT:
        said = f"A note needs at least {SHORTEST_TRANSCRIPT} characters of transcript or shorthand."
        raise InvalidRequest("TRANSCRIPT_TOO_SHORT", human=f"{said} {RECORDING_KEPT} Add what is missing.")
    return trimmed


def _common(
    options: NoteOptions, context: VisitContext | None, *, send_patient_name: bool
) -> dict[str, object]:
    if options.specialty not in SPECIALTIES:
        said = (
            f"The visit's specialty is not one that the note service knows. {RECORDING_KEPT} Choose another."
        )
        raise InvalidRequest("UNKNOWN_SPECIALTY", human=said)
    if options.template and not _TEMPLATE.fullmatch(options.template):
        said = f"The name of the note template cannot be used. {RECORDING_KEPT} Choose another."
        raise InvalidRequest("BAD_TEMPLATE", human=said)
    request: dict[str, object] = {"specialty": options.specialty}
    if options.template:
        request["template"] = options.template
    described = _context(context or VisitContext(), send_patient_name=send_patient_name)
    if described:
        request["context"] = described
    wanted = {
        "include_billing_codes": options.billing_codes,
        "include_patient_summary": options.patient_summary,
        "include_icd11": options.icd11,
    }
    return request | {name: True for name, asked in wanted.items() if asked}


def _context(context: VisitContext, *, send_patient_name: bool) -> dict[str, object]:
    info: dict[str, object] = {
        "name": clean(context.patient_name) if send_patient_name else "",
        "age": context.age if context.age is not None and 0 < context.age <= OLDEST_AGE else None,
        "gender": clean(context.gender),
        "medications": _items(context.medications),
        "allergies": _items(context.allergies),
        "medical_history": _medical_history(context),
    }
    described: dict[str, object] = {
        "patient_info": {key: value for key, value in info.items() if value},
        "patient_history": clean(context.patient_history),
        "custom_instructions": clean(context.custom_instructions),
    }
    return {key: value for key, value in described.items() if value}


def _medical_history(context: VisitContext) -> str:
    """The engine may refuse an age of 0, so an infant's age is said in words."""
    infant = "The patient is less than one year old." if context.age == 0 else ""
    return clean(f"{infant}\n{clean(context.medical_history)}")


def _items(values: Sequence[str]) -> list[str]:
    return [item for value in values if (item := " ".join(clean(value).split()))][:LONGEST_LIST]
