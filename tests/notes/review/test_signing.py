from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from consent import immutability
from consent.models import AuditEvent
from consent.transitions import StaleState
from encounters.models import Membership
from encounters.states import NextStep
from notes.content import content_hash, empty_content
from notes.models import Note, Revision, Signature
from notes.selectors.verification import verify_note
from notes.services.drafts import draft_save
from notes.services.signing import ATTESTATION, ContentChanged, SigningRefused, note_sign, note_unsign
from notes.states import NoteState
from tests.factories.notes import NoteFactory, content, sign
from tests.notes.review.pages import with_text

pytestmark = pytest.mark.django_db


def sign_as(note: Note, actor: Any, **changed: Any) -> Signature:
    note.refresh_from_db()
    given = {
        "version": note.version,
        "content_sha256": content_hash(note.working),
        "attested": True,
        "authenticated_at": timezone.now(),
        "authenticated_by": "totp",
        **changed,
    }
    return note_sign(note=note, actor=actor, **given)


def test_signing_freezes_exactly_what_was_saved(note: Note, clinician: Any) -> None:
    draft_save(note=note, actor=clinician, base_version=1, content=with_text(content(), plan="Rest."))
    signature = sign_as(note, clinician)
    note.refresh_from_db()
    assert note.state == NoteState.SIGNED
    assert note.current_revision.kind == Revision.Kind.SIGNED
    assert note.current_revision.content["sections"]["plan"] == "Rest."
    assert signature.content_sha256 == note.current_revision.content_sha256 == content_hash(note.working)
    assert (note.signer, note.signature, note.signed_at) == (clinician, signature, signature.signed_at)


def test_the_signature_says_who_in_which_capacity_when_and_how_proven(note: Note, clinician: Any) -> None:
    Membership.objects.filter(user=clinician).update(npi="1234567893")
    proven = timezone.now() - dt.timedelta(minutes=2)
    signature = sign_as(note, clinician, authenticated_at=proven)
    assert signature.printed_name == str(clinician)
    assert (signature.credentials, signature.npi, signature.meaning) == ("MD", "1234567893", "author")
    assert (signature.attestation, signature.authenticated_at) == (ATTESTATION, proven)
    assert signature.authenticated_by == "totp"


def test_the_hold_starts_as_long_as_the_practice_says(note: Note, clinician: Any) -> None:
    note.practice.release_hold_seconds = 60
    note.practice.save()
    signature = sign_as(note, clinician)
    assert note.hold_until == signature.signed_at + dt.timedelta(seconds=60)


def test_signing_moves_the_visit_to_the_filing_step_and_back(note: Note, clinician: Any) -> None:
    sign_as(note, clinician)
    note.encounter.refresh_from_db()
    assert note.encounter.next_step == NextStep.FILE
    note_unsign(note=note, actor=clinician)
    note.encounter.refresh_from_db()
    assert note.encounter.next_step == NextStep.REVIEW


@pytest.mark.parametrize("changed", [{"version": 7}, {"content_sha256": "0" * 64}])
def test_what_was_not_on_screen_is_not_signed(note: Note, clinician: Any, changed: dict[str, Any]) -> None:
    with pytest.raises(ContentChanged):
        sign_as(note, clinician, **changed)
    note.refresh_from_db()
    assert note.state == NoteState.IN_REVIEW
    assert not note.signatures.exists()


def test_an_edit_between_reading_and_signing_stops_the_signature(
    note: Note, clinician: Any, colleague: Any
) -> None:
    seen = {"version": note.version, "content_sha256": content_hash(note.working)}
    draft_save(note=note, actor=colleague, base_version=1, content=with_text(content(), plan="Changed."))
    with pytest.raises(ContentChanged):
        sign_as(note, clinician, **seen)


@pytest.mark.parametrize("who", ["assistant", "compliance_officer", "administrator", "outsider"])
def test_nobody_but_a_provider_of_the_practice_signs(note: Note, who: str, request: Any) -> None:
    with pytest.raises(SigningRefused) as refused:
        sign_as(note, request.getfixturevalue(who))
    assert refused.value.code == "not_provider"


def test_a_provider_whose_membership_ended_does_not_sign(note: Note, clinician: Any) -> None:
    Membership.objects.filter(user=clinician).update(active=False)
    with pytest.raises(SigningRefused):
        sign_as(note, clinician)


def test_without_the_attestation_nothing_is_signed(note: Note, clinician: Any) -> None:
    with pytest.raises(SigningRefused):
        sign_as(note, clinician, attested=False)


def test_an_empty_note_is_not_signed(encounter: Any, clinician: Any) -> None:
    empty = {**empty_content(), "patient_summary": "Only a summary."}
    with pytest.raises(SigningRefused) as refused:
        sign_as(NoteFactory(encounter=encounter, working=empty), clinician)
    assert refused.value.code == "empty"


