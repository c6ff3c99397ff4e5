"""What happened to an encounter, step by step, from booking to chart: the audit trail in plain words, without reads."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import TextChoices

from consent.actions import ACTIONS
from consent.models import AuditEvent
from encounters.models import Encounter
from encounters.states import EncounterStatus, RecordingState, VendorRecordingState
from notes.states import NoteState, SubmissionState

MOST = 200
# Steps of the visit's own story. Who looked at it is in the audit trail.
SHOWN_GROUPS = (
    "consent.", "gate.", "encounter.", "participant.", "recording.", "capture.", "transcript.", "call.",
    "vendor_recording.", "vendor_copy.", "submission.", "engine.", "note.",
)  # fmt: skip
READS = ("viewed", "played", "exported", "edited", "conflict", "text_kept")
STATES: dict[str, type[TextChoices]] = {
    "encounter.transition": EncounterStatus,
    "recording.transition": RecordingState,
    "vendor_recording.transition": VendorRecordingState,
    "submission.transition": SubmissionState,
    "note.transition": NoteState,
}
SUBJECTS = {
    "encounter.transition": "Visit",
    "recording.transition": "Recording",
    "vendor_recording.transition": "Vendor’s recording",
    "submission.transition": "Draft",
    "note.transition": "Note",
}


@dataclass(frozen=True)
class Step:
    at: datetime
    what: str
    who: str
    detail: str
    trouble: bool


def timeline_of(encounter: Encounter) -> list[Step]:
    """The latest steps, oldest first. One query."""
    events = AuditEvent.objects.filter(chain=encounter.practice_id, encounter_id=encounter.pk)
    latest = events.order_by("-seq")[: MOST * 3]
    found = [_step(event) for event in latest if _is_step(event.action)]
    return list(reversed(found[:MOST]))


def _is_step(action: str) -> bool:
    return action.startswith(SHOWN_GROUPS) and not action.endswith(READS)


def _step(event: AuditEvent) -> Step:
    data: dict[str, Any] = json.loads(event.data) if event.data else {}
    return Step(
        at=event.at,
        what=_what(event.action, str(data.get("to", ""))),
        who="" if event.actor_kind == "system" else event.actor_label,
        detail=str(data.get("evidence") or event.reason),
        trouble=event.outcome != AuditEvent.Outcome.SUCCESS
        or data.get("to") in {"failed", "rejected", "refused"},
    )


def _what(action: str, to: str) -> str:
    states = STATES.get(action)
    if states is not None and to in states.values:
        return f"{SUBJECTS[action]}: {states(to).label.lower()}"
    return ACTIONS.get(action, action)
