"""`manage.py sandbox` as a process of its own: gunicorn, its threads, and the real ears."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.notes.sandbox.running import ADMIN, KEY, SECRET

ROOT = Path(__file__).resolve().parent.parent.parent.parent
MODEL_CACHE = Path(tempfile.gettempdir()) / "countersign-speech-model"


class Process:
    """The command with its log, read line by line."""

    def __init__(self, config: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(ROOT / "manage.py"), "sandbox", "--config", str(config)],
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "DEMO": "1"},
            start_new_session=True,
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    def log(self, step: str) -> dict[str, Any]:
        assert self._process.stderr
        for line in self._process.stderr:
            if line.startswith("{") and (entry := json.loads(line))["step"] == step:
                return dict(entry)
        raise AssertionError(f"the sandbox ended without logging {step}")

    def kill(self, how: signal.Signals = signal.SIGKILL) -> None:
        if self._process.poll() is None:
            os.killpg(self._process.pid, how)
        self._process.wait(30)
        assert self._process.stderr
        self._process.stderr.close()


@contextmanager
def process(config: Path) -> Iterator[Process]:
    started = Process(config)
    try:
        yield started
    finally:
        started.kill()


def write_config(folder: Path, webhook_url: str, **settings: object) -> Path:
    """A configuration file for a free port, one account and the packaged model."""
    hook = {"api_key": KEY, "webhook_url": webhook_url, "webhook_secret": SECRET, "profile": "body-hex"}
    data = {
        "state_dir": str(folder / "state"),
        "port": 0,
        "admin_token": ADMIN,
        "accounts": [hook],
        "model_cache_dir": str(MODEL_CACHE),
        **settings,
    }
    path = folder / "sandbox.json"
    path.write_text(json.dumps(data))
    return path
