"""Where a filed note has arrived, and which integrations need somebody, as people see it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from encounters.models import Role
from notes.services.receipts import Said, receipt_put
from tests.e2e.checks import assert_page_ok
from tests.factories.encounters import EncounterFactory
from tests.factories.integrations import integration
from tests.factories.notes import NoteFactory
from tests.factories.people import MembershipFactory


@pytest.fixture
def note(transactional_db: None, practice: Any, clinician: Any) -> Any:
    visit = EncounterFactory(practice=practice, provider=clinician, consented=True, agreement=True)
    made = NoteFactory(encounter=visit, filed=True)
    document = made.documents.get()
    for status, code in (("filed", ""), ("rejected", "unknown_patient")):
        system = integration(practice)[0]
        receipt_put(
            integration=system, document=document, said=Said(status, external_id="DOC-88123", error_code=code)
        )
    return made


def test_the_note_and_the_chart(page_for: Callable[..., Page], clinician: Any, note: Any) -> None:
    page = page_for(clinician)
    page.goto(f"/notes/{note.pk}/")
    expect(page.get_by_text("In chart:")).to_be_visible()
    assert_page_ok(page, "receipts-note")
    page.goto(f"/patients/{note.patient_id}/")
    expect(page.get_by_text("in chart: EHR")).to_be_visible()
    assert_page_ok(page, "receipts-chart")


def test_the_worklist_of_who_looks_after_integrations(
    page_for: Callable[..., Page], practice: Any, note: Any
) -> None:
    page = page_for(MembershipFactory(practice=practice, role=Role.COMPLIANCE).user)
    page.goto("/")
    expect(page.get_by_role("heading", name="Systems that pull notes need somebody")).to_be_visible()
    assert_page_ok(page, "receipts-worklist")
