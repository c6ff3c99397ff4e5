"""The clinician sees where a filed note has arrived; whoever looks after integrations sees which of them need it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from encounters.models import Role
from notes.services.receipts import Said, receipt_put
from tests.factories.encounters import EncounterFactory
from tests.factories.integrations import integration
from tests.factories.notes import NoteFactory
from tests.factories.people import MembershipFactory
from tests.notes.filing.test_filing import amend

pytestmark = pytest.mark.django_db
AT = dt.datetime(2026, 11, 20, 18, 42, tzinfo=dt.UTC)


@pytest.fixture
def note(practice: Any, clinician: Any) -> Any:
    practice.time_zone = "America/New_York"
    practice.save()
    return NoteFactory(
        encounter=EncounterFactory(practice=practice, provider=clinician, consented=True), filed=True
    )


def acknowledge(note: Any, status: str, version: int = 1, **said: Any) -> None:
    made = integration(note.practice)[0]
    document = note.documents.get(version=version)
    receipt_put(integration=made, document=document, said=Said(status, at=AT, **said))


def test_the_note_says_in_whose_chart_it_is_and_since_when(note, clinician, client_of) -> None:
    acknowledge(note, "filed", external_id="DOC-1")
    page = client_of(clinician).get(f"/notes/{note.pk}/").content.decode()
    assert "<strong>In chart:</strong> EHR, 20 Nov 2026, 13:42 EST" in page
    assert "DOC-1" in page
    chart = client_of(clinician).get(f"/patients/{note.patient_id}/").content.decode()
    assert "in chart: EHR, 20 Nov, 13:42" in chart


def test_one_that_has_an_older_version_only_is_named(note, clinician, client_of) -> None:
    acknowledge(note, "filed")
    amend(note)
    assert "version 1 of 2" in client_of(clinician).get(f"/notes/{note.pk}/").content.decode()


def test_a_rejected_note_is_said_to_be_in_no_chart(note, clinician, client_of) -> None:
    acknowledge(note, "rejected", error_code="unknown_patient", error_message="said about the patient")
    page = client_of(clinician).get(f"/notes/{note.pk}/").content.decode()
    assert "Not in the chart of EHR" in page
    assert "unknown_patient" in page
    assert "said about the patient" not in page
    assert "in chart:" not in client_of(clinician).get(f"/patients/{note.patient_id}/").content.decode()


def test_without_a_receipt_nothing_is_claimed(note, clinician, client_of) -> None:
    assert "In chart" not in client_of(clinician).get(f"/notes/{note.pk}/").content.decode()


@pytest.mark.parametrize("role", [Role.ADMIN, Role.COMPLIANCE])
def test_administrators_and_compliance_are_told_on_the_worklist(note, practice, client_of, role) -> None:
    acknowledge(note, "rejected", error_code="x")
    page = client_of(MembershipFactory(practice=practice, role=role).user).get("/").content.decode()
    assert "EHR</strong> rejected 1 note that it has not filed since" in page


def test_nobody_else_is(note, clinician, outsider, client_of) -> None:
    acknowledge(note, "rejected", error_code="x")
    for person in (clinician, outsider):
        assert "rejected 1 note" not in client_of(person).get("/?whose=all").content.decode()
