"""Versions and their readable forms: stable bytes, ETags, and the audit of who read what."""

from __future__ import annotations

import json

import pytest

from consent.models import AuditEvent
from notes.api import problems
from tests.factories.integrations import Caller, integration
from tests.factories.notes import retract
from tests.notes.api.test_protocol import assert_problem
from tests.notes.filing.test_filing import amend

pytestmark = pytest.mark.django_db
TYPES = {
    "txt": "text/plain; charset=utf-8",
    "html": "application/xhtml+xml; charset=utf-8",
    "pdf": "application/pdf",
}


@pytest.fixture
def note(file_notes):
    return file_notes(1)[0]


def test_every_version_stays_readable_as_it_was(caller, note) -> None:
    first = caller.note(note).content
    amend(note)
    retract(note)
    rows = caller.get(f"/api/v1/notes/{note.pk}/versions").json()["data"]
    assert [(row["version"], row["change"], row["state"]) for row in rows] == [
        (1, 1, "filed"), (2, 2, "amended"), (3, 3, "entered_in_error"),
    ]  # fmt: skip
    for row in rows:
        answer = caller.get(row["links"]["self"])
        assert answer.json()["version"] == row["version"]
        assert answer["ETag"] == row["etag"]
    assert caller.get(rows[0]["links"]["self"]).content == first
    assert caller.note(note).json()["version"] == 3


def test_a_version_that_is_not_there_is_a_404(caller, note, foreign_note) -> None:
    for path in (f"{note.pk}/versions/2", f"{foreign_note.pk}/versions/1", f"{foreign_note.pk}/versions",
                 f"{note.pk}/versions/0", f"{note.pk}/versions/99999999999", f"{note.pk}/document.doc"):  # fmt: skip
        assert_problem(caller.get(f"/api/v1/notes/{path}"), problems.NOT_FOUND)


@pytest.mark.parametrize("kind", TYPES)
def test_a_document_is_served_as_it_was_filed(caller, note, kind) -> None:
    amend(note)
    links = caller.note(note).json()["links"]
    named = {"txt": "text", "html": "html", "pdf": "pdf"}[kind]
    latest = caller.get(f"/api/v1/notes/{note.pk}/document.{kind}")
    this = caller.get(links[named])
    assert (latest.status_code, latest["Content-Type"]) == (200, TYPES[kind])
    assert latest.content == this.content
    first = caller.get(f"/api/v1/notes/{note.pk}/versions/1/document.{kind}")
    assert first.content != latest.content
    again = caller.client.get(links[named], headers={"If-None-Match": this["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert "patient" not in this["Content-Disposition"].lower()


def test_the_text_is_the_text_of_the_note(caller, note) -> None:
    text = caller.get(f"/api/v1/notes/{note.pk}/document.txt").content.decode()
    assert text == caller.note(note).json()["text"]


def test_any_accept_header_gets_the_document(practice, note) -> None:
    caller = Caller(integration(practice)[1], Accept="application/pdf")
    assert caller.get(f"/api/v1/notes/{note.pk}/document.pdf").status_code == 200


def test_reading_a_document_is_audited_with_patient_version_and_form(caller, ours, note) -> None:
    caller.client.get(
        f"/api/v1/notes/{note.pk}/versions/1/document.pdf", headers={"X-Request-Id": "pull-000042"}
    )
    event = AuditEvent.objects.get(action="api.document_read")
    assert (event.actor_id, event.patient_id, event.request_id) == (
        str(ours.pk),
        note.patient_id,
        "pull-000042",
    )
    assert event.address == "127.0.0.1"
    assert json.loads(event.data) == {
        "note": str(note.pk), "version": 1, "interaction": "vread", "format": "pdf",
    }  # fmt: skip


def test_a_foreign_document_is_refused_and_that_is_in_the_trail(caller, foreign_note) -> None:
    assert_problem(caller.get(f"/api/v1/notes/{foreign_note.pk}/document.pdf"), problems.NOT_FOUND)
    event = AuditEvent.objects.get(action="api.note_read")
    assert (event.outcome, event.patient_id) == ("refused", None)
