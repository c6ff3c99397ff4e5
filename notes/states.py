"""States of submissions and notes, and the moves between them.

Submission::

    held ⇄ queued → uploading → processing → completed
      │       │         │  └────────────────────↗   (the engine may answer with the note at once)
      │       │         └→ queued (try again later) / held (the gate shut meanwhile)
      └───────┴────→ failed → queued (somebody tries again) / processing (only storing the note had failed)
    Everything unfinished can be cancelled. A late result may still complete a failed submission, or one that waits
    to be sent again after the engine's answer was lost.

Note::

    drafting → in_review ⇄ signed → filed → amended ⇄ (amended again)
                                      └───────┴→ entered_in_error
    signed → in_review only inside the release hold.

Export::

    queued → ready
      ├────→ failed    (three tries)
      └──┬─→ cancelled (ready ones, too)
"""

from __future__ import annotations

from django.db import models


class SubmissionState(models.TextChoices):
    HELD = "held", "Held"
    QUEUED = "queued", "Waiting to be sent"
    UPLOADING = "uploading", "Being sent"
    PROCESSING = "processing", "Note being written"
    COMPLETED = "completed", "Draft received"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


class NoteState(models.TextChoices):
    DRAFTING = "drafting", "In preparation"
    IN_REVIEW = "in_review", "In review"
    SIGNED = "signed", "Signed"
    FILED = "filed", "Filed"
    AMENDED = "amended", "Filed, amended"
    ENTERED_IN_ERROR = "entered_in_error", "Entered in error"


_S, _N = SubmissionState, NoteState
LIVE_SUBMISSIONS = (_S.HELD, _S.QUEUED, _S.UPLOADING, _S.PROCESSING)
FROZEN_NOTES = (_N.SIGNED, _N.FILED, _N.AMENDED, _N.ENTERED_IN_ERROR)
FILED_NOTES = (_N.FILED, _N.AMENDED, _N.ENTERED_IN_ERROR)

SUBMISSION_TRANSITIONS: dict[str, frozenset[str]] = {
    _S.HELD: frozenset({_S.QUEUED, _S.HELD, _S.CANCELLED, _S.COMPLETED}),
    _S.QUEUED: frozenset({_S.UPLOADING, _S.HELD, _S.FAILED, _S.CANCELLED, _S.PROCESSING, _S.COMPLETED}),
    _S.UPLOADING: frozenset(
        {_S.UPLOADING, _S.PROCESSING, _S.COMPLETED, _S.QUEUED, _S.HELD, _S.FAILED, _S.CANCELLED}
    ),
    _S.PROCESSING: frozenset({_S.COMPLETED, _S.FAILED, _S.CANCELLED}),
    _S.FAILED: frozenset({_S.QUEUED, _S.PROCESSING, _S.COMPLETED, _S.CANCELLED}),
    _S.COMPLETED: frozenset(),
    _S.CANCELLED: frozenset(),
}

NOTE_TRANSITIONS: dict[str, frozenset[str]] = {
    _N.DRAFTING: frozenset({_N.IN_REVIEW}),
    _N.IN_REVIEW: frozenset({_N.SIGNED}),
    _N.SIGNED: frozenset({_N.IN_REVIEW, _N.FILED}),
    _N.FILED: frozenset({_N.AMENDED, _N.ENTERED_IN_ERROR}),
    _N.AMENDED: frozenset({_N.AMENDED, _N.ENTERED_IN_ERROR}),
    _N.ENTERED_IN_ERROR: frozenset(),
}


class ExportState(models.TextChoices):
    QUEUED = "queued", "Being prepared"
    READY = "ready", "Ready"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


_E = ExportState
EXPORT_TRANSITIONS: dict[str, frozenset[str]] = {
    _E.QUEUED: frozenset({_E.READY, _E.FAILED, _E.CANCELLED}),
    _E.READY: frozenset({_E.CANCELLED}),
    _E.FAILED: frozenset({_E.CANCELLED}),
    _E.CANCELLED: frozenset(),
}
