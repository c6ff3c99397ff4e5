"""I3: everything unfinished has somebody who will go on with it, and that happens before the sweep comes twice."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Q
from django.utils import timezone

from encounters.models import Encounter, Recording
from encounters.states import RecordingState
from notes.models import EngineEvent, Submission
from notes.services.holding import active_account, hold_reasons
from notes.services.worklist import next_step_of
from notes.states import LIVE_SUBMISSIONS, SubmissionState
from tests.soak.invariants import Violation

SWEEP = 60.0
LONGEST_FAULT = 30.0  # the engine's absence, with the time that it takes to start


@dataclass
class Waiting:
    """Remembers since when each piece of work has been due without anything having happened to it."""

    limit: float = SWEEP + LONGEST_FAULT
    clock: Callable[[], float] = time.monotonic
    _since: dict[Hashable, float] = field(default_factory=dict)

    def check(self) -> list[Violation]:
        found, due = _ownerless(), _due(timezone.now()) | _misplaced()
        moment = self.clock()
        self._since = {key: self._since.get(key, moment) for key in due}
        for key, since in self._since.items():
            if moment - since > self.limit:
                what = f"nobody went on with it for {self.limit:.0f} s: {due[key]}"
                found.append(Violation("I3", what, (str(key[0]),)))  # type: ignore[index]
        return found


def _due(now: datetime) -> dict[Hashable, str]:
    """What somebody should be working on now; the key changes whenever something happens to it."""
    found: dict[Hashable, str] = {}
    live = Submission.objects.filter(state__in=LIVE_SUBMISSIONS).select_related("account", "encounter")
    for row in live.defer("text", "result"):
        paused = row.account and row.account.paused_until and row.account.paused_until > now
        if not paused and _submission_due(row, now):
            key = (row.pk, row.state, row.attempts, row.polls, row.next_attempt_at, row.lease_until)
            found[key] = f"submission {row.state}"
    events = EngineEvent.objects.filter(handled_at__isnull=True).filter(
        Q(look_after__isnull=True) | Q(look_after__lte=now)
    )
    found |= dict.fromkeys(events.values_list("pk", "look_after"), "webhook")
    stored = Recording.objects.filter(state=RecordingState.STORED, submissions__isnull=True)
    return found | {
        (pk, "stored"): "recording without submission" for pk in stored.values_list("pk", flat=True)
    }


def _submission_due(row: Submission, now: datetime) -> bool:
    if row.state == SubmissionState.HELD:  # the sweep lets it go once nothing stands against it
        return not hold_reasons(row, active_account(row.encounter))
    if row.lease_until and row.lease_until > now:
        return False
    return row.next_attempt_at is None or row.next_attempt_at <= now


def _ownerless() -> list[Violation]:
    """Rows that no worker would ever find, or that hold without saying why."""
    states = SubmissionState
    lost = Submission.objects.filter(
        Q(state=states.UPLOADING, lease_until__isnull=True)
        | Q(state=states.PROCESSING, next_attempt_at__isnull=True)
        | Q(state=states.HELD, hold_reasons=[])
        | Q(state=states.FAILED, last_error_code="")
    )
    return [
        Violation("I3", f"a {state} submission that nothing leads on from", (str(pk),))
        for pk, state in lost.values_list("pk", "state")
    ]


def _misplaced() -> dict[Hashable, str]:
    """Encounters that the worklist does not show where their rows say that they are."""
    found: dict[Hashable, str] = {}
    for pk, status, step in Encounter.objects.values_list("pk", "status", "next_step"):
        if (right := next_step_of(pk, status)) != step:
            found[pk, step, right] = f"the worklist has it under {step}, not {right.name}"
    return found
