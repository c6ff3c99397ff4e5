"""Recordings of an encounter: begin an upload, take its slices, finish it, read it back, give it up.

How an upload goes: `recording_begin`, then `recording_append` until every byte is there, then `recording_finish`.
Each may be repeated; being killed at any line costs at most the slice that was on its way.
"""

from __future__ import annotations

from django.conf import settings
from django.db import IntegrityError
from django.utils import timezone

from config.ids import uuid7
from consent.audit import Acting, Outcome, audited, record
from encounters.audio.errors import UnusableAudio
from encounters.audio.formats import identify
from encounters.audio.probe import check_size
from encounters.audio.store import free_space, new_data_key, wrap_key
from encounters.models import AudioCopy, Encounter, Recording, RecordingPart, User
from encounters.services.erasing import purge_abandoned_uploads, recording_discard, recording_purge
from encounters.services.expecting import HOLDER
from encounters.services.finishing import recording_finish
from encounters.services.permission import ask_gate
from encounters.services.reading import open_recording
from encounters.services.slices import FIRST_PART, recording_append
from encounters.services.uploads import Unusable, UploadProblem
from encounters.states import TAKEN, RecordingState

__all__ = [
    "open_recording",
    "purge_abandoned_uploads",
    "recording_append",
    "recording_begin",
    "recording_discard",
    "recording_finish",
    "recording_purge",
]


def recording_begin(
    *,
    encounter: Encounter,
    actor: Acting,
    declared_bytes: int | None,
    fingerprint: str = "",
    source: Recording.Source = Recording.Source.UPLOAD,
) -> Recording:
    """The upload to send bytes to: a new one, or the one that was begun for the same file.

    `declared_bytes` is the size of the file, None where the sender can't know it. A file that is stored already is
    returned as it is; what a browser recorded before is not the same file. Raises GateShut, Unusable (empty,
    too_large) or UploadProblem (no_space); nothing is then stored.
    """
    ask_gate(encounter, actor, kept="Nothing was stored.")
    _check_declared(encounter, actor, declared_bytes)
    existing = _same_file(encounter, fingerprint, source)
    if existing is not None:
        if existing.state == RecordingState.RECEIVING:
            Recording.objects.filter(pk=existing.pk).update(touched_at=timezone.now())
        return existing
    _check_room(declared_bytes)
    try:
        return _create(encounter, actor, declared_bytes, fingerprint, source)
    except IntegrityError:  # the same file, begun in another tab a moment ago
        begun = _same_file(encounter, fingerprint, source)
        if begun is None:
            raise
        return begun


def _check_declared(encounter: Encounter, actor: Acting, declared: int | None) -> None:
    if declared is None:
        return
    try:
        if declared <= 0:
            identify(b"")
        check_size(declared)
    except UnusableAudio as found:
        context = encounter.audit_context()
        data = {"code": found.code, "bytes": declared}
        record(
            "recording.rejected", actor=actor, target=encounter, outcome=Outcome.REFUSED, data=data, **context
        )
        raise Unusable(found) from None


def _check_room(declared: int | None) -> None:
    room = free_space()
    if room is not None and room < 2 * (declared or settings.AUDIO_MAX_BYTES):
        raise UploadProblem(
            "no_space",
            "The server has not enough free space for the recording. Nothing was stored.",
            "Keep the file, tell your administrator, and upload it later.",
            status=507,
        )


def _same_file(encounter: Encounter, fingerprint: str, source: Recording.Source) -> Recording | None:
    if not fingerprint:
        return None
    complete = TAKEN if source == Recording.Source.UPLOAD else ()
    states = [RecordingState.RECEIVING, *complete]
    known = encounter.recordings.filter(fingerprint=fingerprint, source=source, state__in=states)
    return known.order_by("-created_at").first()


def _create(
    encounter: Encounter, actor: Acting, declared: int | None, fingerprint: str, source: Recording.Source
) -> Recording:
    pk = uuid7()
    with audited():
        made = Recording.objects.create(
            pk=pk,
            encounter=encounter,
            source=source,
            state=RecordingState.RECEIVING,
            wrapped_key=wrap_key(new_data_key(), pk),
            declared_bytes=declared,
            fingerprint=fingerprint,
            created_by=actor if isinstance(actor, User) else None,
        )
        RecordingPart.objects.create(recording=made, number=FIRST_PART)
        AudioCopy.objects.create(recording=made, place=AudioCopy.Place.OURS, holder=HOLDER)
        data = {"declared_bytes": declared, "source": source}
        record("recording.started", actor=actor, target=made, data=data, **made.audit_context())
    return made
