"""States of encounters and recordings, and the moves between them.

Encounter::

    scheduled → in_progress → ended → documented
        └──────────┴───────────┴────→ cancelled (never once documented)

Recording::

    expected → receiving → stored → released → purged
        │          ├─→ rejected (not audio, too short, too long, no consent)
        └──────────┴─→ failed (could not be received)
    Everything that holds bytes can be purged.
"""

from __future__ import annotations

from django.db import models


class EncounterStatus(models.TextChoices):
    SCHEDULED = "scheduled", "Scheduled"
    IN_PROGRESS = "in_progress", "In progress"
    ENDED = "ended", "Ended"
    DOCUMENTED = "documented", "Documented"
    CANCELLED = "cancelled", "Cancelled"


class RecordingState(models.TextChoices):
    EXPECTED = "expected", "Expected"
    RECEIVING = "receiving", "Being received"
    STORED = "stored", "Stored"
    RELEASED = "released", "Used for the note"
    PURGED = "purged", "Deleted"
    REJECTED = "rejected", "Rejected"
    FAILED = "failed", "Failed"


class NextStep(models.IntegerChoices):
    """What an encounter waits for; the number is its place on the worklist."""

    ATTENTION = 10, "Needs a decision"
    REVIEW = 20, "Draft to review"
    FILE = 30, "Signed, to file"
    RECORD = 40, "Recording or transcript needed"
    WAITING = 50, "Note being written"
    DONE = 90, "Done"


_E, _R = EncounterStatus, RecordingState
# Received completely and still here.
TAKEN = (_R.STORED, _R.RELEASED)

ENCOUNTER_TRANSITIONS: dict[str, frozenset[str]] = {
    _E.SCHEDULED: frozenset({_E.IN_PROGRESS, _E.ENDED, _E.CANCELLED}),
    _E.IN_PROGRESS: frozenset({_E.ENDED, _E.CANCELLED}),
    _E.ENDED: frozenset({_E.DOCUMENTED, _E.CANCELLED}),
    _E.DOCUMENTED: frozenset(),
    _E.CANCELLED: frozenset(),
}

RECORDING_TRANSITIONS: dict[str, frozenset[str]] = {
    _R.EXPECTED: frozenset({_R.RECEIVING, _R.REJECTED, _R.FAILED}),
    _R.RECEIVING: frozenset({_R.STORED, _R.REJECTED, _R.FAILED, _R.PURGED}),
    _R.STORED: frozenset({_R.RELEASED, _R.PURGED}),
    _R.RELEASED: frozenset({_R.PURGED}),
    _R.REJECTED: frozenset({_R.PURGED}),
    _R.FAILED: frozenset({_R.PURGED}),
    _R.PURGED: frozenset(),
}
