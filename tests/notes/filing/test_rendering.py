from __future__ import annotations

import datetime as dt
import hashlib
import json

import jsonschema
import pytest
from drf_spectacular.generators import SchemaGenerator

from encounters.models import Participant
from notes.models import FiledDocument, Note, Revision
from notes.services.filing import note_file
from notes.services.plaintext import SANDBOX_NOTICE
from notes.services.rendering import body, payload, recording_consent
from notes.services.revisions import revision_make
from tests.factories.consent import ConsentFactory
from tests.factories.encounters import EncounterFactory, ParticipantFactory
from tests.factories.notes import NoteFactory, SubmissionFactory, content, sign
from tests.notes.filing.test_filing import amend

pytestmark = pytest.mark.django_db


def rendered(note: Note) -> dict:
    note.refresh_from_db()
    return json.loads(note.documents.last().body)


@pytest.fixture(scope="module")
def note_schema() -> dict:
    schema = SchemaGenerator().get_schema(request=None, public=True)
    return {"$ref": "#/components/schemas/Note", "components": schema["components"]}


def test_the_body_keeps_what_the_schema_promises(note_schema) -> None:
    note = NoteFactory(filed=True)
    amend(note)
    for document in FiledDocument.objects.all():
        jsonschema.validate(json.loads(document.body), note_schema)
    extra = set(rendered(note)) - set(note_schema["components"]["schemas"]["Note"]["properties"])
    assert extra == set()


def test_what_is_filed_is_what_was_signed() -> None:
    note = NoteFactory(filed=True)
    seen = rendered(note)
    assert seen["sections"] == content()["sections"]
    assert seen["billing_codes"] == content()["billing_codes"]
    assert seen["signed_by"]["content_sha256"] == note.current_revision.content_sha256
    assert seen["hash"]["value"] == hashlib.sha256(seen["text"].encode()).hexdigest()
    assert seen["patient"]["identifiers"] == [{"type": "MR", "value": note.patient.mrn}]
    assert seen["links"]["self"] == f"/api/v1/notes/{note.pk}"


def test_the_text_carries_every_section_the_signature_and_the_local_time() -> None:
    note = NoteFactory(filed=True)
    text = rendered(note)["text"]
    for section in content()["sections"].values():
        assert section in text
    assert f"Electronically signed by {note.signature.printed_name}" in text
    assert note.signature.attestation in text
    assert " P" in text.split("Electronically signed by")[1].split("\n")[0]  # Pacific time: PST or PDT


def test_the_transcript_is_no_part_of_the_chart_note() -> None:
    note = NoteFactory(filed=True)
    assert note.transcript
    assert "transcript" not in rendered(note)
    assert "What brings you in today" not in note.documents.get().body


def test_same_note_same_bytes() -> None:
    note = NoteFactory(signed=True)
    moment = dt.datetime(2026, 11, 20, 15, 0, tzinfo=dt.UTC)
    once, again = (
        body(payload(note=Note.objects.get(pk=note.pk), version=1, state="filed", filed_at=moment), change=7)
        for _ in range(2)
    )
    assert once == again
    assert '"change":7' in once


def test_a_sandbox_note_says_so_everywhere() -> None:
    seen = rendered(NoteFactory(sandbox=True, filed=True))
    assert (seen["sandbox"], seen["notice"]) == (True, SANDBOX_NOTICE)
    assert seen["text"].count(SANDBOX_NOTICE) == 2
    real = rendered(NoteFactory(filed=True))
    assert real["sandbox"] is False
    assert "notice" not in real


def test_provenance_tells_where_the_words_came_from() -> None:
    untouched = rendered(NoteFactory(filed=True))["provenance"]
    assert untouched["source"] == "transcript"
    assert (untouched["ai_generated"], untouched["edited_by_clinician"]) == (True, False)
    assert untouched["upstream_note_id"].startswith("note-")
    edited = NoteFactory()
    edited.working = content(plan="Rest.")
    edited.save()
    sign(edited)
    note_file(note=edited, actor=edited.encounter.provider)
    assert rendered(edited)["provenance"]["edited_by_clinician"] is True
    by_hand = rendered(NoteFactory(draft=False, filed=True))["provenance"]
    assert by_hand == {
        "source": "manual",
        "ai_generated": False,
        "engine": None,
        "upstream_note_id": None,
        "edited_by_clinician": True,
    }


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        (["granted"], "granted"),
        (["granted", "granted"], "granted"),
        (["granted", None], "not_asked"),
        ([None], "not_asked"),
        (["granted", "declined"], "declined"),
        ([None, "declined"], "declined"),
        (["declined", "withdrawn"], "withdrawn"),
    ],
)
def test_consent_is_the_most_restrictive_answer(answers, told) -> None:
    visit = EncounterFactory(patient_present=False)
    for answer in answers:
        person = ParticipantFactory(encounter=visit, role=Participant.Kind.FAMILY)
        if answer:
            ConsentFactory(participant=person, decision=answer)
    assert recording_consent(visit) == told


def test_a_late_draft_does_not_become_the_source() -> None:
    note = NoteFactory()
    assert note.revisions.filter(kind=Revision.Kind.DRAFT).count() == 1
    first = note.revisions.get().submission.upstream_note_id
    late = SubmissionFactory(encounter=note.encounter, completed=True)
    revision_make(note=note, kind=Revision.Kind.SUPERSEDED, content=content(), author=None, submission=late)
    sign(note)
    note_file(note=note, actor=note.encounter.provider)
    assert rendered(note)["provenance"]["upstream_note_id"] == first
