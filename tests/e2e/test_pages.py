"""Every page of a visit before there is a note, as the clinician meets it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.checks import assert_page_ok
from tests.factories.encounters import EncounterFactory


@pytest.fixture
def visit(transactional_db: None, practice: Any, clinician: Any) -> Any:
    return EncounterFactory(practice=practice, provider=clinician, consented=True, agreement=True)


@pytest.mark.parametrize(
    ("address", "heading"),
    [
        ("/", "Worklist"),
        ("/encounters/new/", None),
        ("/encounters/{visit.pk}/", None),
        ("/encounters/{visit.pk}/upload/", None),
        ("/encounters/{visit.pk}/transcript/", "Type a transcript or shorthand"),
        ("/encounters/{visit.pk}/edit/", None),
        ("/patients/{visit.patient.pk}/", None),
    ],
)
def test_pages_of_a_visit(
    page_for: Callable[..., Page], clinician: Any, visit: Any, address: str, heading: str | None
) -> None:
    page = page_for(clinician)
    answer = page.goto(address.format(visit=visit))

    assert answer
    assert answer.status == 200
    level_one = page.get_by_role("heading", level=1)
    expect(level_one).to_have_count(1)
    if heading:
        expect(level_one).to_have_text(heading)
    assert_page_ok(
        page, "visit-" + (address.format(visit=visit).strip("/").split("/")[-1][-12:] or "worklist")
    )
