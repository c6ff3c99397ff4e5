"""The sandbox without its HTTP: state, the two threads, and what the endpoints ask of it."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path

from notes.soapnoteapi.sandbox import note as notes
from notes.soapnoteapi.sandbox.clock import Clock
from notes.soapnoteapi.sandbox.config import Config
from notes.soapnoteapi.sandbox.courier import Courier, Post, Sign, event
from notes.soapnoteapi.sandbox.errors import JobFailed
from notes.soapnoteapi.sandbox.faults.misbehaviour import Misbehaviour
from notes.soapnoteapi.sandbox.hearing.audio import duration
from notes.soapnoteapi.sandbox.log import log
from notes.soapnoteapi.sandbox.options import NoteOptions
from notes.soapnoteapi.sandbox.outgoing import door_to, sign
from notes.soapnoteapi.sandbox.records import COMPLETED, PROCESSING, Job
from notes.soapnoteapi.sandbox.store import Store
from notes.soapnoteapi.sandbox.worker import Ears, Worker

RESTART_AFTER = 1.0


class Engine:
    """Built around a `Config` and a pair of ears; `start()` resumes what an earlier process left undone."""

    def __init__(
        self,
        config: Config,
        ears: Ears,
        *,
        clock: Clock = time.time,
        send: Post | None = None,
        signer: Sign = sign,
    ) -> None:
        self.config = config
        self.clock = clock
        self.spool = config.state_dir / "spool"
        self.spool.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.store = Store(config.state_dir / "sandbox.sqlite3")
        self.faults = Misbehaviour(config, self.store, clock)
        self.courier = Courier(
            self.store,
            config,
            post=send or door_to(config.accounts),
            sign=signer,
            clock=clock,
            faults=self.faults.webhooks,
        )
        self.worker = Worker(self.store, config, ears, self.courier, clock, self.faults.jobs)
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        self._drop_orphans()
        for name, run in (("worker", self.worker.run), ("courier", self.courier.run)):
            thread = threading.Thread(
                target=self._keep_running, args=(name, run), name=f"sandbox-{name}", daemon=True
            )
            thread.start()
            self._threads.append(thread)

    def stop(self, timeout: float = 1.0) -> None:
        """Ask both threads to end. A job that takes longer is abandoned and redone by the next start."""
        self._stopping.set()
        self.faults.stop()
        self.worker.stop()
        self.courier.stop()
        for thread in self._threads:
            thread.join(timeout)

    def accept_recording(self, account: str, options: NoteOptions, audio: Path) -> Job:
        """Store the job before it is acknowledged, then ring the worker."""
        job = self._job(account, "audio", PROCESSING, options, audio=audio, size=audio.stat().st_size)
        self.store.add_job(job)
        self.worker.wake()
        return job

    def is_short_clip(self, audio: Path) -> bool:
        """Whether the recording is one that is answered at once, by the configuration."""
        longest = self.config.short_clip_seconds
        if not longest:
            return False
        try:
            return duration(audio) <= longest
        except JobFailed:
            return False

    def send_again(self, event_id: str) -> bool:
        """Send a webhook once more now, whatever came of it; False where there is none of that id."""
        found = self.store.send_again(event_id, self.clock())
        self.courier.wake()
        return found

    def note_from_text(self, account: str, options: NoteOptions, text: str) -> dict[str, object]:
        job = self._job(account, "text", COMPLETED, options, size=len(text.encode()))
        draft = notes.from_typed(text, options)
        stored = notes.stamp(draft, job.note_id, created_at=job.created_at, expires_at=job.expires_at)
        self.store.add_job(Job(**{**vars(job), "note": stored, "finished_at": self.clock()}))
        log(
            "text_note",
            note_id=job.note_id,
            bytes=job.received_bytes,
            took_seconds=round(self.clock() - job.created_at, 3),
        )
        return notes.public(stored, wants_transcript=options.include_transcript)

    def send_test_events(self, account: str | None = None) -> list[str]:
        """Owe the synthetic `test` event to one account, or to all; the event ids."""
        sent = []
        for known in self.config.accounts:
            if account is None or known is self.config.account(account):
                owed = event(
                    "test", account=known.id, note_id=str(uuid.uuid4()), status=COMPLETED, now=self.clock()
                )
                self.store.owe(owed)
                sent.append(owed.event_id)
        self.courier.wake()
        return sent

    def _job(
        self,
        account: str,
        kind: str,
        status: str,
        options: NoteOptions,
        *,
        size: int,
        audio: Path | None = None,
    ) -> Job:
        now = self.clock()
        return Job(
            note_id=str(uuid.uuid4()),
            account=account,
            kind=kind,
            status=status,
            created_at=now,
            expires_at=now + self.config.note_ttl_seconds,
            options=options.as_dict(),
            audio=audio,
            received_bytes=size,
            attempts=0,
            note={},
            error_code="",
            error_message="",
            audio_seconds=None,
            finished_at=None,
        )

    def _drop_orphans(self) -> None:
        """Recordings whose upload was never acknowledged, or whose job has ended, are not kept."""
        wanted = self.store.spooled()
        for path in self.spool.iterdir():
            if path not in wanted:
                path.unlink(missing_ok=True)

    def _keep_running(self, name: str, run: Callable[[], None]) -> None:
        while not self._stopping.is_set():
            try:
                run()
            except Exception as error:  # noqa: BLE001 - a full disk must not end the thread for good
                log("thread_error", thread=name, kind=type(error).__name__)
                self._stopping.wait(RESTART_AFTER)
