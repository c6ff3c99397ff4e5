"""Whose note is it, when the engine's answer to an upload was lost?

The engine takes no reference of ours, so an event that no submission owns can only be attributed by exclusion. A note
in the wrong chart is far worse than a second upload, hence: exactly one submission of the account has a lost answer,
none is being sent right now, and exactly one event without owner came after it was made. Otherwise the event waits.
Submissions that were cancelled or tried again with an answer outstanding count, too: their note may still come.
"""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Exists, OuterRef

from notes.models import EngineEvent, Submission
from notes.states import SubmissionState

# Longer than the engine writes and an event stays open together, so that no candidate drops out before its note came.
SEARCHED = timedelta(days=3)
OPEN_TO_IT = (
    SubmissionState.QUEUED,
    SubmissionState.HELD,
    SubmissionState.PROCESSING,
    SubmissionState.FAILED,
    SubmissionState.COMPLETED,
)


def adoptable(event: EngineEvent) -> Submission | None:
    """The one submission that the ownerless `event` must belong to, or None while there is any doubt."""
    if event.event != "note.generated":
        return None
    mine = Submission.objects.filter(account=event.account_id)
    if mine.filter(state=SubmissionState.UPLOADING).exists():
        return None
    lost = mine.filter(
        answer_lost_at__gte=event.received_at - SEARCHED, created_at__lte=event.received_at
    ).select_related("recording", "encounter")
    candidates = list(lost[:2])
    if len(candidates) != 1 or candidates[0].state not in OPEN_TO_IT:
        return None
    return candidates[0] if _ownerless_since(candidates[0], event) == 1 else None


def _ownerless_since(submission: Submission, event: EngineEvent) -> int:
    """How many open events without owner came after the submission was made."""
    waiting = EngineEvent.objects.filter(
        account=event.account_id, event="note.generated", handled_at__isnull=True, submission__isnull=True,
        received_at__gte=submission.created_at,
    )  # fmt: skip
    owner = Submission.objects.filter(account=event.account_id, upstream_note_id=OuterRef("note_id"))
    return waiting.filter(~Exists(owner)).count()
