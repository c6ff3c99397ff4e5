"""The sandbox's own server: what real clients put on the wire, and what a long recording costs it."""

from __future__ import annotations

import json
import wave
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.notes.sandbox.processes import Process, process, write_config
from tests.notes.sandbox.raw import BOUNDARY, Connection, chunked, form, part
from tests.notes.sandbox.recordings import write_tone
from tests.notes.sandbox.running import ADMIN, VISIT, Client, answer, until

pytestmark = pytest.mark.slow

METADATA = json.dumps(
    {"specialty": "physician", "context": {"patient_info": {"name": "Zoë Ødegård 陳"}}}
).encode()
PLAIN_METADATA = part('name="metadata"', METADATA)
QUOTED = f'content-type: multipart/form-data; boundary="{BOUNDARY}"'
BARE = f"Content-Type: multipart/form-data; boundary={BOUNDARY}"
TEXT_NOTE = json.dumps({"transcript": VISIT, "specialty": "physician"}).encode()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Process, str]]:
    with process(write_config(tmp_path_factory.mktemp("sandbox"), "http://127.0.0.1:9/")) as started:
        yield started, started.log("listening")["address"]


@pytest.fixture(scope="module")
def base(served: tuple[Process, str]) -> str:
    return served[1]


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Too short for a note, so that no test waits for the ears."""
    return write_tone(tmp_path_factory.mktemp("sound") / "visit.webm", seconds=1).read_bytes()


def put(base: str, body: bytes, *headers: str) -> tuple[int, dict[str, object]]:
    with Connection(base) as connection:
        connection.send("PUT /v1/note/audio", headers, body)
        status, _, content = connection.answer()
    return status, json.loads(content)


def test_lower_case_headers_and_a_quoted_boundary(base: str, sound: bytes) -> None:
    body = form(part('name="audio"; filename="visit.webm"', sound, "audio/webm;codecs=opus"), PLAIN_METADATA)

    status, accepted = put(base, body, QUOTED, f"content-length: {len(body)}")

    assert (status, accepted["status"]) == (202, "processing")


@pytest.mark.parametrize(
    "disposition",
    [
        'name="audio"; filename="blob"',
        "name=audio; filename=visit.webm",
        'name="audio"; filename="x.webm"; filename*=UTF-8\'\'Gespr%C3%A4ch%20am%203.%20Mai.webm',
        'name="audio"; filename="Gespräch 診察.webm"',
        'name="audio"; filename="../../etc/passwd.webm"',
    ],
)
def test_every_way_to_name_the_file(base: str, sound: bytes, disposition: str) -> None:
    body = form(part(disposition, sound), PLAIN_METADATA)

    status, _ = put(base, body, BARE, f"Content-Length: {len(body)}")

    assert status == 202


def test_metadata_as_a_browsers_blob_before_the_recording(base: str, sound: bytes) -> None:
    blob = part('name="metadata"; filename="blob"', METADATA, "application/json")
    body = form(blob, part('name="audio"; filename="blob"', sound, "audio/webm"))

    status, _ = put(base, body, BARE, f"Content-Length: {len(body)}")

    assert status == 202


def test_a_recording_without_a_file_name_is_named_as_missing(base: str, sound: bytes) -> None:
    body = form(part('name="audio"', sound, "audio/webm"), PLAIN_METADATA)

    status, refused = put(base, body, BARE, f"Content-Length: {len(body)}")

    assert status == 400
    assert [detail["field"] for detail in refused["error"]["details"]] == ["audio"]


def test_a_long_recording_without_a_file_name_is_told_what_to_do(base: str, sound: bytes) -> None:
    body = form(part('name="audio"', sound + b"\0" * 6_000_000, "audio/webm"), PLAIN_METADATA)

    status, refused = put(base, body, BARE, f"Content-Length: {len(body)}")

    assert (status, refused["error"]["code"]) == (413, "PAYLOAD_TOO_LARGE")
    assert "with a file name" in refused["error"]["message"]


@pytest.mark.parametrize("size", [7, 1000, 1 << 20])
def test_a_chunked_upload_whatever_the_size_of_its_chunks(base: str, sound: bytes, size: int) -> None:
    body = form(part('name="audio"; filename="visit.webm"', sound), PLAIN_METADATA)

    status, _ = put(base, chunked(body, size), BARE, "Transfer-Encoding: chunked")

    assert status == 202


def test_a_caller_who_expects_100_continue_gets_it(base: str, sound: bytes) -> None:
    body = form(part('name="audio"; filename="visit.webm"', sound), PLAIN_METADATA)
    with Connection(base) as connection:
        connection.send("PUT /v1/note/audio", [BARE, f"Content-Length: {len(body)}", "Expect: 100-continue"])
        interim = connection.receive()
        connection.send_bytes(body)
        status, _, _ = connection.answer()

    assert interim == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert status == 202


def test_a_caller_who_leaves_in_the_middle_makes_no_job_and_leaves_no_file(base: str, sound: bytes) -> None:
    client = Client(base)

    def ledger() -> dict[str, int]:
        totals: dict[str, int] = answer(client.send("GET", "/sandbox/ledger", key=ADMIN))["totals"]
        return totals

    before = ledger().get("audio_accepted", 0)
    body = form(part('name="audio"; filename="visit.webm"', sound), PLAIN_METADATA)
    for sent, length in ((body[: len(body) // 2], len(body)), (body, len(body) + 1)):
        with Connection(base) as connection:
            connection.send("PUT /v1/note/audio", [BARE, f"Content-Length: {length}"], sent)
    status, _ = put(base, body, BARE, f"Content-Length: {len(body)}")

    assert status == 202
    assert ledger()["audio_accepted"] == before + 1


def test_one_connection_serves_several_requests_refused_ones_too(base: str, sound: bytes) -> None:
    body = form(part('name="audio"; filename="visit.txt"', sound), PLAIN_METADATA)
    with Connection(base) as connection:
        connection.send("PUT /v1/note/audio", [BARE, f"Content-Length: {len(body)}"], body)
        refused, _, _ = connection.answer()
        connection.send("HEAD /v1/specialties", [])
        head, headers, nothing = connection.answer("HEAD")
        connection.send("OPTIONS /v1/note", [])
        options, allowed, _ = connection.answer("OPTIONS")

    assert (refused, head, options) == (415, 200, 204)
    assert int(headers["content-length"]) > 100
    assert nothing == b""
    assert allowed["allow"] == "POST, OPTIONS"


def test_a_stream_comes_in_pieces_and_ends_by_itself(base: str) -> None:
    with Connection(base) as connection:
        connection.send("POST /v1/stream/note", [f"Content-Length: {len(TEXT_NOTE)}"], TEXT_NOTE)
        status, headers, body = connection.answer("POST")

    assert status == 200
    assert headers["transfer-encoding"] == "chunked"
    assert "content-length" not in headers
    assert body.startswith(b": ")
    assert body.endswith(b"data: [DONE]\n\n")


def test_callers_who_hang_up_on_their_streams_block_nobody(base: str) -> None:
    for _ in range(20):  # more than the server has threads
        with Connection(base) as connection:
            connection.send("POST /v1/stream/note", [f"Content-Length: {len(TEXT_NOTE)}"], TEXT_NOTE)
            assert connection.receive().startswith(b"HTTP/1.1 200 OK")

    assert Client(base).text().status == 200


def test_a_long_recording_is_taken_without_holding_it_in_memory(
    served: tuple[Process, str], tmp_path: Path
) -> None:
    """Fifteen minutes of 48 kHz stereo, 173 MB: the process grows by less than an eighth of that."""
    started, base = served
    path = tmp_path / "long.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((2, 2, 48_000, 0, "NONE", ""))
        for _ in range(15 * 60):
            file.writeframes(b"\0" * 4 * 48_000)
    client = Client(base)
    started.log("model_loaded")  # in the background after the start: its 200 MB are none of the recording's
    until(lambda: _is_idle(client))
    before = _peak(started)

    response = client.upload(path, metadata={"specialty": "wizard"})

    assert response.status == 400
    assert path.stat().st_size > 172_000_000
    assert _peak(started) - before < 20 * 1024


def _is_idle(client: Client) -> bool:
    ledger = answer(client.send("GET", "/sandbox/ledger", key=ADMIN))
    return "processing" not in ledger["jobs_by_status"]


def _peak(started: Process) -> int:
    """The most memory, in KiB, that any process of the sandbox had resident so far."""
    children = Path(f"/proc/{started.pid}/task/{started.pid}/children").read_text().split()
    peaks = []
    for pid in (str(started.pid), *children):
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        peaks += [int(line.split()[1]) for line in lines if line.startswith("VmHWM")]
    return max(peaks)
