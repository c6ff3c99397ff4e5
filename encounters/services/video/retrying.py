"""A person has a failed file tried again."""

from __future__ import annotations

from config.doorbell import ring
from consent.audit import Acting, audited
from consent.transitions import advance
from encounters.models import AudioCopy, VendorRecording
from encounters.services.expecting import recording_expect
from encounters.services.video.found import TASK, holder_of
from encounters.services.video.permission import fresh_start
from encounters.states import VendorRecordingState


def recording_retry(*, row: VendorRecording, actor: Acting) -> VendorRecording:
    """Begin anew, with a new recording of its encounter. Raises StaleState unless it had failed."""
    if row.call is None:
        return advance(row, VendorRecordingState.PREPARING, actor=actor, **fresh_start())
    with audited():
        recording = recording_expect(encounter=row.call.encounter, actor=actor)
        AudioCopy.objects.create(recording=recording, place=AudioCopy.Place.VENDOR, holder=holder_of(row))
        advance(row, VendorRecordingState.PREPARING, actor=actor, recording=recording, **fresh_start())
        ring(TASK, recording.pk)
    return row
