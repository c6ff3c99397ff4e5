from __future__ import annotations

import datetime as dt
import hashlib
import json

import pytest
from django.core.exceptions import PermissionDenied
from django.db import Error, connection, transaction
from django.utils import timezone

from consent.models import AuditEvent
from consent.transitions import StaleState
from encounters.models import Practice, Role
from encounters.states import NextStep
from notes.models import ChangeCounter, FiledDocument, Note
from notes.services.addenda import addendum_add
from notes.services.filing import file_due_notes, note_file
from tests.factories.encounters import EncounterFactory
from tests.factories.notes import NoteFactory, sign
from tests.factories.people import MembershipFactory

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def note(practice, clinician) -> Note:
    return NoteFactory(
        encounter=EncounterFactory(practice=practice, provider=clinician, consented=True), signed=True
    )


def amend(note: Note) -> None:
    addendum_add(
        note=note,
        actor=note.signer,
        kind="addendum",
        text="The patient also reports hip pain.",
        reason="Said after the call",
        attested=True,
        authenticated_at=timezone.now(),
        authenticated_by="password",
    )


def test_filing_makes_version_1_and_documents_the_visit(note, clinician) -> None:
    document = note_file(note=note, actor=clinician)
    note.refresh_from_db()
    assert (note.state, note.hold_until) == ("filed", None)
    assert note.filed_at == document.filed_at
    assert (document.version, document.change_number, document.state, document.filed_by) == (
        1,
        1,
        "filed",
        clinician,
    )
    assert document.body_sha256 == hashlib.sha256(document.body.encode()).hexdigest()
    assert json.loads(document.body)["change"] == 1
    note.encounter.refresh_from_db()
    assert (note.encounter.status, note.encounter.next_step) == ("documented", NextStep.DONE)
    event = AuditEvent.objects.get(action="note.filed")
    assert json.loads(event.data)["sha256"] == document.body_sha256
    assert (event.encounter_id, event.patient_id) == (note.encounter_id, note.patient_id)


def test_a_visit_that_nobody_ended_is_documented_all_the_same(practice, clinician) -> None:
    visit = EncounterFactory(practice=practice, provider=clinician, status="in_progress", ended_at=None)
    note_file(note=NoteFactory(encounter=visit, signed=True), actor=clinician)
    visit.refresh_from_db()
    assert visit.status == "documented"


def test_only_a_signed_note_is_filed_and_only_once(note, clinician) -> None:
    stale = Note.objects.get(pk=note.pk)
    note_file(note=note, actor=clinician)
    with pytest.raises(StaleState):
        note_file(note=stale, actor=clinician)
    draft = NoteFactory(encounter=EncounterFactory(practice=note.practice, provider=clinician))
    with pytest.raises(StaleState):
        note_file(note=draft, actor=clinician)
    assert FiledDocument.objects.count() == ChangeCounter.objects.get().value == 1


def test_during_the_hold_only_the_signer_files(note, clinician, colleague) -> None:
    with pytest.raises(PermissionDenied):
        note_file(note=note, actor=colleague)
    Note.objects.filter(pk=note.pk).update(hold_until=timezone.now())
    note.refresh_from_db()
    assert note_file(note=note, actor=colleague).filed_by == colleague


@pytest.mark.parametrize("role", [Role.ASSISTANT, Role.COMPLIANCE, Role.ADMIN])
def test_nobody_but_a_provider_of_the_practice_files(note, outsider, role) -> None:
    for person in (outsider, MembershipFactory(practice=note.practice, role=role).user):
        with pytest.raises(PermissionDenied):
            note_file(note=note, actor=person)
    assert not FiledDocument.objects.exists()


def test_what_was_signed_anew_meanwhile_is_not_filed_unseen(note, clinician) -> None:
    seen = Note.objects.get(pk=note.pk)
    Note.objects.filter(pk=note.pk).update(state="in_review", hold_until=None)
    sign(note)
    with pytest.raises(StaleState):
        note_file(note=seen, actor=clinician)


def test_holds_that_ended_are_filed_where_the_practice_says_so(note) -> None:
    later = note.hold_until + dt.timedelta(seconds=1)
    assert file_due_notes(now=later) == 0
    Practice.objects.update(filing=Practice.Filing.AUTOMATIC)
    assert file_due_notes(now=note.hold_until - dt.timedelta(seconds=1)) == 0
    assert file_due_notes(now=later) == 1
    assert file_due_notes(now=later) == 0
    document = FiledDocument.objects.get()
    assert document.filed_by is None
    assert AuditEvent.objects.get(action="note.filed").actor_label == "release hold"


def test_one_note_that_cannot_be_filed_does_not_stop_the_others(note) -> None:
    broken = NoteFactory(signed=True)
    Practice.objects.filter(pk=broken.practice_id).update(time_zone="Nowhere/Nowhere")
    Practice.objects.update(filing=Practice.Filing.AUTOMATIC)
    Note.objects.filter(pk=broken.pk).update(hold_until=timezone.now() - 2 * HOUR)
    Note.objects.filter(pk=note.pk).update(hold_until=timezone.now() - HOUR)
    assert file_due_notes(limit=1) == 1
    broken.refresh_from_db()
    note.refresh_from_db()
    assert (broken.state, note.state) == ("signed", "filed")


def test_an_amendment_replaces_the_last_version_under_a_new_change_number(note, clinician) -> None:
    first = note_file(note=note, actor=clinician)
    amend(note)
    amend(note)
    second, third = FiledDocument.objects.filter(version__gt=1)
    assert [second.version, second.change_number, second.replaces] == [2, 2, first]
    assert [third.version, third.change_number, third.replaces] == [3, 3, second]
    body = json.loads(third.body)
    assert (body["state"], body["replaces"]) == ("amended", {"version": 2, "change": 2})
    assert [addendum["number"] for addendum in body["addenda"]] == [1, 2]
    assert "hip pain" in body["text"]
    assert first.body == FiledDocument.objects.get(pk=first.pk).body
    note.refresh_from_db()
    assert note.state == "amended"


def test_each_practice_counts_for_itself(note, clinician) -> None:
    stranger = NoteFactory(filed=True)
    assert note_file(note=note, actor=clinician).change_number == 1
    assert stranger.documents.get().change_number == 1


def test_a_failed_filing_leaves_no_gap(note, clinician, monkeypatch) -> None:
    def broken(**_: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patch, pytest.raises(RuntimeError):
        patch.setattr(FiledDocument.objects, "create", broken)
        note_file(note=note, actor=clinician)
    note.refresh_from_db()
    assert note.state == "signed"
    assert note_file(note=note, actor=clinician).change_number == 1


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE notes_fileddocument SET version = 9",
        "UPDATE notes_fileddocument SET body = body",
        "DELETE FROM notes_fileddocument",
        "REPLACE",
    ],
)
def test_the_database_refuses_to_change_what_is_filed(note, clinician, sql) -> None:
    note_file(note=note, actor=clinician)
    if sql == "REPLACE":
        sql = (
            "INSERT OR REPLACE INTO notes_fileddocument SELECT * FROM notes_fileddocument"
            if connection.vendor == "sqlite"
            else "SET CONSTRAINTS ALL IMMEDIATE; TRUNCATE notes_fileddocument CASCADE"
        )
    with pytest.raises(Error, match="immutable"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
    assert FiledDocument.objects.get().version == 1
