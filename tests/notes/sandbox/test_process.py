"""`manage.py sandbox` as people run it: refused outside a demo, and nothing lost when it is killed."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command

from notes.demo import consultation
from tests.notes.sandbox.processes import process, write_config
from tests.notes.sandbox.running import Client, Receiver

pytestmark = pytest.mark.slow


@pytest.fixture
def config_file(tmp_path: Path, receiver: Receiver) -> Path:
    return write_config(tmp_path, receiver.url)


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
