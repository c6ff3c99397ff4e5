"""What SOAPNoteAPI says, in our words. A tolerant reader: only the firm parts of the contract are required.

Firm: four sections under their names, ``noteId``, the status words ``completed`` and ``failed``, the
top-level keys of a webhook. Everything else is read in every shape that is at all likely, and kept as it came
in ``raw``.
No function here raises anything but ``BadAnswer``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from notes.soapnoteapi.billing import BillingCode, read_billing_codes
from notes.soapnoteapi.errors import BadAnswer
from notes.soapnoteapi.reading import Json, dump, instant, line, load_object, note_id, pick, seconds, text
from notes.soapnoteapi.transcripts import TranscriptSegment, read_transcript

__all__ = [
    "SECTIONS",
    "BillingCode",
    "EngineNote",
    "EvidenceLine",
    "JobStatus",
    "SpecialtyOffer",
    "TranscriptSegment",
    "UploadAnswer",
    "WebhookEvent",
    "load_object",
    "read_event",
    "read_note",
    "read_specialties",
    "read_status",
    "read_upload",
]

SECTIONS = ("subjective", "objective", "assessment", "plan")

_ENVELOPES = ("note", "data", "result", "soap_note", "soap", "sections", "content")
_NOTICES = ("notice", "watermark", "disclaimer", "warning")


@dataclass(frozen=True)
class EvidenceLine:
    """A line of a section and what it rests on: the words said, by whom, when (seconds), if known."""

    section: str
    text: str
    source: str = ""
    speaker: str = ""
    start: float | None = None
    end: float | None = None


@dataclass(frozen=True)
class EngineNote:
    """A note as the engine made it. ``sections`` always holds all four keys; an absent one is ``""``."""

    note_id: str
    sections: Mapping[str, str] = field(repr=False)
    transcript: tuple[TranscriptSegment, ...] = field(default=(), repr=False)
    billing_codes: tuple[BillingCode, ...] = field(default=(), repr=False)
    patient_summary: str = field(default="", repr=False)
    status: str = ""
    created_at: datetime | None = None
    expires_at: datetime | None = None
    notice: str = ""
    lines: tuple[EvidenceLine, ...] = field(default=(), repr=False)
    raw: str = field(default="", repr=False)

    @property
    def is_complete(self) -> bool:
        """Whether every section says something."""
        return all(self.sections[name] for name in SECTIONS)


@dataclass(frozen=True)
class UploadAnswer:
    """The answer to an upload: a job (``note`` is ``None``), or at once the finished note."""

    note_id: str
    status: str
    note: EngineNote | None = None


@dataclass(frozen=True)
class JobStatus:
    """``state`` is ``running`` for every word but ``completed`` and ``failed``; ``raw``: the word itself."""

    state: Literal["running", "completed", "failed"]
    raw: str
    reason: str = field(default="", repr=False)


@dataclass(frozen=True)
class WebhookEvent:
    """A verified callback's content. A hint: ask the engine before believing ``data``."""

    event: str
    note_id: str
    status: str
    created_at: datetime | None
    data: Json | None = field(default=None, repr=False)

    def note(self) -> EngineNote | None:
        """The note inside ``data``, for when the engine no longer has it; ``None`` when there is none."""
        if self.data is None:
            return None
        try:
            return read_note(self.data, note_id_known=self.note_id)
        except BadAnswer:
            return None


@dataclass(frozen=True)
class SpecialtyOffer:
    """A specialty of the engine and the template ids it offers for it."""

    id: str
    label: str
    templates: tuple[str, ...]


def read_note(payload: Json, *, note_id_known: str = "") -> EngineNote:
    """A note. ``BadAnswer``: ``NO_NOTE`` when all four sections are absent, ``NO_NOTE_ID`` without an id.

    ``note_id_known``: the id that was asked for, used when the answer carries none.
    """
    layers = list(_layers(payload))
    sections = {name: text(_first(layers, name)) for name in SECTIONS}
    if not any(sections.values()):
        raise BadAnswer("NO_NOTE")
    found = note_id(_first(layers, "note_id")) or note_id_known or note_id(_first(layers, "id"))
    if not found:
        raise BadAnswer("NO_NOTE_ID")
    return EngineNote(
        note_id=found,
        sections=sections,
        transcript=read_transcript(_first(layers, "transcript", "transcription")),
        billing_codes=next((codes for codes in map(read_billing_codes, layers) if codes), ()),
        patient_summary=_summary(_first(layers, "patient_summary")),
        status=line(_first(layers, "status"), 60).lower(),
        created_at=instant(_first(layers, "created_at")),
        expires_at=instant(_first(layers, "expires_at", "expires")),
        notice=line(_first(layers, *_NOTICES), 1000),
        lines=tuple(_evidence(_first(layers, "lines", "evidence"))),
        raw=dump(payload),
    )


