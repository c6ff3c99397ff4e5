from __future__ import annotations

import pytest
from django.urls import reverse

from consent.models import AuditEvent
from notes.models import Integration, Note
from tests.factories.integrations import Caller, integration
from tests.factories.notes import NoteFactory

pytestmark = pytest.mark.django_db
SPOKEN = [{"speaker": "Speaker 1", "start": 0.0, "end": 2.0, "text": "Good morning."}]


def trusted(practice) -> Caller:
    return Caller(integration(practice, scopes=Integration.Scope.values)[1])


def read(caller: Caller, note: Note):
    return caller.get(reverse("api-transcript", args=[note.pk]))


def test_a_trusted_integration_reads_what_was_said_and_leaves_a_trace() -> None:
    note = NoteFactory(filed=True, transcript=SPOKEN)
    answer = read(trusted(note.practice), note)
    assert answer.json() == {"id": str(note.pk), "sandbox": note.sandbox, "transcript": SPOKEN}
    event = AuditEvent.objects.get(action="api.transcript_read")
    assert (event.target_id, "Good morning" in event.data) == (str(note.pk), False)


def test_the_right_to_read_notes_is_not_the_right_to_read_transcripts() -> None:
    note = NoteFactory(filed=True, transcript=SPOKEN)
    caller = Caller(integration(note.practice, scopes=["notes:read"])[1])
    assert read(caller, note).status_code == 403


def test_a_transcript_is_served_only_with_a_filed_note_of_the_own_practice() -> None:
    signed, foreign = NoteFactory(signed=True, transcript=SPOKEN), NoteFactory(filed=True, transcript=SPOKEN)
    caller = trusted(signed.practice)
    assert [read(caller, note).status_code for note in (signed, foreign)] == [404, 404]
