from __future__ import annotations

import json
import uuid

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from consent.models import AuditEvent
from tests.factories.encounters import EncounterFactory
from tests.factories.notes import NoteFactory
from tests.notes.filing.test_filing import amend

pytestmark = pytest.mark.django_db


def test_the_latest_version_is_served_as_stored(caller, file_notes) -> None:
    note = file_notes(1)[0]
    assert caller.note(note).content.decode() == note.documents.get().body
    amend(note)
    answer = caller.note(note)
    assert answer.json()["version"] == 2
    assert answer.content.decode() == note.documents.get(version=2).body


def test_an_etag_saves_reading_again_until_the_note_changes(caller, file_notes) -> None:
    note = file_notes(1)[0]
    first = caller.note(note)
    etag = first["ETag"]
    assert first["Cache-Control"] == "private, no-cache"
    for given in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        again = caller.note(note, **{"If-None-Match": given})
        assert (again.status_code, again.content, again["ETag"]) == (304, b"", etag)
    for given in ('"other"', etag.strip('"'), ""):
        assert caller.note(note, **{"If-None-Match": given}).status_code == 200
    amend(note)
    changed = caller.note(note, **{"If-None-Match": etag})
    assert (changed.status_code, changed["ETag"] != etag) == (200, True)


def test_reading_is_audited_with_patient_and_version(caller, ours, file_notes) -> None:
    note = file_notes(1)[0]
    caller.note(note)
    event = AuditEvent.objects.get(action="api.note_read")
    assert (event.patient_id, event.encounter_id, event.actor_id) == (
        note.patient_id,
        note.encounter_id,
        str(ours.pk),
    )
    assert json.loads(event.data) == {"note": str(note.pk), "version": 1, "interaction": "read"}


def test_a_foreign_an_unfiled_and_a_made_up_note_cannot_be_told_apart(caller, practice, foreign_note) -> None:
    unfiled = NoteFactory(encounter=EncounterFactory(practice=practice), signed=True)
    caller.notes()
    answers, queries = [], []
    for pk in (foreign_note.pk, unfiled.pk, uuid.uuid4()):
        with CaptureQueriesContext(connection) as seen:
            answers.append(caller.client.get(f"/api/v1/notes/{pk}", headers={"X-Request-Id": "same-request"}))
        queries.append(len(seen))
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    assert len({tuple(sorted(answer.headers.keys())) for answer in answers}) == 1
    assert len(set(queries)) == 1
    assert AuditEvent.objects.filter(action="api.note_read", outcome="refused").count() == 3


def test_a_query_parameter_is_refused_here(caller, file_notes) -> None:
    note = file_notes(1)[0]
    assert caller.get(f"/api/v1/notes/{note.pk}", version="1").status_code == 400


@pytest.mark.parametrize(
    "path", ["/api/", "/api/v1/", "/api/v1/notes/", "/api/v1/notes/x", "/api/v2/notes", "/api/v1/nothing"]
)
def test_other_addresses_are_problems_too_and_never_redirects(path) -> None:
    answer = Client().get(path)
    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"
    assert answer["X-Request-Id"] == answer.json()["request_id"]
