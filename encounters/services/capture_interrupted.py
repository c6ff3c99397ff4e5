"""Captures that nobody went on with: a browser that crashed and was never opened again, a computer that was lost."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta

from django.utils import timezone

from consent.audit import SYSTEM
from consent.transitions import StaleState
from encounters.models import Recording
from encounters.services.capture_finishing import leave_out_unreadable
from encounters.services.capturing import received
from encounters.services.erasing import recording_purge
from encounters.services.finishing import recording_finish
from encounters.services.uploads import GateShut, UploadProblem
from encounters.states import RecordingState

INTERRUPTED_AFTER = timedelta(days=1)
GIVEN_UP_AFTER = timedelta(days=7)
_INTERRUPTED = (
    "The recording in the browser was not finished within a day. What arrived is used; compare the note with what you "
    "remember."
)


def finish_interrupted_captures(*, now: datetime | None = None) -> int:
    """Store what arrived of captures that nobody went on with for a day, marked as interrupted.

    Where the gate is shut they wait, and are deleted after a week. Returns how many ended. For a sweeper; harmless to
    run twice or at once.
    """
    at = now or timezone.now()
    open_still = Recording.objects.filter(source=Recording.Source.BROWSER, state=RecordingState.RECEIVING)
    ended = 0
    for recording in open_still.filter(touched_at__lt=at - INTERRUPTED_AFTER):
        with suppress(StaleState, UploadProblem):  # finished just now, or refused with words on its row
            _end_interrupted(recording, given_up=recording.touched_at < at - GIVEN_UP_AFTER)
            ended += 1
    return ended


def _end_interrupted(recording: Recording, *, given_up: bool) -> None:
    if not recording.bytes:
        recording_purge(recording=recording, actor=SYSTEM, reason="Nothing was recorded")
        return
    lost = _never_arrived(recording)
    words = f"{_INTERRUPTED} At least {lost} pieces of it never arrived." if lost else _INTERRUPTED
    leave_out_unreadable(recording, SYSTEM)
    try:
        recording_finish(recording=recording, actor=SYSTEM, notice=words)
    except GateShut:
        if given_up:
            recording_purge(
                recording=recording, actor=SYSTEM, reason="No permission to keep it within a week"
            )
        raise


def _never_arrived(recording: Recording) -> int:
    """How many slices are missing below the last one of each segment."""
    return sum(max(slices) + 1 - len(slices) for slices in received(recording).values())