def read_upload(payload: Json) -> UploadAnswer:
    """The answer to an upload; ``BadAnswer`` ``NO_NOTE_ID`` when the job could never be found again."""
    layers = list(_layers(payload))
    found = note_id(_first(layers, "note_id")) or note_id(_first(layers, "id"))
    if not found:
        raise BadAnswer("NO_NOTE_ID")
    try:
        note = read_note(payload, note_id_known=found)
    except BadAnswer:
        note = None
    return UploadAnswer(found, line(_first(layers, "status"), 60).lower(), note)


def read_status(payload: Json) -> JobStatus:
    """A job's state; an unknown or missing word means that it is still running."""
    layers = list(_layers(payload))
    word = line(_first(layers, "status", "state"), 60).lower()
    reason = text(_first(layers, "reason", "failure_reason", "error", "error_message", "message"))[:500]
    if word == "completed":
        return JobStatus("completed", word)
    if word == "failed":
        return JobStatus("failed", word, reason)
    return JobStatus("running", word)


def read_event(body: bytes) -> WebhookEvent:
    """A webhook's body. ``BadAnswer`` unless it is a JSON object that names its event, whichever event."""
    payload = load_object(body)
    data = pick(payload, "data")
    kept = data if isinstance(data, Mapping) else None
    event = line(pick(payload, "event", "type"), 64)
    if not event:
        raise BadAnswer("NO_EVENT")
    found = note_id(pick(payload, "note_id")) or note_id(pick(kept, "note_id"))
    status = line(pick(payload, "status"), 60).lower()
    return WebhookEvent(event, found, status, instant(pick(payload, "created_at", "timestamp")), kept)


def read_specialties(payload: object) -> tuple[SpecialtyOffer, ...]:
    """Specialties from a list, an object around one, or an object keyed by id. Never fails."""
    inner = pick(payload, "specialties", "data", "items")
    entries = inner if inner is not None else payload
    if isinstance(entries, Mapping):
        entries = [{"id": key, "templates": value} for key, value in entries.items()]
    offers = [_offer(entry) for entry in entries] if isinstance(entries, list) else []
    return tuple(offer for offer in offers if offer.id)


def _offer(entry: object) -> SpecialtyOffer:
    found = line(entry, 64) or line(pick(entry, "id", "key", "specialty", "value", "name"), 64)
    templates = pick(entry, "templates", "sub_templates", "variants")
    ids = (
        line(item, 100) or line(pick(item, "id", "key", "value", "name"), 100) for item in _listed(templates)
    )
    return SpecialtyOffer(found, line(pick(entry, "label", "display_name", "name")), tuple(filter(None, ids)))


def _layers(payload: Json) -> Iterator[Json]:
    """The answer itself, then the objects that answers are commonly wrapped in, three deep."""
    level: list[Json] = [payload]
    for _ in range(3):
        yield from level
        wrapped = [pick(layer, name) for layer in level for name in _ENVELOPES]
        level = [inner for inner in wrapped if isinstance(inner, Mapping)]


def _first(layers: list[Json], *names: str) -> object:
    return next((found for layer in layers if (found := pick(layer, *names)) is not None), None)


def _summary(value: object) -> str:
    inner = pick(value, "text", "summary", "content", "patient_summary")
    return text(inner if inner is not None and len(_listed(value)) <= 1 else value)


def _listed(value: object) -> list[object]:
    if isinstance(value, Mapping):
        return list(value)
    return value if isinstance(value, list) else [] if value is None else [value]


def _evidence(value: object) -> Iterator[EvidenceLine]:
    for entry in value if isinstance(value, list) else ():
        section, words = line(pick(entry, "section"), 20).lower(), text(pick(entry, "text", "line"))
        if section in SECTIONS and words:
            source = text(pick(entry, "source", "evidence", "quote"))
            start, end = seconds(pick(entry, "start")), seconds(pick(entry, "end"))
            yield EvidenceLine(section, words, source, line(pick(entry, "speaker"), 80), start, end)
