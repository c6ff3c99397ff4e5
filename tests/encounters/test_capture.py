"""The server's side of a recording made in the browser."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import av
import pytest
from django.test import Client
from django.utils import timezone

from consent.models import AuditEvent
from encounters.models import Encounter, Recording, RecordingSlice
from encounters.services.capture_finishing import digest_of
from encounters.services.capture_interrupted import finish_interrupted_captures
from encounters.services.capturing import LARGEST_SLICE, SentSlice, capture_take
from encounters.services.recordings import open_recording, purge_abandoned_uploads
from notes.models import Submission
from tests.encounters.vendors.test_parts import encoded
from tests.factories.consent import ConsentFactory
from tests.factories.encounters import EncounterFactory, ParticipantFactory

WEBM = encoded("libopus", "webm", seconds=8.0)
CUT = 5_000


@pytest.fixture
def visit(practice: Any, clinician: Any) -> Encounter:
    return EncounterFactory(practice=practice, provider=clinician, consented=True, agreement=True)


@pytest.fixture
def client(client_of: Any, clinician: Any) -> Client:
    return client_of(clinician)


def begin(client: Client, visit: Encounter) -> dict[str, Any]:
    answer = client.post(f"/encounters/{visit.pk}/capture/")
    assert answer.status_code == 201, answer.content
    return answer.json()


def cut(data: bytes) -> list[bytes]:
    return [data[start : start + CUT] for start in range(0, len(data), CUT)]


def put(client: Client, session: dict[str, Any], segment: int, number: int, data: bytes, **how: str) -> Any:
    digest = base64.b64encode(hashlib.sha256(data).digest()).decode()
    headers = {"Content-Digest": f"sha-256=:{digest}:", "Accept": "application/json", **how}
    url = f"{session['url']}{segment}/{number}"
    return client.put(url, data, content_type="application/octet-stream", headers=headers)


def claim(*segments: list[bytes], **how: Any) -> dict[str, Any]:
    return {
        "segments": [
            {
                "segment": number,
                "slices": len(slices),
                "sha256": digest_of(hashlib.sha256(each).hexdigest() for each in slices),
                "mime": "audio/webm;codecs=opus",
                "duration_ms": 8000,
            }
            for number, slices in enumerate(segments)
        ],
        "ended_reason": "stopped",
        **how,
    }


def finish(client: Client, session: dict[str, Any], *segments: list[bytes], **how: Any) -> Any:
    body = json.dumps(claim(*segments, **how))
    return client.post(session["finish"], body, content_type="application/json")


def seconds_of(recording: Recording) -> float:
    with open_recording(recording) as reader, av.open(io.BytesIO(reader.read())) as container:
        return sum(frame.samples / frame.sample_rate for frame in container.decode(audio=0))


def files_of(folder: Any) -> list[Any]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_slices_in_any_order_and_more_than_once_become_the_recording(
    client: Client, visit: Encounter, django_capture_on_commit_callbacks: Any
) -> None:
    session = begin(client, visit)
    slices = cut(WEBM)
    order = list(range(len(slices))) * 2
    random.Random(4).shuffle(order)
    for number in order:
        answer = put(client, session, 0, number, slices[number])
        assert answer.status_code == 200
        assert answer.json()["sha256"] == hashlib.sha256(slices[number]).hexdigest()
    with django_capture_on_commit_callbacks(execute=True):
        done = finish(client, session, slices)
    assert done.json() == {"state": "stored", "next": f"/encounters/{visit.pk}/"}
    recording = Recording.objects.get()
    assert (recording.source, recording.bytes, recording.problem) == ("browser", len(WEBM), "")
    with open_recording(recording) as reader:
        assert reader.read() == WEBM
    assert Submission.objects.filter(encounter=visit).count() == 1
    assert json.loads(AuditEvent.objects.get(action="capture.finished").data)["segments"] == 1
    assert finish(client, session, slices).json()["state"] == "stored"
    assert Submission.objects.count() == 1


def test_segments_are_joined_in_their_order(client: Client, visit: Encounter) -> None:
    session = begin(client, visit)
    segments = [cut(encoded("libopus", "webm", seconds=each)) for each in (6.0, 7.0)]
    for number in (1, 0):
        for place, data in enumerate(segments[number]):
            put(client, session, number, place, data)
    assert finish(client, session, *segments).json()["state"] == "stored"
    assert seconds_of(Recording.objects.get()) == pytest.approx(13, abs=0.2)


def test_other_bytes_for_the_same_place_are_refused_and_nothing_is_lost(
    client: Client, visit: Encounter
) -> None:
    session = begin(client, visit)
    slices = cut(WEBM)
    for number, data in enumerate(slices):
        put(client, session, 0, number, data)
    answer = put(client, session, 0, 1, b"other" * 100)
    assert (answer.status_code, answer.json()["code"]) == (409, "slice_differs")
    assert finish(client, session, slices).json()["state"] == "stored"


def test_a_missing_slice_in_the_middle_is_named(client: Client, visit: Encounter) -> None:
    session = begin(client, visit)
    slices = cut(WEBM)
    for number, data in enumerate(slices):
        if number != 3:
            put(client, session, 0, number, data)
    answer = finish(client, session, slices)
    assert (answer.status_code, answer.json()["code"]) == (409, "slices_missing")
    assert answer.json()["missing"] == [[0, 3]]
    assert Recording.objects.get().state == "receiving"
    put(client, session, 0, 3, slices[3])
    assert finish(client, session, slices).json()["state"] == "stored"


def test_what_the_browser_does_not_claim_is_not_swept_in(client: Client, visit: Encounter) -> None:
    session = begin(client, visit)
    slices = cut(WEBM)
    for number, data in enumerate(slices):
        put(client, session, 0, number, data)
    put(client, session, 1, 0, slices[0])
    assert finish(client, session, slices).json()["code"] == "slices_differ"
    assert finish(client, session, slices[:-1], [slices[0]]).json()["code"] == "slices_differ"
    assert finish(client, session, ended_reason="stopped").json()["code"] == "nothing_recorded"


def test_a_recorder_that_was_killed_as_it_began_does_not_spoil_the_rest(
    client: Client, visit: Encounter
) -> None:
    session = begin(client, visit)
    slices, stub = cut(WEBM), [WEBM[:200]]
    for number, data in enumerate(slices):
        put(client, session, 0, number, data)
    put(client, session, 1, 0, stub[0])
    assert finish(client, session, slices, stub).json()["state"] == "stored"
    recording = Recording.objects.get()
    assert recording.problem_code == "incomplete" and "left out" in recording.problem
    assert seconds_of(recording) == pytest.approx(8, abs=0.2)
    assert AuditEvent.objects.filter(action="capture.segment_dropped").count() == 1


def test_the_session_is_resumed_with_what_is_there(client: Client, visit: Encounter) -> None:
    session = begin(client, visit)
    slices = cut(WEBM)
    put(client, session, 0, 0, slices[0])
    put(client, session, 2, 0, slices[0])
    again = begin(client, visit)
    assert (again["session"], again["key"]) == (session["session"], session["key"])
    assert len(base64.b64decode(session["key"])) == 32
    digest = hashlib.sha256(slices[0]).hexdigest()
    assert again["received"] == {"0": {"0": digest}, "2": {"0": digest}}
    assert client.get(session["url"]).json() == again
    assert Recording.objects.count() == 1


def test_keys_differ_between_sessions_and_end_with_the_audio(client: Client, visit: Encounter) -> None:
    first = begin(client, visit)
    put(client, first, 0, 0, cut(WEBM)[0])
    assert client.post(first["discard"]).json()["state"] == "purged"
    second = begin(client, visit)
    assert second["session"] != first["session"] and second["key"] != first["key"]
    assert client.get(first["url"]).json()["key"] == ""
    assert client.post(first["discard"]).status_code == 410


@pytest.mark.parametrize("header", ["", "sha-256=:AAAA:", f"md5=:{'A' * 43}=:"])
def test_a_slice_without_its_hash_is_refused(client: Client, visit: Encounter, header: str) -> None:
    answer = put(client, begin(client, visit), 0, 0, WEBM[:CUT], **{"Content-Digest": header})
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")
    assert not RecordingSlice.objects.exists()


def test_a_slice_that_was_altered_on_its_way_leaves_nothing(
    client: Client, visit: Encounter, tmp_path: Any
) -> None:
    digest = f"sha-256=:{base64.b64encode(hashlib.sha256(b'else').digest()).decode()}:"
    answer = put(client, begin(client, visit), 0, 0, WEBM[:CUT], **{"Content-Digest": digest})
    assert (answer.status_code, answer.json()["code"]) == (400, "altered")
    assert not RecordingSlice.objects.exists() and files_of(tmp_path / "audio") == []


def test_a_slice_that_breaks_off_leaves_nothing(client: Client, visit: Encounter, clinician: Any) -> None:
    begin(client, visit)
    sent = SentSlice(0, 0, CUT, hashlib.sha256(WEBM[:CUT]).hexdigest())
    with pytest.raises(Exception, match="cut_short"):
        capture_take(recording=Recording.objects.get(), sent=sent, chunks=[WEBM[:100]], actor=clinician)
    assert not RecordingSlice.objects.exists()


@pytest.mark.parametrize(
    ("segment", "number", "length", "status"),
    [(0, 0, LARGEST_SLICE + 1, 413), (1000, 0, 5, 400), (0, 20_000, 5, 400)],
)
def test_a_slice_beyond_the_limits_is_refused(
    client: Client, visit: Encounter, segment: int, number: int, length: int, status: int
) -> None:
    answer = put(client, begin(client, visit), segment, number, b"x" * length)
    assert (answer.status_code, answer.json()["code"]) == (status, "bad_slice")


def test_what_is_no_sound_is_refused_without_touching_the_rest(client: Client, visit: Encounter) -> None:
    session = begin(client, visit)
    assert put(client, session, 0, 0, b"These are notes. " * 50).json()["code"] == "not_audio"
    assert Recording.objects.get().state == "receiving"


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "{}",
        '{"segments": [{}], "ended_reason": "stopped"}',
        '{"segments": [], "ended_reason": "<b>"}',
    ],
)
def test_a_malformed_end_is_refused(client: Client, visit: Encounter, body: str) -> None:
    answer = client.post(begin(client, visit)["finish"], body, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")


def test_a_shut_gate_begins_nothing(client: Client, practice: Any, clinician: Any) -> None:
    visit = EncounterFactory(practice=practice, provider=clinician)
    answer = client.post(f"/encounters/{visit.pk}/capture/")
    assert (answer.status_code, answer.json()["code"]) == (403, "gate_shut")
    assert not Recording.objects.exists()


def test_a_withdrawal_deletes_what_came_and_takes_nothing_more(
    client: Client, visit: Encounter, tmp_path: Any
) -> None:
    session = begin(client, visit)
    slices = cut(WEBM)
    put(client, session, 0, 0, slices[0])
    ConsentFactory(participant=visit.participants.get(), decision="withdrawn")
    assert put(client, session, 0, 1, slices[1]).status_code == 403
    recording = Recording.objects.get()
    assert (recording.state, recording.problem_code) == ("rejected", "no_consent")
    assert files_of(tmp_path / "audio") == []
    assert put(client, session, 0, 2, slices[2]).status_code == 410
    assert finish(client, session, slices).status_code == 410


def test_somebody_who_joins_holds_the_capture_up_without_losing_it(client: Client, visit: Encounter) -> None:
    session = begin(client, visit)
    slices = cut(WEBM)
    put(client, session, 0, 0, slices[0])
    interpreter = ParticipantFactory(encounter=visit, role="interpreter")
    assert put(client, session, 0, 1, slices[1]).json()["code"] == "gate_shut"
    ConsentFactory(participant=interpreter)
    for number, data in enumerate(slices):
        assert put(client, session, 0, number, data).status_code == 200
    assert finish(client, session, slices).json()["state"] == "stored"


def test_nobody_else_finds_the_session(
    client: Client, client_of: Any, visit: Encounter, colleague: Any, outsider: Any
) -> None:
    session = begin(client, visit)
    for user in (colleague, outsider):
        other = client_of(user)
        assert other.get(session["url"]).status_code == 404
        assert put(other, session, 0, 0, WEBM[:CUT]).status_code == 404
        assert finish(other, session, cut(WEBM)).status_code == 404
        assert other.post(session["discard"]).status_code == 404
    theirs = begin(client_of(colleague), visit)
    assert theirs["session"] != session["session"]
    assert client_of(outsider).post(f"/encounters/{visit.pk}/capture/").status_code == 404


def test_two_senders_of_one_slice_place_it_once(
    client: Client, visit: Encounter, clinician: Any, tmp_path: Any
) -> None:
    """The second arrives while the first is on its way to storage."""
    session = begin(client, visit)
    data = cut(WEBM)[0]

    def slow() -> Iterator[bytes]:
        yield data[:100]
        assert put(client, session, 0, 0, data).status_code == 200
        yield data[100:]

    sent = SentSlice(0, 0, len(data), hashlib.sha256(data).hexdigest())
    capture_take(recording=Recording.objects.get(), sent=sent, chunks=slow(), actor=clinician)
    recording = Recording.objects.get()
    assert (recording.bytes, RecordingSlice.objects.count()) == (len(data), 1)
    assert len(files_of(tmp_path / "audio")) == 1


def later(**how: int) -> Any:
    return timezone.now() + timedelta(**how)


def test_a_capture_that_nobody_went_on_with_is_stored_as_interrupted(
    client: Client, visit: Encounter
) -> None:
    session = begin(client, visit)
    for number, data in enumerate(cut(WEBM)):
        if number != 3:
            put(client, session, 0, number, data)
    assert finish_interrupted_captures(now=later(hours=23)) == 0
    assert purge_abandoned_uploads(now=later(days=30)) == 0
    assert finish_interrupted_captures(now=later(hours=25)) == 1
    recording = Recording.objects.get()
    assert (recording.state, recording.problem_code) == ("stored", "incomplete")
    assert "within a day" in recording.problem and "1 pieces" in recording.problem
    assert finish_interrupted_captures(now=later(hours=25)) == 0


def test_an_interrupted_capture_without_a_sound_is_closed(client: Client, visit: Encounter) -> None:
    begin(client, visit)
    assert finish_interrupted_captures(now=later(hours=25)) == 1
    assert Recording.objects.get().state == "purged"


def test_an_interrupted_capture_waits_a_week_for_permission(
    client: Client, visit: Encounter, tmp_path: Any
) -> None:
    session = begin(client, visit)
    for number, data in enumerate(cut(WEBM)):
        put(client, session, 0, number, data)
    ParticipantFactory(encounter=visit, role="interpreter")
    finish_interrupted_captures(now=later(days=2))
    assert Recording.objects.get().state == "receiving"
    finish_interrupted_captures(now=later(days=8))
    assert Recording.objects.get().state == "purged" and files_of(tmp_path / "audio") == []
