"""A filed note is taken out of use on a page of its own: with a reason, a signature, and nothing deleted."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from notes.models import FiledDocument, Note
from notes.services.addenda import addendum_add
from tests.factories.notes import NoteFactory, content
from tests.notes.review.pages import url

pytestmark = pytest.mark.django_db
WHY = "Written for another patient"


@pytest.fixture
def filed(practice: Any, clinician: Any) -> Note:
    made: Note = NoteFactory(encounter__practice=practice, encounter__provider=clinician, filed=True)
    return made


def sent(**changed: str) -> dict[str, str]:
    return {"reason": WHY, "attest": "on", "seen": "0", **changed}


def test_a_note_entered_in_error_stays_readable_and_everybody_is_told(confirmed, clinician, filed) -> None:
    client = confirmed(clinician)
    assert "Entered in error…" in client.get(url("note", filed)).content.decode()
    page = client.get(url("note-retract", filed)).content.decode()
    assert content()["sections"]["plan"] in page
    assert client.post(url("note-retract", filed), sent()).url == url("note", filed)
    shown = client.get(url("note", filed)).content.decode()
    assert "do not rely on this note" in shown and WHY in shown
    assert '<del class="retracted">' in shown
    assert content()["sections"]["plan"] in shown
    assert url("note-retract", filed) not in shown and url("note-addendum", filed) not in shown
    last = FiledDocument.objects.filter(note=filed).latest("version")
    assert (last.state, last.version) == ("entered_in_error", 2)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"reason": " "}, "This field is required"),
        ({"attest": ""}, "Tick this statement to sign"),
        ({"reason": "x" * 301}, "at most 300 characters"),
    ],
)
def test_what_is_missing_is_said_and_what_was_typed_stays(confirmed, clinician, filed, changed, told) -> None:
    answer = confirmed(clinician).post(url("note-retract", filed), sent(**changed))
    assert answer.status_code == 422
    assert told in answer.content.decode()
    filed.refresh_from_db()
    assert filed.state == "filed"


def test_an_addition_that_was_not_seen_comes_first(confirmed, clinician, filed) -> None:
    client = confirmed(clinician)
    proof = {"attested": True, "authenticated_at": timezone.now(), "authenticated_by": "password"}
    addendum_add(note=filed, actor=clinician, kind="addendum", text="More.", reason="Late result", **proof)
    answer = client.post(url("note-retract", filed), sent())
    assert answer.status_code == 409
    assert WHY in answer.content.decode() and "More." in answer.content.decode()


def test_identity_is_confirmed_first_and_the_reason_outlives_a_confirmation_that_ran_out(
    client_of, confirmed, clinician, filed
) -> None:
    assert client_of(clinician).get(url("note-retract", filed)).url.startswith("/accounts/")
    answer = confirmed(clinician, seconds_ago=400).post(url("note-retract", filed), sent())
    assert answer.status_code == 403
    assert WHY in answer.content.decode()


def test_a_note_that_is_not_filed_is_not_retracted(confirmed, clinician, practice) -> None:
    draft = NoteFactory(encounter__practice=practice, encounter__provider=clinician)
    assert confirmed(clinician).post(url("note-retract", draft), sent()).url == url("note", draft)
    draft.refresh_from_db()
    assert draft.state == "in_review"


def test_strangers_and_assistants_retract_nothing(confirmed, outsider, filed) -> None:
    assert confirmed(outsider).post(url("note-retract", filed), sent()).status_code == 404
