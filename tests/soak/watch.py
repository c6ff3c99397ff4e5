"""The invariants of a run: looked at after every fault, and whole once all has settled."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from notes.demo.stage import MANAGE
from notes.models import Submission
from notes.states import LIVE_SUBMISSIONS, SubmissionState
from tests.soak.deployment import seen
from tests.soak.invariants import Violation, jobs, leaks, outcomes, permission, trail, webhooks
from tests.soak.invariants.frozen import Frozen
from tests.soak.invariants.waiting import Waiting
from tests.soak.ledger import EngineAdmin
from tests.soak.measuring import IDLE_SHARE, busy
from tests.soak.people import Clinician, GaveUp, patiently
from tests.soak.run import Run
from tests.soak.webhook_flood import Flood

SETTLING = 300.0  # seconds; the longest lease is two and a half minutes
IDLE_SECONDS = 10.0


@dataclass
class Watch:
    run: Run
    folder: Path
    ledger: EngineAdmin
    flood: Flood
    violations: dict[Violation, float] = field(default_factory=dict)
    checks: int = 0
    failed_before: int = 0
    idle: dict[str, float] = field(default_factory=dict)
    _waiting: Waiting = field(default_factory=Waiting)
    _frozen: Frozen = field(default_factory=Frozen)

    def check(self) -> None:
        """What holds at any moment, in one snapshot. The engine's account and ours are taken in the order in which
        they are written, so that a difference is one."""
        ledger = self.ledger.read()
        acknowledged = ledger.acknowledged | set(self.flood.acknowledged)
        visits = self.run.diary.booked()

        def look() -> list[Violation]:
            return [
                *webhooks.check(acknowledged),
                *jobs.check(ledger, visits),
                *self._waiting.check(),
                *trail.check(),
                *permission.check(ledger, visits),
                *self._frozen.check(),
                *outcomes.check_failures(self.run.strikes),
            ]

        self._note(seen(look))
        self._note(leaks.check_files(self.folder))
        self.checks += 1

    def settle(self, clinician: Clinician) -> None:
        """Let everything end; try again once what failed, as a clinician would; then look at all of it."""
        self._until_still()
        self._try_again(clinician)
        self._until_still()
        self._until(lambda: self._all_filed() and self._feed_complete(), 60)
        self.check()
        self._note(seen(self._at_the_end))
        self._note(self._verified_by_command())
        self._note(self._spinning())
        if self.flood.forged_accepted:
            self._note([Violation("I1", f"{self.flood.forged_accepted} forged webhooks were accepted")])

    def _at_the_end(self) -> list[Violation]:
        return [
            *outcomes.check_ends(self.run.diary.visits),
            *outcomes.check_feed(self.run.feed.items),
            *leaks.check_all(self.folder),
            *(
                Violation("memory", f"{grown.name} grows by {grown.slope:.1f} MB a minute")
                for grown in self.run.memory.growth()
                if not grown.flat
            ),
        ]

    def _try_again(self, clinician: Clinician) -> None:
        failed = Submission.objects.filter(state=SubmissionState.FAILED)
        encounters = {str(pk) for pk in seen(lambda: list(failed.values_list("encounter", flat=True)))}
        self.failed_before = len(encounters)
        for pk in encounters:
            try:
                patiently(lambda pk=pk: clinician.try_again(f"/encounters/{pk}/"))  # type: ignore[misc]
            except GaveUp as why:
                self._note([Violation("lost", f"could not be tried again: {why}", (pk,))])

    def _until_still(self) -> None:
        live = [state for state in LIVE_SUBMISSIONS if state != SubmissionState.HELD]
        busy_rows = Submission.objects.filter(state__in=live)
        if not self._until(lambda: not seen(busy_rows.exists), SETTLING):
            self._note([Violation("I3", f"work is still under way {SETTLING:.0f} s after the last fault")])

    def _all_filed(self) -> bool:
        return not seen(lambda: outcomes.check_ends(self.run.diary.visits))

    def _feed_complete(self) -> bool:
        return not seen(lambda: outcomes.check_feed(self.run.feed.items))

    def _until(self, condition: Callable[[], bool], seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                return False
            time.sleep(1)
        return True

    def _verified_by_command(self) -> list[Violation]:
        environment = self.run.site.stage.environment
        done = subprocess.run(
            [*MANAGE, "verify_audit"], env=environment, capture_output=True, text=True, check=False
        )
        return [Violation("I4", done.stderr.strip()[-300:])] if done.returncode else []

    def _spinning(self) -> list[Violation]:
        self.idle = busy(self.run.memory.pids(), IDLE_SECONDS)
        total = sum(self.idle.values())
        if total <= IDLE_SHARE:
            return []
        return [Violation("idle", f"with nothing to do, {total:.0%} of a processor is taken")]

    def _note(self, found: list[Violation]) -> None:
        for violation in found:
            if violation not in self.violations:
                print(f"VIOLATION: {violation}", flush=True)
                self.violations[violation] = self.run.elapsed
