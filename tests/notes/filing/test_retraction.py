"""Taking a filed note out of use: signed, with a reason, and told to everybody who pulled it."""

from __future__ import annotations

import json

import pytest

from consent.models import AuditEvent
from consent.transitions import StaleState
from notes.models import Addendum, ChangeCounter, FiledDocument, Signature
from notes.services.addenda import addendum_add
from notes.services.retraction import retraction_of
from notes.services.signing import SigningRefused
from tests.factories.notes import NoteFactory, retract
from tests.factories.people import MembershipFactory
from tests.notes.filing.test_filing import amend

pytestmark = pytest.mark.django_db


def test_a_retraction_is_the_next_version_under_the_next_change_number() -> None:
    note = NoteFactory(filed=True)
    amend(note)
    before = ChangeCounter.objects.get().value
    addendum = retract(note)
    note.refresh_from_db()
    last = note.documents.last()
    assert (note.state, last.state, last.version) == ("entered_in_error", "entered_in_error", 3)
    assert last.change_number == before + 1
    assert last.replaces.version == 2
    assert addendum.signature.meaning == Signature.Meaning.RETRACTION
    body = json.loads(last.body)
    assert body["state"] == "entered_in_error"
    assert body["addenda"][-1]["kind"] == "entered_in_error"
    assert body["addenda"][-1]["reason"] == "Wrong patient"
    assert AuditEvent.objects.filter(action="note.retracted", target_id=str(note.pk)).count() == 1


def test_earlier_versions_stay_as_they_were() -> None:
    note = NoteFactory(filed=True)
    first = note.documents.get().body
    retract(note)
    assert note.documents.first().body == first


def test_sent_again_it_is_found_and_not_made_twice() -> None:
    note = NoteFactory(filed=True)
    assert retract(note) == retract(note)
    assert note.documents.count() == 2
    assert retraction_of(note) == Addendum.objects.get()


def test_a_retracted_note_takes_no_second_retraction_and_no_addendum() -> None:
    note = NoteFactory(filed=True)
    retract(note)
    with pytest.raises(StaleState):
        retract(note, reason="Another reason")
    with pytest.raises(StaleState):
        amend(note)
    assert note.documents.count() == 2


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"reason": "  "}, "empty"),
        ({"reason": "x" * 301}, "too_long"),
        ({"attested": False}, "not_attested"),
    ],
)
def test_an_incomplete_one_is_refused_and_changes_nothing(given, code) -> None:
    note = NoteFactory(filed=True)
    with pytest.raises(SigningRefused) as refused:
        retract(note, **given)
    assert refused.value.code == code
    note.refresh_from_db()
    assert note.state == "filed"
    assert FiledDocument.objects.count() == 1


def test_only_a_provider_of_the_practice_retracts() -> None:
    note = NoteFactory(filed=True)
    assistant = MembershipFactory(practice=note.practice, role="assistant").user
    outsider = MembershipFactory(role="provider").user
    for person in (assistant, outsider):
        with pytest.raises(SigningRefused) as refused:
            retract(note, by=person)
        assert refused.value.code == "not_provider"


def test_a_note_that_is_not_filed_is_not_retracted() -> None:
    note = NoteFactory(signed=True)
    with pytest.raises(StaleState):
        retract(note)


def test_an_addendum_that_was_not_on_screen_stops_it() -> None:
    note = NoteFactory(filed=True)
    amend(note)
    with pytest.raises(StaleState):
        retract(note, seen=0)
    retract(note, seen=1)


def test_it_is_no_kind_of_addition() -> None:
    note = NoteFactory(filed=True)
    with pytest.raises(SigningRefused):
        addendum_add(
            note=note, actor=note.signer, kind="entered_in_error", text="x", reason="y", attested=True,
            authenticated_at=note.signed_at, authenticated_by="password",
        )  # fmt: skip
