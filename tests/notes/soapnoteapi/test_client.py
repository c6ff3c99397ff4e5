"""The client at the HTTP door: what it sends, and what it makes of every answer."""

from __future__ import annotations

import email
import io
import json

import httpx
import pytest

from config.http import Door, Limits
from notes.soapnoteapi import errors
from notes.soapnoteapi.client import ClientLimits, SoapNoteClient
from notes.soapnoteapi.requests import NoteOptions, build_metadata, build_note_request
from tests.config.http.wireserver import plain, wire_server

BASE = "https://api.soapnoteapi.com"
KEY = "snapi_sk_test_0123456789abcdef"
NOTE = {"noteId": "n1", "subjective": "Cough.", "objective": "", "assessment": "Cold.", "plan": "Rest."}
QUICK = Limits(read=0.2, total=2, pulse=0.01)


@pytest.fixture
def client() -> SoapNoteClient:
    return SoapNoteClient(f"{BASE}/", f" {KEY} \n")


def upload(client: SoapNoteClient, **more):
    defaults = {
        "filename": "visit.webm",
        "media_type": "audio/webm",
        "metadata": build_metadata(NoteOptions("physician")),
    }
    return client.upload_audio(io.BytesIO(b"\x1aE\xdf\xa3audio"), **defaults | more)


def parts_of(request: httpx.Request):
    head = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
    return email.message_from_bytes(head + request.content).get_payload()


def test_an_upload_is_the_guides_two_parts_and_nothing_else(client, httpx_mock):
    httpx_mock.add_response(
        method="PUT",
        url=f"{BASE}/v1/note/audio",
        status_code=202,
        json={"noteId": "n1", "status": "processing"},
        match_headers={"Authorization": f"Bearer {KEY}"},
    )
    answer = upload(client)
    assert (answer.note_id, answer.status, answer.note) == ("n1", "processing", None)
    audio, metadata = parts_of(httpx_mock.get_request())
    assert audio["Content-Disposition"] == 'form-data; name="audio"; filename="visit.webm"'
    assert audio.get_content_type() == "audio/webm"
    assert audio.get_payload(decode=True) == b"\x1aE\xdf\xa3audio"
    assert metadata["Content-Disposition"] == 'form-data; name="metadata"'
    assert metadata.get_content_type() == "application/json"
    assert json.loads(metadata.get_payload()) == {"specialty": "physician"}


def test_a_short_recording_is_answered_with_the_note(client, httpx_mock):
    httpx_mock.add_response(json=NOTE)
    answer = upload(client)
    assert answer.note is not None
    assert answer.note.sections["plan"] == "Rest."


def test_a_typed_note(client, httpx_mock):
    httpx_mock.add_response(method="POST", url=f"{BASE}/v1/note", json=NOTE)
    request = build_note_request(
        "Patient reports a cough for three days, no fever, clear lungs.", NoteOptions("ems")
    )
    assert client.create_note(request).note_id == "n1"
    assert json.loads(httpx_mock.get_request().content) == request
    assert httpx_mock.get_request().headers["content-type"] == "application/json"


def test_status_and_note_by_an_id_that_needs_quoting(client, httpx_mock):
    httpx_mock.add_response(url=f"{BASE}/v1/audio/status/a%2F..%3Fb", json={"status": "completed"})
    httpx_mock.add_response(url=f"{BASE}/v1/note/a%2F..%3Fb", json=NOTE | {"noteId": "a/..?b"})
    assert client.status("a/..?b").state == "completed"
    assert client.note("a/..?b").note_id == "a/..?b"


@pytest.mark.parametrize("note_id", ["", ".", ".."])
def test_an_id_that_would_name_another_path_is_refused(client, note_id):
    with pytest.raises(errors.InvalidRequest):
        client.note(note_id)


def test_specialties_are_asked_for_without_the_key(client, httpx_mock):
    httpx_mock.add_response(url=f"{BASE}/v1/specialties", json={"specialties": [{"id": "ems"}]})
    assert [offer.id for offer in client.specialties()] == ["ems"]
    assert "authorization" not in httpx_mock.get_request().headers


def test_a_running_note_is_not_a_note_yet(client, httpx_mock):
    httpx_mock.add_response(json={"noteId": "n1", "status": "processing"})
    with pytest.raises(errors.BadAnswer) as caught:
        client.note("n1")
    assert (caught.value.code, caught.value.retryable) == ("NO_NOTE", True)


def test_somebody_elses_note_is_not_taken(client, httpx_mock):
    httpx_mock.add_response(json=NOTE)
    with pytest.raises(errors.BadAnswer) as caught:
        client.note("n2")
    assert (caught.value.code, caught.value.retryable) == ("ANOTHER_NOTE", False)


