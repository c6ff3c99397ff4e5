"""Deleting the bytes of a recording, so that its row and the proof of deletion stay.

The order makes it safe to be killed at any line: first the row's state and its data key go, in one transaction,
after which no byte can be read; then the objects; then the custody ledger says that they are gone. A copy whose
recording is over but that is not marked deleted is one that `finish_erasures` still has to clean up.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from consent import hooks
from consent.audit import SYSTEM, Acting, audited, record
from consent.transitions import StaleState, advance
from encounters.audio.store import audio_files, delete_slice
from encounters.models import AudioCopy, Recording, RecordingSlice
from encounters.states import RecordingState

ABANDONED_AFTER = timedelta(days=1)
OVER = (RecordingState.REJECTED, RecordingState.FAILED, RecordingState.PURGED)


def recording_reject(*, recording: Recording, code: str, problem: str, actor: Acting) -> Recording:
    """Refuse what was sent, say why on the row, and delete its bytes. Raises StaleState if it is past that."""
    return _end(
        recording,
        RecordingState.REJECTED,
        actor=actor,
        code=code,
        problem=problem,
        action="recording.rejected",
    )


def recording_fail(*, recording: Recording, code: str, problem: str, actor: Acting) -> Recording:
    """The recording could not be received; what arrived of it is deleted."""
    return _end(recording, RecordingState.FAILED, actor=actor, code=code, problem=problem)


def recording_purge(*, recording: Recording, actor: Acting, reason: str, where: Q | None = None) -> Recording:
    """Delete the bytes of a recording in any state and destroy its key; the row stays, and says so."""
    return _end(recording, RecordingState.PURGED, actor=actor, reason=reason, where=where)


def recording_discard(*, recording: Recording, actor: Acting) -> Recording:
    """Somebody gave up an upload, or doesn't want the recording used."""
    return recording_purge(recording=recording, actor=actor, reason="Discarded by the sender")


def purge_abandoned_uploads(*, now: datetime | None = None) -> int:
    """Delete uploads that nobody went on with for a day, and finish deletions that were interrupted.

    Returns how many uploads were given up. For a sweeper; harmless to run twice or at once.
    """
    limit = (now or timezone.now()) - ABANDONED_AFTER
    idle = Q(touched_at__lt=limit)
    purged = 0
    # What we fetch from a video vendor, and what a browser recorded and nobody else has, follow their own rules.
    sent = Recording.objects.filter(source=Recording.Source.UPLOAD)
    for recording in sent.filter(idle, state=RecordingState.RECEIVING):
        with suppress(StaleState):  # resumed or finished just now
            recording_purge(
                recording=recording, actor=SYSTEM, reason="Upload not finished within a day", where=idle
            )
            purged += 1
    finish_erasures()
    return purged


def finish_erasures() -> int:
    """Delete what is left of recordings whose deletion was interrupted; returns how many there were."""
    ours = AudioCopy.objects.filter(place=AudioCopy.Place.OURS, deleted_at=None)
    unfinished = Recording.objects.filter(state__in=OVER, copies__in=ours).distinct()
    count = 0
    for recording in unfinished:
        _erase(recording, actor=SYSTEM)
        count += 1
    return count


def _end(
    recording: Recording,
    to: RecordingState,
    *,
    actor: Acting,
    code: str = "",
    problem: str = "",
    reason: str = "",
    action: str = "",
    where: Q | None = None,
) -> Recording:
    words = {"problem_code": code, "problem": problem[:300]} if code else {}
    with audited():
        advance(
            recording, to, actor=actor, reason=reason, action=action, data={"code": code} if code else None,
            where=where, wrapped_key=b"", touched_at=timezone.now(), **words,
        )  # fmt: skip
        hooks.notify("recording.over", recording.encounter_id)
    _erase(recording, actor=actor)
    return recording


def _erase(recording: Recording, *, actor: Acting) -> None:
    """Delete every object of the recording, those that a killed process left without a row among them."""
    slices = RecordingSlice.objects.filter(part__recording=recording)
    stored = list(slices.values_list("storage_key", flat=True))
    strays = _stray_objects(recording)
    for key in {*stored, *strays}:
        delete_slice(key)
    with suppress(OSError, NotImplementedError):  # the folder, where there are folders
        audio_files().delete(recording.pk.hex)
    now = timezone.now()
    with audited():
        slices.delete()
        ended = AudioCopy.objects.filter(
            recording=recording, place=AudioCopy.Place.OURS, deleted_at=None
        ).update(deleted_at=now, evidence=f"{len(stored)} sealed objects deleted, data key destroyed")
        if ended:
            record(
                "recording.purged",
                actor=actor,
                target=recording,
                data={"objects": len(stored)},
                **recording.audit_context(),
            )


def _stray_objects(recording: Recording) -> list[str]:
    folder = recording.pk.hex
    try:
        names = audio_files().listdir(folder)[1]
    except FileNotFoundError:
        return []
    return [f"{folder}/{name}" for name in names]
