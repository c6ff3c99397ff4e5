"""A throw-away deployment: its own database, storage and worker processes, driven from outside."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
SETUP = "import os, json, time, django\nos.environ['DJANGO_SETTINGS_MODULE'] = 'config.settings'\ndjango.setup()\n"


class Lab:
    """`run(code)` executes Python inside the deployment and returns what it put into `out`."""

    def __init__(self, folder: Path, **env: str) -> None:
        self.env = {
            **os.environ,
            "DEMO": "true",
            "DATABASE_URL": f"sqlite:///{folder / 'lab.sqlite3'}",
            "AUDIO_STORAGE_URL": f"file://{folder / 'audio'}",
            "PYTHONPATH": str(ROOT),
            "ENGINE_LEASE_SECONDS": "3",
            "ENGINE_ANSWER_WAIT_SECONDS": "2",
            "ENGINE_FIRST_POLL_SECONDS": "1",
            "WORKER_STALE_SECONDS": "6",
            **env,
        }
        self.log = (folder / "worker.log").open("ab")
        self.worker: subprocess.Popen[bytes] | None = None
        self.manage("migrate", "--verbosity", "0")
        self.manage("createcachetable")

    def manage(self, *words: str) -> None:
        subprocess.run(
            [sys.executable, "manage.py", *words], cwd=ROOT, env=self.env, check=True, capture_output=True
        )

    def run(self, code: str) -> Any:
        whole = f"{SETUP}out = None\n{textwrap.dedent(code)}\nprint('OUT' + json.dumps(out, default=str))"
        done = subprocess.run(
            [sys.executable, "-c", whole], cwd=ROOT, env=self.env, check=False, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return json.loads(done.stdout.rsplit("OUT", 1)[1])

    def start_worker(self) -> None:
        command = [sys.executable, "manage.py", "worker"]
        self.worker = subprocess.Popen(command, cwd=ROOT, env=self.env, stdout=self.log, stderr=self.log)

    def stop_worker(self) -> float:
        """Ask it to stop; seconds until it had."""
        assert self.worker is not None
        started = time.monotonic()
        self.worker.send_signal(signal.SIGTERM)
        self.worker.wait(40)
        return time.monotonic() - started

    def end(self) -> None:
        """Nothing of ours survives a test, whatever happened in it."""
        group = self.group()
        if self.worker is not None and self.worker.poll() is None:
            with suppress(subprocess.TimeoutExpired, AssertionError):
                self.stop_worker()
            self.worker.kill()
            self.worker.wait()
        for pid in group:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.log.close()

    def main_pid(self) -> int | None:
        """The cluster's main process: the supervisor's only child."""
        if self.worker is None:
            return None
        return next((pid for pid, (parent, _) in processes().items() if parent == self.worker.pid), None)

    def group(self) -> list[int]:
        """Every process of the cluster, main first."""
        main = self.main_pid()
        if main is None:
            return []
        members = [pid for pid, (_, group) in processes().items() if group == main and pid != main]
        return [main, *sorted(members)]

    def wait_for_group(
        self, *, other_than: int | None = None, size: int = 4, within: float = 120
    ) -> list[int]:
        deadline = time.monotonic() + within
        while time.monotonic() < deadline:
            found = self.group()
            if len(found) >= size and found[0] != other_than:
                return found
            time.sleep(0.05)
        raise AssertionError(f"no complete worker within {within} s: {self.group()}")


def processes() -> dict[int, tuple[int, int]]:
    """(parent, process group) of every process, zombies left out."""
    found = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal():
            continue
        with suppress(OSError, IndexError, ValueError):
            fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
            if fields[0] != "Z":
                found[int(entry.name)] = (int(fields[1]), int(fields[2]))
    return found