@pytest.mark.parametrize("body", [b"", b"<html>ok</html>", b'{"noteId"', b"[]", b"{}", b'{"noteId": ""}'])
def test_after_a_2xx_an_upload_is_never_sent_again(client, httpx_mock, body):
    httpx_mock.add_response(content=body)
    with pytest.raises(errors.BadAnswer) as caught:
        upload(client)
    assert (caught.value.retryable, caught.value.ambiguous) == (False, True)


def test_a_garbled_answer_to_a_question_may_be_asked_again(client, httpx_mock):
    httpx_mock.add_response(content=b"<html>maintenance</html>")
    with pytest.raises(errors.BadAnswer) as caught:
        client.status("n1")
    assert (caught.value.retryable, caught.value.ambiguous) == (True, False)


def test_refusals_carry_code_status_and_wait(client, httpx_mock):
    httpx_mock.add_response(
        status_code=429, headers={"Retry-After": "7"}, json={"error": {"code": "RATE_LIMIT_EXCEEDED"}}
    )
    with pytest.raises(errors.RateLimited) as caught:
        upload(client)
    assert (caught.value.retry_after_seconds, caught.value.http_status) == (7.0, 429)
    assert caught.value.ambiguous is False


@pytest.mark.parametrize(
    "key", ["", "short", "snapi_sk_live_\x00\x00\x00", "snapi_sk_live_é", "a b c d e f g"]
)
def test_an_unusable_key_is_an_account_problem_before_anything_is_sent(key, httpx_mock):
    with pytest.raises(errors.KeyRejected):
        SoapNoteClient(BASE, key).status("n1")
    assert httpx_mock.get_requests() == []


@pytest.mark.parametrize(
    "base", ["http://api.soapnoteapi.com", "https://127.0.0.1:1", "", "https://u:p@api.soapnoteapi.com"]
)
def test_an_address_that_may_not_be_called_is_an_account_problem(base, httpx_mock):
    with pytest.raises(errors.AddressProblem) as caught:
        SoapNoteClient(base, KEY).status("n1")
    assert caught.value.account_wide
    assert httpx_mock.get_requests() == []


@pytest.mark.parametrize(
    "named", [{"media_type": "audio/webm\r\nX-Injected: 1"}, {"filename": 'a"\r\n'}, {"filename": "../x"}]
)
def test_a_part_that_could_break_the_request_is_refused(client, httpx_mock, named):
    with pytest.raises(errors.InvalidRequest):
        upload(client, **named)
    assert httpx_mock.get_requests() == []


def test_withdrawn_consent_stops_an_upload_before_it_starts(client, httpx_mock):
    with pytest.raises(errors.Withdrawn) as caught:
        upload(client, should_abort=lambda: True)
    assert caught.value.ambiguous is False
    assert httpx_mock.get_requests() == []


def against(server, **options) -> SoapNoteClient:
    limits = ClientLimits(QUICK, QUICK, QUICK)
    return SoapNoteClient(server.origin, KEY, allowed_origins=[server.origin], limits=limits, **options)


def test_silence_after_an_upload_leaves_open_whether_a_note_exists():
    with (
        wire_server(lambda _c, _h: server.release.wait(10)) as server,
        pytest.raises(errors.AnswerLost) as caught,
    ):
        upload(against(server))
    assert caught.value.ambiguous
    assert caught.value.retryable


def test_silence_after_a_question_leaves_nothing_open():
    with (
        wire_server(lambda _c, _h: server.release.wait(10)) as server,
        pytest.raises(errors.AnswerLost) as caught,
    ):
        against(server).status("n1")
    assert caught.value.ambiguous is False


def test_half_an_answer_to_an_upload_leaves_open_whether_a_note_exists():
    half = b'HTTP/1.1 202 Accepted\r\nContent-Length: 60\r\n\r\n{"noteId": "n'
    with wire_server(half) as server, pytest.raises(errors.AnswerLost) as caught:
        upload(against(server))
    assert caught.value.ambiguous


def test_nobody_there_means_nothing_was_made():
    with wire_server(plain(b"")) as server:
        pass
    with pytest.raises(errors.Unreachable) as caught:
        upload(against(server))
    assert caught.value.ambiguous is False


def test_a_ready_made_door_is_used():
    with wire_server(plain(json.dumps(NOTE).encode())) as server:
        client = SoapNoteClient(server.origin, KEY, door=Door(allowed_origins=[server.origin]))
        assert client.note("n1").note_id == "n1"
    assert f"authorization: bearer {KEY}".encode() in server.heads[0].lower()


def test_progress_is_reported():
    seen: list[int] = []
    with wire_server(plain(b'{"noteId": "n1"}')) as server:
        upload(against(server), on_progress=seen.append)
    assert seen[-1] == len(server.bodies[0])
