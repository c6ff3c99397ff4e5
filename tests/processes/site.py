"""The product as it runs in a deployment (web, worker, database), on ports and a folder of its own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import threading
import time
import uuid
import wave
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import environ
from django.db import connections

from notes.demo.stage import Stage
from notes.demo.visit import Provider
from notes.models import EngineEvent, Note, Revision, Submission
from tests.processes.engine import Engine
from tests.processes.tree import descendants

PATIENCE = 180.0
# Waits that a deployment has in minutes, in seconds.
IMPATIENT = {
    "ENGINE_LEASE_SECONDS": "8",
    "ENGINE_ANSWER_WAIT_SECONDS": "40",
    "ENGINE_FIRST_POLL_SECONDS": "2",
}


class Site:
    """Web and worker started by the demo's own stage, with `engine` in the place of the sandbox.

    Rows are read over a second connection (`alias`), as somebody at the database's prompt would.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str], engine: Engine | None = None) -> None:
        self.engine = engine
        given = {**IMPATIENT, **environment}
        self.stage = Stage(folder, port=0, engine_url=engine.url if engine else "", environment=given)
        self.alias = f"site-{uuid.uuid4().hex[:8]}"
        address = environ.Env.db_url_config(self.stage.environment["DATABASE_URL"])
        connections.settings[self.alias] = {**connections.settings["default"], "OPTIONS": {}, **address}

    def start(self) -> None:
        self.stage.prepare()
        if self.engine:
            hook = json.loads(self.stage.access.read_text())["webhook"]
            self.engine.hook, self.engine.secret = hook["url"], hook["secret"]
            self.engine.profile = hook["profile"]
        for name in ("worker", "web") if self.engine else ("sandbox", "worker", "web"):
            self.stage.start(name)
        self.stage.await_ready()
        self.provider = Provider(json.loads(self.stage.access.read_text()))
        self.provider.sign_in()

    def stop(self) -> None:
        self.stage.stop()
        for name in self.stage.processes:
            self.kill(name)
        connections[self.alias].close()

    def kill(self, name: str) -> None:
        """`kill -9` for the process and everything that it started: a power cut as far as they can tell."""
        process = self.stage.processes[name]
        for pid in [process.pid, *descendants(process.pid)]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait()

    def restart(self, name: str) -> None:
        self.stage.start(name)
        self.stage.await_ready()

    def visit(self) -> str:
        """An encounter with everybody's consent; returns its path."""
        encounter = self.provider.book()
        self.provider.record_consent(encounter)
        return encounter

    def upload(self, encounter: str, audio: Path) -> None:
        self.provider.upload(encounter, audio)

    def await_note(self, encounter: str) -> None:
        """Until the encounter's draft is there, its submission completed and every webhook worked off."""
        pk = encounter.split("/")[2]
        submissions = Submission.objects.using(self.alias).filter(encounter=pk)
        open_events = EngineEvent.objects.using(self.alias).filter(handled_at__isnull=True)

        def told() -> str:
            rows = submissions.values_list("state", "last_error_code", "attempts")
            return f"{list(rows)}, {open_events.count()} events open"

        until(lambda: submissions.filter(state="completed").exists() and not open_events.exists(), told)

    def forget_lost_answers(self) -> None:
        """As after three days: an answer that an earlier test lost leaves no doubt whose note the next one is."""
        Submission.objects.using(self.alias).update(answer_lost_at=None)

    def troubled(self, encounter: str) -> bool:
        """Whether its submission was tried, without success, and waits."""
        rows = Submission.objects.using(self.alias).filter(encounter=encounter.split("/")[2])
        return rows.filter(state="queued").exclude(last_error_code="").exists()

    def drafts(self, encounter: str) -> tuple[int, int, int]:
        """How many notes, engine's drafts and submissions the encounter has."""
        pk = encounter.split("/")[2]
        notes = Note.objects.using(self.alias).filter(encounter=pk)
        return (
            notes.count(),
            Revision.objects.using(self.alias).filter(note__encounter=pk, author__isnull=True).count(),
            Submission.objects.using(self.alias).filter(encounter=pk).count(),
        )

    def upstream_ids(self, encounter: str) -> set[str]:
        """The engine's notes that this encounter knows of."""
        rows = Submission.objects.using(self.alias).filter(encounter=encounter.split("/")[2])
        return set(rows.values_list("completed_note_id", flat=True))


@contextmanager
def running(folder: Path, engine: Engine | None, **environment: str) -> Iterator[Site]:
    site = Site(folder, environment, engine)
    try:
        site.start()
        yield site
    finally:
        site.stop()
        shutil.rmtree(folder, ignore_errors=True)


def until(condition: Callable[[], object], told: Callable[[], str] = str, within: float = PATIENCE) -> None:
    """Other processes can only be looked at; ten times a second until they have done it."""
    pause, deadline = threading.Event(), time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, f"it did not happen within {within:g} s: {told()}"
        pause.wait(0.1)


def write_wav(path: Path, megabytes: float) -> Path:
    """Noise in 16 bits, 16,000 times a second; about half a minute a megabyte."""
    noise = os.urandom(256 * 1024)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        for _ in range(max(1, round(megabytes * 4))):
            file.writeframesraw(noise)
    return path
