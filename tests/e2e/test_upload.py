from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from encounters.models import Encounter, Recording
from encounters.services.recordings import open_recording
from tests.e2e.checks import assert_page_ok
from tests.factories.consent import ConsentFactory, PolicyFactory
from tests.factories.encounters import EncounterFactory, ParticipantFactory
from tests.factories.people import PatientFactory
from tests.fixtures_audio import wav_bytes


@pytest.fixture
def visit(transactional_db: None, practice: Any, clinician: Any) -> Encounter:
    return EncounterFactory(practice=practice, provider=clinician, consented=True)


@pytest.fixture
def recording_file(tmp_path: Path) -> Path:
    """Five minutes, which take several slices."""
    path = tmp_path / "visit.wav"
    path.write_bytes(wav_bytes(seconds=300))
    return path


def open_upload(page: Page, visit: Encounter) -> None:
    page.goto(f"/encounters/{visit.pk}/upload/")


def stored_bytes(visit: Encounter) -> bytes:
    with open_recording(Recording.objects.get(encounter=visit, state="stored")) as reader:
        return reader.read()


def test_a_dropped_connection_and_a_reload_cost_nothing(
    page_for: Any, visit: Encounter, clinician: Any, recording_file: Path
) -> None:
    page = page_for(clinician)
    sent: list[int] = []
    drop = {"left": 0}

    def on_slice(route: Any) -> None:
        if route.request.method == "PUT" and drop["left"]:
            drop["left"] -= 1
            return route.abort("connectionreset")
        if route.request.method == "PUT":
            sent.append(int(route.request.headers["upload-offset"]))
            if len(sent) == 2:
                drop["left"] = 1000  # nothing goes through until the page is loaded again
        return route.continue_()

    page.route("**/upload/slices/**", on_slice)
    open_upload(page, visit)
    assert_page_ok(page, "upload")
    page.get_by_label("Recording of the visit").set_input_files(recording_file)
    page.get_by_role("button", name="Upload", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("What arrived is kept")
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("button", name="Go on")).to_be_focused()

    page.reload()
    drop["left"] = 1  # and once more after the reload, which the page gets over by itself
    expect(page.get_by_text("An upload of this visit is not finished")).to_be_visible()
    page.get_by_label("Recording of the visit").set_input_files(recording_file)
    page.get_by_role("button", name="Upload", exact=True).click()
    page.wait_for_url(f"**/encounters/{visit.pk}/")

    assert sent.count(0) == 1 and sent == sorted(sent)
    assert stored_bytes(visit) == recording_file.read_bytes()


def test_what_is_wrong_with_a_file_is_said_and_the_file_stays_chosen(
    page_for: Any, visit: Encounter, clinician: Any, tmp_path: Path
) -> None:
    page = page_for(clinician)
    notes = tmp_path / "visit.mp3"
    notes.write_text("These are notes, not sound. " * 400)
    open_upload(page, visit)
    page.get_by_label("Recording of the visit").set_input_files(notes)
    page.get_by_role("button", name="Upload", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("This is a text file")
    assert page.get_by_label("Recording of the visit").evaluate("input => input.files.length") == 1
    assert_page_ok(page, "upload-refused")


def test_upload_without_script(page_for: Any, visit: Encounter, clinician: Any, recording_file: Path) -> None:
    page = page_for(clinician, java_script_enabled=False)
    open_upload(page, visit)
    page.get_by_label("Recording of the visit").set_input_files(recording_file)
    page.get_by_role("button", name="Upload", exact=True).click()
    page.wait_for_url(f"**/encounters/{visit.pk}/")
    assert stored_bytes(visit) == recording_file.read_bytes()


def test_a_visit_is_booked_and_everybody_asked(
    page_for: Any, practice: Any, clinician: Any, transactional_db: None
) -> None:
    PatientFactory(practice=practice, given_name="Ana", family_name="Rivera")
    PolicyFactory(jurisdiction="US-CA")
    page = page_for(clinician)
    page.goto("/encounters/new/")
    page.get_by_label("Name or medical record number").fill("riv")
    page.get_by_role("button", name="Search").click()
    assert_page_ok(page, "choose-patient")
    assert "riv" not in page.url.split("/encounters/")[1]
    page.get_by_role("link", name="Choose Ana Rivera").click()
    assert_page_ok(page, "visit")
    page.get_by_label("Reason for the visit").fill("Cough for two weeks")
    page.get_by_role("button", name="Create encounter").click()

    consent = page.get_by_role("region", name="Consent to recording")
    expect(consent).to_contain_text("Not asked yet")
    assert_page_ok(page, "encounter")
    consent.get_by_role("button", name="Agreed").click()
    expect(page.get_by_text("Everyone agreed")).to_be_visible()
    page.get_by_role("link", name="Edit details").click()
    expect(page.get_by_label("Reason for the visit")).to_have_value("Cough for two weeks")
    assert_page_ok(page, "visit-edit")


def test_the_pages_of_a_visit_that_somebody_declined(page_for: Any, visit: Encounter, clinician: Any) -> None:
    ConsentFactory(participant=ParticipantFactory(encounter=visit, role="guardian"), decision="declined")
    page = page_for(clinician)
    open_upload(page, visit)
    expect(page.get_by_role("region", name="No recording can be taken in yet")).to_contain_text("declined")
    assert_page_ok(page, "upload-shut")
    page.get_by_role("link", name="Type a transcript or shorthand").click()
    page.wait_for_url("**/transcript/")
