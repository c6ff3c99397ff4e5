"""`manage.py sandbox` as people run it: refused outside a demo, and nothing lost when it is killed."""

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

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command

from notes.demo import consultation
from tests.notes.sandbox.running import KEY, SECRET, Client, Receiver

ROOT = Path(__file__).resolve().parent.parent.parent.parent
pytestmark = pytest.mark.slow


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


@pytest.fixture
def config_file(tmp_path: Path, receiver: Receiver) -> Path:
    path = tmp_path / "sandbox.json"
    hook = {"api_key": KEY, "webhook_url": receiver.url, "webhook_secret": SECRET, "profile": "body-hex"}
    cache = Path(tempfile.gettempdir()) / "countersign-speech-model"
    data = {
        "state_dir": str(tmp_path / "state"),
        "port": 0,
        "accounts": [hook],
        "model_cache_dir": str(cache),
    }
    path.write_text(json.dumps(data))
    return path


def test_outside_a_demo_deployment_it_refuses_to_start(settings: LazySettings, tmp_path: Path) -> None:
    settings.DEMO = False

    with pytest.raises(CommandError, match="not for real patients"):
        call_command("sandbox", state_dir=tmp_path / "state")

    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "not valid JSON"),
        ("[]", "JSON object"),
        ("{}", "state_dir"),
        ('{"state_dir": "x", "colour": 1}', "colour"),
        ('{"state_dir": "x", "port": 99999}', "port"),
        (
            '{"state_dir": "x", "accounts": [{"webhook_url": "ftp://x", "webhook_secret": "s"}]}',
            "webhook_url",
        ),
        ('{"state_dir": "x", "accounts": [{"webhook_url": "http://x"}]}', "webhook_secret"),
    ],
)
def test_a_wrong_configuration_is_named_before_anything_starts(
    settings: LazySettings, tmp_path: Path, content: str, said: str
) -> None:
    settings.DEMO = True
    path = tmp_path / "sandbox.json"
    path.write_text(content)

    with pytest.raises(CommandError, match=said):
        call_command("sandbox", config=path)


@pytest.mark.speech
def test_killed_in_the_middle_of_a_recording_it_finishes_it_after_the_restart_exactly_once(
    config_file: Path, receiver: Receiver
) -> None:
    with process(config_file) as first:
        before = Client(first.log("listening")["address"])
        first.log("model_loaded")
        accepted = before.upload(consultation.RECORDING)
        note_id = json.loads(accepted.body)["noteId"]
        first.kill()
    with process(config_file) as second:
        after = Client(second.log("listening")["address"])
        assert second.log("job")["outcome"] == "completed"
        ((_, body),) = receiver.wait_for(1)
        note = after.note(note_id)
        second.log("webhook")
        second.kill(signal.SIGTERM)

    assert accepted.status == 202
    assert "muscle strain" in note["assessment"]
    assert json.loads(body)["note_id"] == note_id
    assert len(receiver.received) == 1
