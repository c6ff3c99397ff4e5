"""Clients that know nothing of this repository, written after the samples of the vendor's public pages.

Each takes a real recording through upload, status and note against the sandbox as it is started by hand; only the
base URL and the key are not the vendor's. What works here proves nothing about the vendor's own service.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import requests
from playwright._impl._driver import compute_driver_executable

from notes.demo import consultation
from tests.notes.sandbox.processes import process, write_config
from tests.notes.sandbox.recordings import write
from tests.notes.sandbox.running import KEY, SECRET, VISIT, Receiver, until

pytestmark = [pytest.mark.slow, pytest.mark.speech]

SAMPLES = Path(__file__).with_name("samples")
# The browser tests' own Node.js, so that the machine needs none.
NODE = compute_driver_executable()[0]
RATE = 16_000
HEADERS = {"Authorization": f"Bearer {KEY}"}


@pytest.fixture(scope="module")
def hooks() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory, hooks: Receiver) -> Iterator[str]:
    """The address of a sandbox that is its own process."""
    with process(write_config(tmp_path_factory.mktemp("sandbox"), hooks.url)) as started:
        yield str(started.log("listening")["address"])


@pytest.fixture(scope="module")
def opening() -> np.ndarray:
    """The first twelve seconds of the demo consultation."""
    resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
    with av.open(str(consultation.RECORDING)) as container:
        blocks = [
            out.to_ndarray()[0] for frame in container.decode(audio=0) for out in resampler.resample(frame)
        ]
    return np.concatenate(blocks)[: 12 * RATE]


def verified(delivery: tuple[dict[str, str], bytes]) -> dict[str, Any]:
    """The event, its signature checked with nothing but the standard library."""
    headers, body = delivery
    signature = {name.lower(): value for name, value in headers.items()}["x-soapnoteapi-signature"]
    assert hmac.compare_digest(signature, hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest())
    event: dict[str, Any] = json.loads(body)
    return event


def delivered(hooks: Receiver, note_id: str) -> dict[str, Any]:
    """The verified webhook about one note, as soon as it has come."""
    found: list[dict[str, Any]] = []

    def has_come() -> bool:
        found[:] = [event for event in map(verified, hooks.wait_for(0)) if event["note_id"] == note_id]
        return bool(found)

    until(has_come)
    return found[0]


def polled(base: str, note_id: str) -> dict[str, Any]:
    """The status of a job that has ended, asked for as the samples do."""
    tick = threading.Event()
    while True:
        status: dict[str, Any] = requests.get(
            f"{base}/v1/audio/status/{note_id}", headers=HEADERS, timeout=30
        ).json()
        if status["status"].lower() in {"completed", "failed"}:
            return status
        tick.wait(0.2)


def assert_is_the_visit(note: dict[str, Any]) -> None:
    sections = [note[section] for section in ("subjective", "objective", "assessment", "plan")]
    assert all(isinstance(section, str) for section in sections)
    assert "back" in " ".join(sections).lower()
    assert note["expires_at"].endswith("Z")


def node(sample: str, base: str, **given: str) -> list[dict[str, Any]]:
    done = subprocess.run(
        [NODE, str(SAMPLES / sample)],
        env={"SOAPNOTEAPI_BASE_URL": base, "SOAPNOTEAPI_KEY": KEY, **given},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture
def curl() -> Callable[..., str]:
    """curl(arguments…): what it printed."""
    found = shutil.which("curl")
    if found is None:
        pytest.skip("left out: curl is not installed")

    def ran(*arguments: str) -> str:
        command = [found, "--silent", "--show-error", "--max-time", "60", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    return ran


def test_the_python_backend_of_the_guide_gets_its_note_and_its_webhook(
    base: str, hooks: Receiver, opening: np.ndarray, tmp_path: Path
) -> None:
    recording_bytes = write(tmp_path / "call.mp3", opening, RATE).read_bytes()
    metadata = json.dumps(
        {
            "specialty": "nurse_practitioner",
            "context": {
                "patient_info": {"name": "Jane Doe", "age": 45},
                "patient_history": "Follow-up for hypertension management.",
            },
            "include_billing_codes": True,
        }
    )

    response = requests.put(
        f"{base}/v1/note/audio",
        headers=HEADERS,
        files={
            "audio": ("call-4711.mp3", recording_bytes, "audio/mpeg"),
            "metadata": (None, metadata, "application/json"),
        },
        timeout=60,
    )
    note_id = response.json()["noteId"]
    status = polled(base, note_id)
    note = requests.get(f"{base}/v1/note/{note_id}", headers=HEADERS, timeout=30).json()
    event = delivered(hooks, note_id)

    assert response.status_code == 202
    assert status["status"] == "completed"
    assert_is_the_visit(note)
    assert "billing_codes" in note
    assert (event["event"], event["status"]) == ("note.generated", "completed")
    assert event["data"]["noteId"] == note_id
    assert event["data"]["subjective"] == note["subjective"]


def test_the_node_backend_of_the_guide_gets_its_note(
    base: str, hooks: Receiver, opening: np.ndarray, tmp_path: Path
) -> None:
    recording = write(tmp_path / "call.mp3", opening, RATE).read_bytes()
    address = "data:audio/mpeg;base64," + base64.b64encode(recording).decode()

    accepted, status, note = node("backend.mjs", base, RECORDING_URL=address)

    assert accepted["http"] == 202
    assert status["status"] == "completed"
    assert note["noteId"] == accepted["noteId"]
    assert_is_the_visit(note)
    assert delivered(hooks, note["noteId"])["event"] == "note.generated"


def test_curl_with_form_fields_gets_its_note(
    base: str, opening: np.ndarray, tmp_path: Path, curl: Callable[..., str]
) -> None:
    recording = write(tmp_path / "telehealth session.webm", opening, RATE)
    key = ["-H", f"Authorization: Bearer {KEY}"]

    accepted = json.loads(
        curl(
            "-X", "PUT", f"{base}/v1/note/audio", *key,
            "-F", f"audio=@{recording}",
            "-F", 'metadata={"specialty":"physician","include_transcript":true}',
        )
    )  # fmt: skip
    polled(base, accepted["noteId"])
    note = json.loads(curl(f"{base}/v1/note/{accepted['noteId']}", *key))

    assert_is_the_visit(note)
    assert note["transcript"][0]["start"] is not None


def test_the_older_posts_flat_form_gets_its_note(base: str, opening: np.ndarray, tmp_path: Path) -> None:
    with write(tmp_path / "visit.m4a", opening, RATE).open("rb") as recording:
        accepted = requests.post(
            f"{base}/v1/note/audio",
            headers=HEADERS,
            files={"audio": recording},
            data={"specialty": "physician"},
            timeout=60,
        ).json()

    polled(base, accepted["noteId"])
    assert_is_the_visit(
        requests.get(f"{base}/v1/note/{accepted['noteId']}", headers=HEADERS, timeout=30).json()
    )


def test_a_typed_note_and_the_branching_on_error_codes_work_as_published(base: str) -> None:
    made = requests.post(
        f"{base}/v1/note", headers=HEADERS, json={"transcript": VISIT, "specialty": "physician"}, timeout=90
    )
    refused = requests.post(f"{base}/v1/note", headers=HEADERS, json={"transcript": VISIT}, timeout=90)
    unknown = requests.get(
        f"{base}/v1/note/a1b2c3d4-e5f6-7890-abcd-ef1234567890", headers=HEADERS, timeout=30
    )
    listed = requests.get(f"{base}/v1/specialties", timeout=30)

    assert made.status_code == 200
    assert {"noteId", "subjective", "objective", "assessment", "plan", "expires_at"} <= set(made.json())
    assert refused.json()["error"]["code"] == "VALIDATION_ERROR"
    assert refused.json()["error"]["details"][0]["field"] == "specialty"
    assert unknown.json()["error"]["code"] == "NOT_FOUND"
    assert len(listed.json()["specialties"]) == 24


def test_a_reader_of_event_streams_gets_the_note_section_by_section(base: str) -> None:
    (streamed,) = node("streaming.mjs", base, TRANSCRIPT=VISIT)
    whole = requests.post(
        f"{base}/v1/note", headers=HEADERS, json={"transcript": VISIT, "specialty": "physician"}, timeout=90
    ).json()

    assert streamed["http"] == 200
    assert streamed["type"].startswith("text/event-stream")
    assert streamed["done"] is True
    assert streamed["sections"] == {
        name: whole[name] for name in ("subjective", "objective", "assessment", "plan")
    }


def test_curl_sees_the_events_of_a_stream(base: str, curl: Callable[..., str]) -> None:
    shown = curl(
        "-N", f"{base}/v1/stream/note", "-H", f"Authorization: Bearer {KEY}",
        "-H", "Content-Type: application/json", "-H", "Accept: text/event-stream",
        "-d", json.dumps({"transcript": VISIT, "specialty": "physician"}),
    )  # fmt: skip

    assert shown.endswith("data: [DONE]\n\n")
    assert shown.count("data: {") >= 4
