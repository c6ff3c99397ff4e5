"""Receipts: said once or twice they are the same; contradicting is refused; everybody sees their own only."""

from __future__ import annotations

import pytest

from consent.models import AuditEvent
from notes.api import problems
from notes.models import Receipt
from tests.factories.integrations import Caller, integration
from tests.factories.notes import retract
from tests.notes.api.test_protocol import assert_problem
from tests.notes.filing.test_filing import amend

pytestmark = pytest.mark.django_db
FILED = {"status": "filed", "external_id": "DOC-1", "at": "2026-11-20T15:27:00Z"}
REJECTED = {"status": "rejected", "error": {"code": "unknown_patient", "message": "No such record number."}}


@pytest.fixture
def key(practice) -> str:
    return integration(practice, scopes=("notes:read", "notes:ack"))[1]


@pytest.fixture
def note(file_notes):
    return file_notes(1)[0]


@pytest.fixture
def put(caller, note):
    def send(body: object, version: int = 1):
        return caller.send("PUT", f"/api/v1/notes/{note.pk}/versions/{version}/receipt", body)

    return send


def test_the_first_is_201_and_the_same_again_200(put, caller, note) -> None:
    first, again = put(FILED), put(FILED)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    told = first.json()
    assert (told["note"], told["version"], told["status"], told["external_id"], told["at"]) == (
        str(note.pk), 1, "filed", "DOC-1", "2026-11-20T15:27:00.000Z",
    )  # fmt: skip
    assert told["latest_version"] == 1
    assert Receipt.objects.count() == 1
    assert AuditEvent.objects.filter(action="integration.acknowledged").count() == 1
    read = caller.get(f"/api/v1/notes/{note.pk}/versions/1/receipt").json()
    assert read == {name: value for name, value in told.items() if name != "latest_version"}


@pytest.mark.parametrize(
    "story",
    [["received", "filed"], ["received", "rejected"], ["rejected", "filed"], ["received", "received"]],
)
def test_a_receipt_goes_on(put, story) -> None:
    assert [put({"status": status}).status_code for status in story] == [201, 200]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"status": "filed"}, {"status": "received"}),
        ({"status": "filed"}, {"status": "rejected"}),
        ({"status": "rejected"}, {"status": "received"}),
        (FILED, {**FILED, "external_id": "DOC-2"}),
        (REJECTED, {**REJECTED, "error": {"code": "other"}}),
    ],
)
def test_what_contradicts_a_final_word_is_refused_and_changes_nothing(put, before, after) -> None:
    put(before)
    stored = Receipt.objects.values().get()
    assert_problem(put(after), problems.RECEIPT_CONFLICT)
    assert Receipt.objects.values().get() == stored


def test_a_version_that_is_not_the_latest_may_be_acknowledged_and_says_so(put, note) -> None:
    amend(note)
    assert put(FILED).json()["latest_version"] == 2
    assert put(FILED, version=2).status_code == 201
    assert_problem(put(FILED, version=3), problems.NOT_FOUND)


def test_a_note_retracted_after_it_was_pulled_can_still_be_acknowledged(put, note) -> None:
    retract(note)
    assert put(FILED).status_code == 201
    assert put(FILED, version=2).status_code == 201


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ("{", ""),
        ("[]", ""),
        ('"filed"', ""),
        ({}, "/status"),
        ({"status": "lost"}, "/status"),
        ({"status": ["filed"]}, "/status"),
        ({"status": None}, "/status"),
        ({**FILED, "at": "yesterday"}, "/at"),
        ({**FILED, "at": "2026-11-20T15:27:00"}, "/at"),
        ({**FILED, "at": "0001-01-01T00:00:00+14:00"}, "/at"),
        ({**FILED, "at": "2026-13-20T15:27:00Z"}, "/at"),
        ({**FILED, "at": 1}, "/at"),
        ({**FILED, "external_id": "x" * 201}, "/external_id"),
        ({**FILED, "external_id": "\0"}, "/external_id"),
        ('{"status": "filed", "external_id": "\\ud800"}', "/external_id"),
        ({**FILED, "note/id": 1}, "/note~1id"),
        ({"status": "rejected", "error": "no"}, "/error"),
        ({"status": "rejected", "error": {}}, "/error/code"),
        ({"status": "rejected", "error": {"code": "x", "message": 1}}, "/error/message"),
        (b"\xff\xfe", ""),
    ],
)
def test_a_bad_body_is_told_where(put, body, pointer) -> None:
    answer = put(body)
    assert_problem(answer, problems.INVALID_BODY)
    assert [error["pointer"] for error in answer.json().get("errors", [{"pointer": ""}])] == [pointer]
    assert Receipt.objects.count() == 0


def test_another_type_of_body_is_415(caller, note) -> None:
    path = f"/api/v1/notes/{note.pk}/versions/1/receipt"
    answer = caller.client.put(path, "status=filed", content_type="application/x-www-form-urlencoded")
    assert_problem(answer, problems.UNSUPPORTED_MEDIA_TYPE)


def test_it_needs_its_own_scope(practice, note) -> None:
    reader = Caller(integration(practice)[1])
    answer = reader.send("PUT", f"/api/v1/notes/{note.pk}/versions/1/receipt", FILED)
    assert_problem(answer, problems.INSUFFICIENT_SCOPE)


def test_the_other_practices_note_takes_no_receipt(caller, foreign_note) -> None:
    answer = caller.send("PUT", f"/api/v1/notes/{foreign_note.pk}/versions/1/receipt", FILED)
    assert_problem(answer, problems.NOT_FOUND)


def test_each_integration_has_receipts_of_its_own(practice, put, note) -> None:
    put(FILED)
    other = Caller(integration(practice, scopes=("notes:ack",))[1])
    assert other.get(f"/api/v1/notes/{note.pk}/versions/1/receipt").status_code == 404
    assert other.get("/api/v1/receipts", state="filed").json()["data"] == []


def test_the_list_is_in_the_order_of_the_feed_and_tells_what_is_missing(caller, file_notes) -> None:
    notes = file_notes(4)
    for note, body in ((notes[0], FILED), (notes[2], REJECTED)):
        caller.send("PUT", f"/api/v1/notes/{note.pk}/versions/1/receipt", body)

    def states(**query: object) -> list[tuple[int, str]]:
        found, after = [], {}
        while True:
            page = caller.get("/api/v1/receipts", limit=1, **query, **after).json()
            found += [(row["change"], row["status"]) for row in page["data"]]
            after = {"after": page["next_cursor"]}
            if not page["has_more"]:
                return found

    assert states() == [(1, "filed"), (2, "missing"), (3, "rejected"), (4, "missing")]
    assert states(state="missing") == [(2, "missing"), (4, "missing")]
    assert states(state="rejected") == [(3, "rejected")]
    row = caller.get("/api/v1/receipts", state="rejected").json()["data"][0]
    assert row["error"] == REJECTED["error"]
    bad = caller.get("/api/v1/receipts", state="lost")
    assert_problem(bad, problems.INVALID_PARAMETER)


def test_a_cursor_of_the_feed_is_none_of_the_receipts(caller, note) -> None:
    cursor = caller.notes().json()["next_cursor"]
    assert_problem(caller.get("/api/v1/receipts", after=cursor), problems.INVALID_CURSOR)
