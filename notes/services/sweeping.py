"""Finding work that nobody was told about. Every query runs over unfinished rows only, through partial indexes."""

from __future__ import annotations

from django.utils import timezone

from config.doorbell import ring
from encounters.models import Recording
from encounters.states import RecordingState
from notes.models import Submission
from notes.services import inbox, polling, sending
from notes.services.submissions import submission_create_for_recording, submission_recheck
from notes.states import SubmissionState

MOST = 200


def ring_due() -> int:
    """Ring for submissions to send, to poll and to take back from dead workers, and for open events."""
    return _ring_abandoned() + sending.ring_next() + polling.ring_due() + inbox.ring_due()


def sweep() -> None:
    """`ring_due`, and what time alone changes: recordings whose notice was lost, and what is held."""
    unannounced = Recording.objects.filter(state=RecordingState.STORED, submissions__isnull=True)
    for pk in list(unannounced.order_by("stored_at").values_list("pk", flat=True)[:MOST]):
        submission_create_for_recording(recording_id=pk)
    held = (
        Submission.objects.filter(state=SubmissionState.HELD)
        .select_related("encounter")
        .defer("text", "result")
    )
    for submission in held.order_by("created_at", "id")[:MOST]:
        submission_recheck(submission)
    ring_due()


def _ring_abandoned() -> int:
    dead = Submission.objects.filter(state=SubmissionState.UPLOADING, lease_until__lt=timezone.now())
    found = list(dead.values_list("pk", flat=True)[:MOST])
    for pk in found:
        ring("notes.tasks.send", pk)
    return len(found)
