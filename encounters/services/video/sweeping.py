"""Everything about calls and vendors' recordings that has become due, and what a changed permission means for them."""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone

from config.doorbell import ring
from encounters.models import Call, Recording, VendorRecording
from encounters.services.video import discarding, inbox, polling, taking
from encounters.services.video.found import TASK
from encounters.services.video.starting import stop_for_withdrawal
from encounters.states import VENDOR_WAITING, VendorRecordingState


def ring_due() -> int:
    """A few queries over unfinished rows, each through a partial index."""
    return inbox.ring_due() + taking.ring_due() + discarding.ring_due() + polling.ring_due()


def permission_changed(practice_id: UUID) -> None:
    """Consents of a practice changed: what waits for them is looked at again, now."""
    held = VendorRecording.objects.filter(
        connection__practice=practice_id, state=VendorRecordingState.HELD, recording__isnull=False
    )
    held.update(next_attempt_at=timezone.now())
    for pk in set(held.values_list("recording_id", flat=True)[:1000]):
        ring(TASK, pk)


def permission_withdrawn(encounter_id: UUID) -> None:
    """Somebody said no, or the visit was cancelled: vendors stop recording, and nothing more is fetched."""
    for call in Call.objects.filter(encounter=encounter_id).select_related("encounter", "connection"):
        stop_for_withdrawal(call)
    waiting = VendorRecording.objects.filter(call__encounter=encounter_id, state__in=VENDOR_WAITING)
    waiting.update(next_attempt_at=timezone.now())
    expected = Recording.objects.filter(vendor_recordings__in=waiting).distinct()
    for pk in expected.values_list("pk", flat=True):
        taking.recording_take(pk)
