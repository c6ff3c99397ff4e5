"""Sets the demo up: its own secrets, database and ports, and the product's real processes.

The demo runs the very commands that a deployment runs (migrate, gunicorn, worker) plus the sandbox; nothing in
them knows that it is a demo except the setting DEMO, which allows the sandbox engine.
"""

from __future__ import annotations

import base64
import json
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any

from config.env import BASE_DIR, inherited
from config.http import Door, HttpFailure

MANAGE = [sys.executable, str(BASE_DIR / "manage.py")]
PATIENCE = 120


class StageError(Exception):
    """The demo can't go on; the message says why and what to do."""


class Stage:
    """A folder with everything that the demo keeps, and the processes that run on it.

    `environment` wins over the demo's own (another database, shorter waits); `engine_url` puts another engine in
    the place of the sandbox, which is then not started by `running`.
    """

    def __init__(
        self, folder: Path, *, port: int, fresh: bool = False,
        engine_url: str = "", environment: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        if fresh:
            shutil.rmtree(folder, ignore_errors=True)
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.web = free_port(port)
        self.base_url = f"http://127.0.0.1:{self.web}"
        self.own_engine = not engine_url
        self.sandbox_url = engine_url or f"http://127.0.0.1:{free_port(8100 if port else 0)}"
        self.access = folder / "prepared.json"
        self.published = folder / "access.json"
        self.environment = {**inherited(), **self._secrets(), **self._addresses(), **(environment or {})}
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def _secrets(self) -> dict[str, str]:
        """Made once and kept, so that a later start can read what an earlier one stored."""
        kept = self.folder / "secrets.json"
        if not kept.exists():
            made = {
                "SECRET_KEY": secrets.token_urlsafe(48),
                "ENCRYPTION_KEYS": "demo:" + base64.b64encode(secrets.token_bytes(32)).decode(),
                "SANDBOX_ADMIN_TOKEN": secrets.token_urlsafe(24),
            }
            write_private(kept, json.dumps(made))
        return dict(json.loads(kept.read_text(encoding="utf-8")))

    def _addresses(self) -> dict[str, str]:
        return {
            "DEMO": "true",
            "DEBUG": "false",
            "DATABASE_URL": f"sqlite:///{self.folder / 'countersign.sqlite3'}",
            "BROKER_URL": "orm://default",
            "AUDIO_STORAGE_URL": f"file://{self.folder / 'audio'}",
            "VAR_DIR": str(self.folder / "var"),
            "STATIC_ROOT": str(self.folder / "static"),
            "PUBLIC_BASE_URL": self.base_url,
            "ALLOWED_HOSTS": "127.0.0.1,localhost",
            "PYTHONUNBUFFERED": "1",
        }

    @contextmanager
    def running(self) -> Iterator[None]:
        """Everything prepared and started; everything stopped again at the end, whatever happened."""
        signal.signal(signal.SIGTERM, _leave)
        try:
            narrate("Preparing the database, a practice and its people")
            self.prepare()
            narrate("Starting the sandbox engine, the worker and the app")
            for name in ("sandbox", "worker", "web") if self.own_engine else ("worker", "web"):
                self.start(name)
            self.await_ready()
            yield
        finally:
            self.stop()

    def prepare(self) -> None:
        """Database, static files, practice and people; what is there already is kept."""
        self.published.unlink(missing_ok=True)
        self._command("seed_demo", "--access", str(self.access), "--sandbox-url", self.sandbox_url)

    def start(self, name: str) -> None:
        """Start `web`, `worker` or `sandbox`; its log is the file of that name in the folder."""
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(  # noqa: S603
                self._commands()[name], env=self.environment, stdout=log, stderr=log, start_new_session=True,
                cwd=BASE_DIR,
            )  # fmt: skip

    def await_ready(self) -> None:
        """Until engine and app answer, the app with its database, worker and storage. Outside tools wait for the
        access file, which is there from now on."""
        if self.own_engine:
            self._await_answer("engine", f"{self.sandbox_url}/v1/specialties")
        self._await_answer("app", f"{self.base_url}/readyz")
        write_private(self.published, self.access.read_text(encoding="utf-8"))

    def _commands(self) -> dict[str, list[str]]:
        gunicorn = [
            sys.executable, "-m", "gunicorn", "-c", "python:config.serving", "config.wsgi",
            "--bind", f"127.0.0.1:{self.web}", "--workers", "1", "--no-control-socket",
        ]  # fmt: skip
        return {
            "sandbox": [*MANAGE, "sandbox", "--config", str(self.folder / "sandbox.json")],
            "worker": [*MANAGE, "worker"],
            "web": gunicorn,
        }

    def play_visit(self, audio: Path) -> str:
        """Play one visit through the running app; returns the note as an EHR pulled it (JSON)."""
        command = [
            *MANAGE,
            "simulate_call",
            "--access",
            str(self.access),
            "--audio",
            str(audio.resolve()),
            "--json",
        ]
        done = subprocess.run(command, env=self.environment, stdout=subprocess.PIPE, check=False)  # noqa: S603
        if done.returncode:
            raise StageError("The visit could not be played to its end; the line above says why.")
        return done.stdout.decode()

    def invite(self) -> None:
        people = json.loads(self.access.read_text(encoding="utf-8"))["users"]
        narrate(f"The app is up: {self.base_url}  (engine: {self.sandbox_url})")
        for person in people:
            print(
                f"    {person['role']:<11} {person['email']}  password {person['password']}", file=sys.stderr
            )
            print(
                f"    {'':<11} second factor secret {person['totp_secret']}  (any authenticator app)",
                file=sys.stderr,
            )
        print(
            "    A code right now: manage.py demo_code EMAIL. Upload your own recording from New encounter.\n"
            "    Ctrl-C stops everything; `make demo` starts again with what is there.",
            file=sys.stderr,
        )

    def wait(self) -> None:
        """Stay until interrupted, or until one of the processes ends by itself."""
        with suppress(KeyboardInterrupt):
            while True:
                for name, process in self.processes.items():
                    if process.poll() is not None:
                        raise StageError(
                            f"The {name} process ended. Its log is {self.folder / (name + '.log')}."
                        )
                time.sleep(1)

    def _command(self, *arguments: str) -> None:
        done = subprocess.run(  # noqa: S603
            [*MANAGE, *arguments], env=self.environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise StageError(f"manage.py {arguments[0]} failed:\n{done.stderr[-2000:]}")

    def _await_answer(self, name: str, url: str) -> None:
        door = Door(allowed_origins=[self.base_url, self.sandbox_url])
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            with suppress(HttpFailure):
                if door.send("GET", url).status == 200:
                    return
            for process_name, process in self.processes.items():
                if process.poll() is not None:
                    tail = _last_words(self.folder / f"{process_name}.log")
                    raise StageError(f"The {process_name} process did not start:\n{tail}")
            time.sleep(0.2)
        said = "\n".join(f"{log.name}: {_last_words(log)}" for log in sorted(self.folder.glob("*.log")))
        raise StageError(f"The {name} did not answer within {PATIENCE} seconds.\n{said}")

    def stop(self) -> None:
        for process in self.processes.values():
            if process.poll() is None:
                process.terminate()
        for process in self.processes.values():
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()


def narrate(words: str) -> None:
    """One line with the time, on standard error, so that standard output stays the note alone."""
    print(f"{time.strftime('%H:%M:%S')}  {words}", file=sys.stderr, flush=True)


def free_port(wanted: int) -> int:
    """`wanted` if nothing listens there, else a port that is free now."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return int(probe.getsockname()[1])
    raise StageError("No port is free on 127.0.0.1.")


def write_private(path: Path, text: str) -> None:
    """A file for the owner's eyes, complete or not there at all."""
    new = path.with_suffix(".new")
    new.unlink(missing_ok=True)
    new.touch(mode=0o600)
    new.write_text(text, encoding="utf-8")
    new.replace(path)


def _last_words(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace")[-2000:]


def _leave(_signal: int, _frame: FrameType | None) -> Any:
    raise KeyboardInterrupt
