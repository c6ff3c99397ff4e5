"""States of encounters, of recordings, and of recordings at a video vendor, with the moves between them.

Encounter::

    scheduled → in_progress → ended → documented
        └──────────┴───────────┴────→ cancelled (never once documented)

Recording::

    expected → receiving → stored → released → purged
        │          ├─→ rejected (not audio, too short, too long, no consent)
        └──────────┴─→ failed (could not be received)
    Everything that holds bytes can be purged.

Recording at a video vendor::

    preparing ⇄ found → downloading → stored
        └──────┴─ held ─┴────┴──────→ refused (no permission: never downloaded, or given up)
                                     → failed (can be tried again by a person)
    The deletion of the vendor's copy is a date on the row: it is wanted once stored or refused.
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


class VendorRecordingState(models.TextChoices):
    PREPARING = "preparing", "Being prepared by the vendor"
    FOUND = "found", "Ready at the vendor"
    HELD = "held", "Waiting for permission"
    DOWNLOADING = "downloading", "Being downloaded"
    STORED = "stored", "Stored here"
    REFUSED = "refused", "Not downloaded: no permission"
    FAILED = "failed", "Could not be picked up"


_V = VendorRecordingState
# The vendor's copy is of no more use: stored here, or never to be.
VENDOR_COPY_UNWANTED = (_V.STORED, _V.REFUSED)
VENDOR_WAITING = (_V.PREPARING, _V.FOUND, _V.HELD)

VENDOR_RECORDING_TRANSITIONS: dict[str, frozenset[str]] = {
    _V.PREPARING: frozenset({_V.FOUND, _V.HELD, _V.REFUSED, _V.FAILED}),
    _V.FOUND: frozenset({_V.PREPARING, _V.HELD, _V.DOWNLOADING, _V.REFUSED, _V.FAILED}),
    _V.HELD: frozenset({_V.PREPARING, _V.FOUND, _V.REFUSED, _V.FAILED}),
    _V.DOWNLOADING: frozenset({_V.FOUND, _V.HELD, _V.STORED, _V.REFUSED, _V.FAILED}),
    _V.STORED: frozenset(),
    _V.REFUSED: frozenset(),
    _V.FAILED: frozenset({_V.PREPARING, _V.FOUND, _V.REFUSED}),
}
