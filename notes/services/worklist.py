"""Keeping an encounter's place on the worklist: what it waits for, and since when."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from encounters.models import Encounter, Recording
from encounters.states import EncounterStatus, NextStep, RecordingState
from notes.models import Note, Submission
from notes.states import FILED_NOTES, LIVE_SUBMISSIONS, NoteState, SubmissionState

_SETTLED = (EncounterStatus.DOCUMENTED, EncounterStatus.CANCELLED)
_UNUSABLE = (RecordingState.REJECTED, RecordingState.FAILED)


def refresh_next_step(encounter_id: UUID) -> None:
    """Derive ``Encounter.next_step`` anew. Call it as the last thing in the transaction that changed something.

    The encounter's row is locked before anything is read, so of two changes at once the later one sees both.
    Here and wherever a row is locked, its key is left free (`no_key`): rows that refer to it are checked against it
    when their transaction commits and has the audit chain already, which would be waiting in a circle.
    """
    with transaction.atomic():
        encounter = (
            Encounter.objects.select_for_update(no_key=True).only("status", "next_step").get(pk=encounter_id)
        )
        step = next_step_of(encounter_id, encounter.status)
        if step != encounter.next_step:
            Encounter.objects.filter(pk=encounter_id).update(next_step=step, next_step_at=timezone.now())


def next_step_of(encounter_id: UUID, status: str) -> NextStep:
    """The note decides once there is one, then what is on its way, then what went wrong."""
    if status in _SETTLED:
        return NextStep.DONE
    state = Note.objects.filter(encounter=encounter_id).values_list("state", flat=True).first()
    if state in FILED_NOTES:
        return NextStep.DONE
    if state == NoteState.SIGNED:
        return NextStep.FILE
    if state == NoteState.IN_REVIEW:
        return NextStep.REVIEW
    return _without_note(encounter_id)


def _without_note(encounter_id: UUID) -> NextStep:
    found = Submission.objects.filter(encounter=encounter_id).order_by("-created_at", "-id")
    submissions = list(found.values_list("state", "attention")[:20])
    live = [(state, attention) for state, attention in submissions if state in LIVE_SUBMISSIONS]
    if any(state != SubmissionState.HELD and not attention for state, attention in live):
        return NextStep.WAITING
    if live or (submissions and submissions[0][0] == SubmissionState.FAILED):
        return NextStep.ATTENTION
    if not submissions:
        return _from_recordings(encounter_id)
    return NextStep.RECORD


def _from_recordings(encounter_id: UUID) -> NextStep:
    recordings = Recording.objects.filter(encounter=encounter_id).order_by("-created_at")
    states: Sequence[str] = list(recordings.values_list("state", flat=True)[:20])
    if RecordingState.STORED in states:
        return NextStep.WAITING
    return NextStep.ATTENTION if states and states[0] in _UNUSABLE else NextStep.RECORD
