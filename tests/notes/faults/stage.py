"""A visit, the product's real services and the real sandbox, with the faults that a test arms between them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db.models import Min
from django.utils import timezone
from django.utils.module_loading import import_string

from config.http import Limits, json_body
from notes import tasks
from notes.models import EngineAccount, EngineEvent, Note, Submission
from notes.states import LIVE_SUBMISSIONS
from tests.notes.faults.deliveries import Deliveries
from tests.notes.sandbox.running import ADMIN, Running, answer, until

SHORT = timedelta(seconds=1)
Capture = Callable[..., AbstractContextManager[list[Callable[[], Any]]]]


@dataclass
class Stage:
    """`clock` moves the time of product and sandbox alike; `limits` is how long the product waits for an answer;
    `rung` is what the doorbell was told."""

    sandbox: Running
    deliveries: Deliveries
    account: EngineAccount
    clock: Any
    capture: Capture
    limits: Limits
    rung: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)

    def arm(self, fault: str, **parameters: object) -> None:
        """As a test of somebody else's would: through the admin call."""
        order = {"fault": fault, **parameters}
        armed = self.sandbox.send("POST", "/sandbox/faults", key=ADMIN, body=json_body(order))
        assert armed.status == 201, armed.body

    def ledger(self) -> dict[str, Any]:
        return answer(self.sandbox.send("GET", "/sandbox/ledger", key=ADMIN))

    def do(self, task: str, *ids: object) -> None:
        """Run a task as a worker does, with what it rings for noted down."""
        with self.capture(execute=True):
            import_string(task)(*map(str, ids))

    def send(self, submission: Submission) -> Submission:
        self.do("notes.tasks.send", submission.pk)
        submission.refresh_from_db()
        return submission

    def work(self) -> None:
        """What a worker does now: the beat, and everything that rings until it is quiet."""
        self.settle()
        with self.capture(execute=True):
            tasks.beat()
        while self.rung:
            todo, self.rung[:] = list(dict.fromkeys(self.rung)), []
            for task, ids in todo:
                self.do(task, *ids)
            self.settle()

    def settle(self) -> None:
        """The sandbox has finished its jobs and sent what is due, and the product has answered it."""
        until(self._is_quiet)

    def run(self, *, rounds: int = 40) -> None:
        """Work and let time pass until nothing is under way any more."""
        for _ in range(rounds):
            self.work()
            live = Submission.objects.filter(state__in=LIVE_SUBMISSIONS)
            if not live.exists() and not self._owed() and not self._open_events():
                return
            self.clock.shift(max(self._until_next(), SHORT))
            self.sandbox.engine.courier.wake()

    def _is_quiet(self) -> bool:
        while self.deliveries.take():
            pass
        store = self.sandbox.engine.store
        owed = store.next_delivery()
        if owed is not None and owed.next_at <= self.sandbox.engine.clock():
            return False
        return not any(job.status == "processing" for job in store.recent_jobs())

    def _owed(self) -> bool:
        return self.sandbox.engine.store.next_delivery() is not None

    def _open_events(self) -> bool:
        known = Submission.objects.values("upstream_note_id")
        return EngineEvent.objects.filter(handled_at__isnull=True, note_id__in=known).exists()

    def _until_next(self) -> timedelta:
        now = timezone.now()
        times = list(self._times())
        later = [at for at in times if at is not None and at > now]
        return (min(later) - now + timedelta(milliseconds=10)) if later else SHORT

    def _times(self) -> Iterator[Any]:
        live = Submission.objects.filter(state__in=LIVE_SUBMISSIONS)
        yield from live.aggregate(Min("next_attempt_at"), Min("lease_until")).values()
        yield from live.aggregate(Min("account__paused_until")).values()
        yield EngineEvent.objects.filter(handled_at__isnull=True).aggregate(at=Min("look_after"))["at"]
        owed = self.sandbox.engine.store.next_delivery()
        if owed is not None:
            yield timezone.now() + timedelta(seconds=max(0.0, owed.next_at - self.sandbox.engine.clock()))

    def drafts(self, submission: Submission) -> list[str]:
        """The kinds of the revisions of the visit's note, first one first."""
        note = Note.objects.filter(encounter=submission.encounter_id).first()
        return [revision.kind for revision in note.revisions.all()] if note else []
