"""Audio jobs, one at a time: hear, arrange, store with the owed webhook, delete the recording."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Protocol

from notes.soapnoteapi.sandbox import note as notes
from notes.soapnoteapi.sandbox.bell import Bell
from notes.soapnoteapi.sandbox.clock import Clock
from notes.soapnoteapi.sandbox.config import Config
from notes.soapnoteapi.sandbox.courier import Courier, event
from notes.soapnoteapi.sandbox.errors import JobFailed
from notes.soapnoteapi.sandbox.faults.jobs import FaultyJobs
from notes.soapnoteapi.sandbox.log import log
from notes.soapnoteapi.sandbox.options import NoteOptions
from notes.soapnoteapi.sandbox.progress import ARRANGING, OnHeard, Progress
from notes.soapnoteapi.sandbox.records import COMPLETED, FAILED, PROCESSING, Delivery, Job
from notes.soapnoteapi.sandbox.store import Store
from notes.soapnoteapi.sandbox.transcript import Transcript

MAX_ATTEMPTS = 3
PURGE_EVERY = 60.0


class Ears(Protocol):
    def prepare(self) -> None:
        """Load what is slow to load. Must not raise: what is missing is told by `hear`."""

    def hear(self, path: Path, on_heard: OnHeard) -> Transcript:
        """What is said in the recording; raises `JobFailed` where that cannot be told. Tells how far it is."""


class Worker:
    def __init__(
        self, store: Store, config: Config, ears: Ears, courier: Courier, clock: Clock, faults: FaultyJobs
    ) -> None:
        self._store, self._config, self._ears, self._courier, self._clock = (
            store,
            config,
            ears,
            courier,
            clock,
        )
        self._faults = faults
        self.progress: Progress | None = None
        self._bell = Bell()
        self._ended = threading.Condition()
        self._stopping = False

    def run(self) -> None:
        self._ears.prepare()
        while not self._stopping:
            job = self._store.claim()
            if job is not None:
                self.work(job)
                continue
            self._store.forget_expired(self._clock())
            self._bell.wait(PURGE_EVERY)

    def wake(self) -> None:
        self._bell.ring()

    def stop(self) -> None:
        self._stopping = True
        self.wake()

    def await_end(self, note_id: str, patience: float) -> Job | None:
        """The job, as soon as it is no longer processing or after `patience` seconds."""
        with self._ended:
            self._ended.wait_for(lambda: self._has_ended(note_id), patience)
        return self._store.job(note_id)

    def _has_ended(self, note_id: str) -> bool:
        job = self._store.job(note_id)
        return job is None or job.status != PROCESSING

    def work(self, job: Job) -> None:
        """Bring one claimed job to its end. A crash in between leaves it claimed again after the restart."""
        started = time.monotonic()
        self.progress = Progress(job.note_id)
        try:
            heard = self._hear(job)
            self._complete(job, heard)
            outcome, seconds = COMPLETED, heard.seconds
        except JobFailed as reason:
            self._store.fail(job.note_id, reason, self._failed_event(job, reason), now=self._clock())
            outcome, seconds = f"{FAILED}:{reason.code}", 0.0
        finally:
            self.progress = None
        with self._ended:
            self._ended.notify_all()
        if job.audio:
            job.audio.unlink(missing_ok=True)
        self._courier.wake()
        log(
            "job",
            note_id=job.note_id,
            attempt=job.attempts,
            outcome=outcome,
            bytes=job.received_bytes,
            audio_seconds=round(seconds, 1),
            took_seconds=round(time.monotonic() - started, 2),
        )

    def _hear(self, job: Job) -> Transcript:
        if job.attempts > MAX_ATTEMPTS:
            raise JobFailed(
                "TRANSCRIPTION_ERROR", "The recording could not be processed, after several attempts."
            )
        if job.audio is None or not job.audio.exists():
            raise JobFailed("AUDIO_MISSING", "The recording is no longer on this computer.")
        self._faults.begin(job)
        try:
            return self._ears.hear(
                job.audio, lambda heard, seconds: self._note_progress(job.note_id, heard, seconds)
            )
        except JobFailed:
            raise
        except Exception as error:
            log("recogniser_error", note_id=job.note_id, kind=type(error).__name__)
            raise JobFailed("TRANSCRIPTION_ERROR", "The recording could not be transcribed.") from error

    def _note_progress(self, note_id: str, heard: float, seconds: float) -> None:
        self.progress = Progress(note_id, heard=heard, seconds=seconds)

    def _complete(self, job: Job, heard: Transcript) -> None:
        self.progress = Progress(job.note_id, ARRANGING)
        now = self._clock()
        options = NoteOptions(**job.options)  # type: ignore[arg-type]
        draft = notes.from_recording(heard, options)
        expires_at = now + self._config.note_ttl_seconds
        stored = notes.stamp(draft, job.note_id, created_at=job.created_at, expires_at=expires_at)
        owed = self._generated_event(job, stored, now)
        self._store.complete(job.note_id, stored, owed, seconds=heard.seconds, now=now, expires_at=expires_at)

    def _generated_event(self, job: Job, stored: dict[str, object], now: float) -> Delivery | None:
        if self._config.account(job.account) is None:
            return None
        extra = {"data": stored}
        return event(
            "note.generated", account=job.account, note_id=job.note_id, status=COMPLETED, now=now, extra=extra
        )

    def _failed_event(self, job: Job, reason: JobFailed) -> Delivery | None:
        if self._config.account(job.account) is None:
            return None
        extra = {"error": {"code": reason.code, "message": reason.message}}
        now = self._clock()
        return event(
            "note.failed", account=job.account, note_id=job.note_id, status=FAILED, now=now, extra=extra
        )