def test_a_signed_note_is_not_signed_again(signed_note: Note, colleague: Any) -> None:
    with pytest.raises(StaleState):
        sign_as(signed_note, colleague)
    assert signed_note.signatures.count() == 1


def test_another_provider_may_sign_and_that_is_recorded(note: Note, colleague: Any) -> None:
    sign_as(note, colleague)
    event = AuditEvent.objects.get(action="note.signed")
    assert note.signer == colleague
    assert '"by_treating_provider":false' in event.data


def test_the_signature_can_be_taken_back_within_the_hold_and_stays_in_the_history(
    signed_note: Note, clinician: Any
) -> None:
    note_unsign(note=signed_note, actor=clinician)
    assert signed_note.state == NoteState.IN_REVIEW
    assert (signed_note.signature, signed_note.signer, signed_note.signed_at, signed_note.hold_until) == (
        None,
    ) * 4
    assert signed_note.signatures.count() == 1
    assert verify_note(signed_note) == []


def test_after_the_hold_the_signature_stands(signed_note: Note, clinician: Any) -> None:
    with (
        time_machine.travel(signed_note.hold_until + dt.timedelta(milliseconds=1), tick=False),
        pytest.raises(SigningRefused) as refused,
    ):
        note_unsign(note=signed_note, actor=clinician)
    signed_note.refresh_from_db()
    assert (refused.value.code, signed_note.state) == ("hold_over", NoteState.SIGNED)


def test_nobody_takes_back_somebody_elses_signature(signed_note: Note, colleague: Any) -> None:
    with pytest.raises(SigningRefused):
        note_unsign(note=signed_note, actor=colleague)


def test_a_filed_note_is_not_unsigned(filed_note: Note, clinician: Any) -> None:
    with pytest.raises(SigningRefused):
        note_unsign(note=filed_note, actor=clinician)


def test_signing_again_after_taking_back_makes_a_second_signature(signed_note: Note, clinician: Any) -> None:
    first = signed_note.signature
    note_unsign(note=signed_note, actor=clinician)
    sign(signed_note)
    signed_note.refresh_from_db()
    assert signed_note.signature != first
    assert signed_note.signatures.count() == 2
    assert verify_note(signed_note) == []


# Verification


def altered(model: Any, row: Any, **columns: Any) -> None:
    with immutability.lifted(model):
        model.objects.filter(pk=row.pk).update(**columns)


@pytest.mark.parametrize(
    "columns",
    [
        {"printed_name": "Somebody Else"},
        {"credentials": "DO"},
        {"meaning": "addendum"},
        {"attestation": "I glanced at it."},
        {"authenticated_by": "recovery_codes"},
        {"content_sha256": "0" * 64},
        {"signed_at": dt.datetime(2020, 1, 1, tzinfo=dt.UTC)},
        {"digest": "0" * 64},
    ],
)
def test_an_altered_signature_no_longer_verifies(signed_note: Note, columns: dict[str, Any]) -> None:
    assert verify_note(signed_note) == []
    altered(Signature, signed_note.signature, **columns)
    assert verify_note(Note.objects.get(pk=signed_note.pk)) != []


def test_a_signature_copied_to_another_note_does_not_verify(signed_note: Note) -> None:
    other = NoteFactory(encounter__practice=signed_note.practice, signed=True)
    altered(Signature, signed_note.signature, note=other)
    altered(Signature, other.signature, note=signed_note)
    assert verify_note(Note.objects.get(pk=signed_note.pk)) != []
    assert verify_note(Note.objects.get(pk=other.pk)) != []


def test_a_signed_text_that_was_altered_does_not_verify(signed_note: Note) -> None:
    revision = signed_note.current_revision
    sealed = Revision._meta.get_field("content").seal(
        revision.pk, with_text(content(), plan="Ten times the dose.")
    )
    altered(Revision, revision, content=sealed)
    assert verify_note(Note.objects.get(pk=signed_note.pk)) != []


def test_a_note_pointed_at_another_patient_does_not_verify(signed_note: Note) -> None:
    other = NoteFactory(encounter__practice=signed_note.practice)
    Note.objects.filter(pk=signed_note.pk).update(patient=other.patient)
    assert verify_note(Note.objects.get(pk=signed_note.pk)) != []


@pytest.mark.parametrize("table", ["notes_revision", "notes_signature"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET content_sha256 = 'x'", "DELETE FROM {}"])
def test_the_database_refuses_changes_to_what_was_signed(
    signed_note: Note, table: str, statement: str
) -> None:
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(table))
    assert verify_note(Note.objects.get(pk=signed_note.pk)) == []


def test_the_orm_refuses_too(signed_note: Note) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        Signature.objects.filter(pk=signed_note.signature_id).update(printed_name="x")
    with pytest.raises(DatabaseError), transaction.atomic():
        signed_note.current_revision.save()
