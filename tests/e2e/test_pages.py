"""Every page of a visit before there is a note, as the clinician meets it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from encounters.models import VendorRecording
from tests.e2e.checks import assert_page_ok
from tests.factories.encounters import EncounterFactory
from tests.factories.video import CallFactory


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


def test_recordings_at_vendors_that_need_somebody(
    page_for: Callable[..., Page], clinician: Any, visit: Any
) -> None:
    call = CallFactory(encounter=visit, connection__name="Clinic video")
    rows = {"connection": call.connection, "started_at": visit.scheduled_at}
    VendorRecording.objects.create(vendor_id="nobodys", duration_seconds=1260, **rows)
    gone = "The video vendor no longer has the recording."
    VendorRecording.objects.create(vendor_id="lost", call=call, state="failed", last_error=gone, **rows)
    refused = "The vendor refuses to delete it."
    VendorRecording.objects.create(
        vendor_id="copy", call=call, state="refused", attempts=4, last_error=refused, **rows
    )
    page = page_for(clinician)
    page.goto("/")
    page.get_by_role("link", name="Look at them").click()
    assert_page_ok(page, "vendor-recordings")
    page.get_by_label("The visit it belongs to").select_option(index=1)
    page.get_by_role("button", name="Link to this visit").click()
    expect(page.get_by_text("Linked.")).to_be_visible()
