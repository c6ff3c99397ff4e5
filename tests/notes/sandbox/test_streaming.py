"""`POST /v1/stream/note`: events a line at a time, signs of life, and errors that a reader can tell from an end."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable

import pytest

from config.http import json_body
from notes.soapnoteapi.sandbox import NOTICE
from notes.soapnoteapi.sandbox.errors import refusal
from notes.soapnoteapi.sandbox.streaming import note_events
from tests.notes.sandbox.running import DEADLINE, VISIT, Running, answer

NOTE: dict[str, object] = {
    "noteId": "note-1",
    "subjective": "Sore knee.\nTwo weeks – since “the fall”.",
    "objective": "",
    "assessment": "Sprain.",
    "plan": "Rest.\nIce.\n",
}


def data_of(events: Iterable[bytes]) -> list[dict[str, object]]:
    texts = [event.decode() for event in events]
    return [json.loads(text[6:]) for text in texts if text.startswith("data: {")]


def test_each_line_of_a_section_is_an_event_of_its_own_and_together_they_are_the_note() -> None:
    events = list(note_events(lambda: NOTE))

    data = data_of(events)
    assert [each["section"] for each in data] == [
        "subjective", "subjective", "objective", "assessment", "plan", "plan",
    ]  # fmt: skip
    for section in ("subjective", "objective", "assessment", "plan"):
        assert "".join(str(each["content"]) for each in data if each["section"] == section) == NOTE[section]
    assert {each["noteId"] for each in data} == {"note-1"}
    assert all(each["sandbox"] is True for each in data)
    assert data[0]["notice"] == NOTICE
    assert events[-1] == b"data: [DONE]\n\n"


def test_a_long_silence_is_filled_with_heartbeats_that_are_no_events() -> None:
    may_end = threading.Event()

    def slow() -> dict[str, object]:
        assert may_end.wait(DEADLINE)
        return NOTE

    events = note_events(slow, heartbeat=0.01)
    first = [next(events) for _ in range(4)]
    may_end.set()
    rest = list(events)

    assert all(event.startswith(b": ") and event.endswith(b"\n\n") for event in first)
    assert rest[-1] == b"data: [DONE]\n\n"


@pytest.mark.parametrize(
    ("error", "code"),
    [(ValueError("what was said"), "INTERNAL_ERROR"), (refusal(503, "Full."), "SERVICE_UNAVAILABLE")],
)
def test_what_goes_wrong_half_way_is_an_error_event_and_no_end(error: Exception, code: str) -> None:
    def failing() -> dict[str, object]:
        raise error

    events = list(note_events(failing))

    assert events[-1].startswith(b"event: error\ndata: ")
    assert json.loads(events[-1].split(b"data: ")[1])["error"]["code"] == code
    assert b"what was said" not in b"".join(events)
    assert b"data: [DONE]\n\n" not in events


def test_a_reader_who_leaves_ends_the_stream_at_once() -> None:
    may_end = threading.Event()

    def slow() -> dict[str, object]:
        assert may_end.wait(DEADLINE)
        return NOTE

    events = note_events(slow, heartbeat=0.01)
    next(events)
    events.close()  # type: ignore[attr-defined]
    may_end.set()

    assert list(events) == []


def test_the_streamed_note_is_kept_like_any_other(sandbox: Running) -> None:
    body = json_body({"transcript": VISIT, "specialty": "physician", "include_patient_summary": True})

    response = sandbox.send("POST", "/v1/stream/note", body=body, Accept="text/event-stream")

    note_id = str(data_of(part + b"\n\n" for part in response.body.split(b"\n\n"))[0]["noteId"])
    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.headers["cache-control"] == "no-store"
    assert "patient_summary" in sandbox.note(note_id)


def test_what_is_wrong_with_a_request_is_told_before_a_stream_begins(sandbox: Running) -> None:
    refused = sandbox.send("POST", "/v1/stream/note", body=json_body({"transcript": "short"}))
    keyless = sandbox.send("POST", "/v1/stream/note", key=None, body=json_body({}))
    wrong = sandbox.send("GET", "/v1/stream/note")

    assert (refused.status, keyless.status, wrong.status) == (400, 401, 405)
    assert [detail["field"] for detail in answer(refused)["error"]["details"]] == ["transcript", "specialty"]
