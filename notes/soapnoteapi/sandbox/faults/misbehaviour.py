"""What the engine holds of all this: the armory, and where it reaches into jobs and deliveries."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from notes.soapnoteapi.sandbox.clock import Clock
from notes.soapnoteapi.sandbox.config import Config
from notes.soapnoteapi.sandbox.faults.armory import Armory
from notes.soapnoteapi.sandbox.faults.jobs import FaultyJobs
from notes.soapnoteapi.sandbox.faults.webhooks import FaultyWebhooks
from notes.soapnoteapi.sandbox.records import PENDING, PROCESSING, Job
from notes.soapnoteapi.sandbox.store import Store

STEP = 0.02
LATEST = 200


class Misbehaviour:
    def __init__(self, config: Config, store: Store, clock: Clock) -> None:
        self.armory = Armory(config.state_dir / "faults.sqlite3", clock, config.faults)
        self.clock = clock
        self.stopping = threading.Event()
        self.jobs = FaultyJobs(self.armory, clock)
        self.webhooks = FaultyWebhooks(self.armory, clock, self.recent_jobs)
        self._store = store

    def listing(self) -> dict[str, object]:
        """What is armed and what struck last, for the page: names, numbers and ids, no text of any note."""
        return self.armory.listing()

    def recent_jobs(self) -> list[Job]:
        return self._store.recent_jobs(LATEST)

    def await_end(self, note_id: str, seconds: float) -> Job | None:
        """The job once it is no longer being processed, or as it is when the time is over."""
        self._await(lambda: self._has_ended(note_id), seconds)
        return self._store.job(note_id)

    def await_announcement(self, note_id: str, seconds: float) -> None:
        """Until the job has ended and an attempt was made at its webhook."""
        self._await(lambda: self._has_ended(note_id) and self._was_announced(note_id), seconds)

    def stop(self) -> None:
        """End every wait, so that the process can end."""
        self.stopping.set()

    def _has_ended(self, note_id: str) -> bool:
        job = self._store.job(note_id)
        return job is None or job.status != PROCESSING

    def _was_announced(self, note_id: str) -> bool:
        owed = [found for found in self._store.recent_deliveries(LATEST) if found.note_id == note_id]
        return bool(owed) and all(found.attempts or found.state != PENDING for found in owed)

    def _await(self, condition: Callable[[], bool], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not condition() and time.monotonic() < deadline:
            if self.stopping.wait(STEP):
                return
