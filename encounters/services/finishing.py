"""The end of an upload: everything is there, it is audio of a length that can be used, and it may be kept."""

from __future__ import annotations

import hashlib
from typing import Any

from django.db.models import Q
from django.utils import timezone

from config.crypto.keyring import DecryptionError
from consent import hooks
from consent.audit import Acting, audited
from consent.transitions import StaleState, advance
from encounters.audio.errors import UnusableAudio
from encounters.audio.formats import identify
from encounters.audio.probe import Probe, check_limits, probe
from encounters.audio.store import PlainReader
from encounters.models import Recording
from encounters.services.ending import visit_over
from encounters.services.erasing import recording_fail
from encounters.services.joining import recording_join
from encounters.services.permission import ask_gate_again
from encounters.services.reading import open_recording
from encounters.services.slices import over, refuse
from encounters.services.uploads import UploadProblem, WrongOffset
from encounters.states import TAKEN, RecordingState

_BLOCK = 256 * 1024


def recording_finish(
    *, recording: Recording, actor: Acting, notice: str = "", expected_sha256: str = ""
) -> Recording:
    """Check the whole upload and store it; a recording that is stored already is returned as it is.

    `notice` says what is known to be missing from it, in words for the provider. With `expected_sha256`, other bytes
    than those are refused (UploadProblem other_bytes) and kept until they are sent anew.
    Everything is read back from storage once, so what is called stored can be read. Raises WrongOffset while bytes
    are missing, GateShut and Unusable (the bytes are then deleted), UploadOver, UploadProblem (storage_failed).
    """
    recording.refresh_from_db()
    if recording.state in TAKEN:
        return recording
    if recording.state != RecordingState.RECEIVING:
        raise over(recording)
    if recording.declared_bytes is not None and recording.bytes != recording.declared_bytes:
        raise WrongOffset(recording.bytes)
    ask_gate_again(recording, actor)
    recording_join(recording, actor)
    sha256, measured, found = _measured(recording, actor)
    if expected_sha256 and sha256 != expected_sha256:
        raise UploadProblem(
            "other_bytes", "Other bytes arrived than were announced.", "Send them again.", status=400
        )
    # Reading hours of audio takes seconds, in which somebody may have said no.
    ask_gate_again(recording, actor)
    try:
        return _store(recording, sha256, measured, notice or found, actor)
    except StaleState:
        recording.refresh_from_db()
        if recording.state in TAKEN:
            return recording
        if recording.state == RecordingState.RECEIVING:  # more arrived while it was measured
            raise WrongOffset(recording.bytes) from None
        raise over(recording) from None


def _measured(recording: Recording, actor: Acting) -> tuple[str, Probe, str]:
    try:
        with open_recording(recording) as reader:
            if not recording.bytes:
                identify(b"")
            sha256 = _digest(reader)
            measured = probe(reader)
        check_limits(measured, recording.bytes)
    except UnusableAudio as found:
        raise refuse(recording, found, actor) from None
    except (DecryptionError, OSError, ValueError) as lost:
        recording.refresh_from_db()
        if recording.state != RecordingState.RECEIVING:
            raise over(recording) from lost
        words = (
            "The recording could not be read back from storage, so it was not kept. Upload the file again."
        )
        recording_fail(recording=recording, code="storage_failed", problem=words, actor=actor)
        raise UploadProblem("storage_failed", words, status=500) from lost
    return sha256, measured, "" if measured.complete else _INCOMPLETE


_INCOMPLETE = (
    "The end of the recording is missing. What arrived is used; compare the note with what you remember, "
    "or upload the whole recording."
)


def _digest(reader: PlainReader) -> str:
    digest = hashlib.sha256()
    while block := reader.read(_BLOCK):
        digest.update(block)
    return digest.hexdigest()


def _store(recording: Recording, sha256: str, measured: Probe, notice: str, actor: Acting) -> Recording:
    now = timezone.now()
    facts: dict[str, Any] = {
        "media_type": measured.format.media_type,
        "sha256": sha256,
        "duration_seconds": measured.duration_seconds,
    }
    with audited():
        advance(
            recording,
            RecordingState.STORED,
            actor=actor,
            where=Q(bytes=recording.bytes),
            data={"bytes": recording.bytes, "seconds": round(measured.duration_seconds, 1), "sha256": sha256},
            stored_at=now,
            touched_at=now,
            format=measured.format.name,
            problem_code="incomplete" if notice else "",
            problem=notice,
            **facts,
        )
        recording.parts.update(**facts)
        visit_over(encounter=recording.encounter, actor=actor, reason="A recording was received")
        hooks.notify("recording.ready", recording.pk)
    return recording
