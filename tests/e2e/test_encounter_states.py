"""The page of an encounter in each of its states: what a clinician sees, and the one thing to do next."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from encounters.models import Recording
from encounters.states import NextStep
from notes.models import Submission
from tests.e2e.checks import assert_page_ok
from tests.factories.consent import AgreementFactory, ConsentFactory, PolicyFactory
from tests.factories.encounters import EncounterFactory, RecordingFactory
from tests.factories.notes import EngineAccountFactory, NoteFactory, SubmissionFactory

pytestmark = pytest.mark.django_db(transaction=True)
KEPT = "Everything recorded and typed is kept."


@pytest.fixture
def visit(practice: Any, clinician: Any) -> Callable[..., Any]:
    """visit(consented=True): a visit of the clinician's, with an engine and its agreement."""
    EngineAccountFactory(practice=practice)
    AgreementFactory(practice=practice)
    PolicyFactory(jurisdiction="US-CA")

    def made(**fields: Any) -> Any:
        return EncounterFactory(practice=practice, provider=clinician, **fields)

    return made


def stored(encounter: Any, **fields: Any) -> Recording:
    return RecordingFactory(
        encounter=encounter, state="stored", duration_seconds=840, bytes=6_900_000, sha256="0" * 64,
        format="mp3", media_type="audio/mpeg", stored_at=timezone.now(), **fields,
    )  # fmt: skip


def audio(encounter: Any, **fields: Any) -> Submission:
    return SubmissionFactory(
        encounter=encounter, recording=stored(encounter), kind="audio", text=None, **fields
    )


def held(encounter: Any) -> None:
    reasons = [
        {
            "code": "baa_missing",
            "text": "No business associate agreement with Sandbox is in force (the last one: expired 2026-11-21).",
            "remedy": "An administrator records an executed agreement; what is held is then sent by itself.",
        }
    ]
    audio(encounter, state="held", hold_reasons=reasons)


def held_for_consent(encounter: Any) -> None:
    reason = {
        "code": "consent_missing",
        "text": "No consent is recorded for the interpreter.",
        "remedy": "Ask.",
    }
    audio(encounter, state="held", hold_reasons=[reason])


def failed(encounter: Any) -> None:
    audio(encounter, state="failed", last_error_code="unusable", last_error=f"No speech was found. {KEPT}")


def declined(encounter: Any) -> None:
    ConsentFactory(participant=encounter.participants.get(), decision="declined")


def processing(encounter: Any) -> None:
    audio(encounter, state="processing", upstream_note_id="n-1", accepted_at=timezone.now())


def late(encounter: Any) -> None:
    audio(
        encounter,
        state="processing",
        upstream_note_id="n-2",
        accepted_at=timezone.now() - timedelta(minutes=40),
    )


def waiting(encounter: Any) -> None:
    audio(encounter, state="queued", attempts=1, last_error=f"The note service did not answer. {KEPT}")


def rejected(encounter: Any) -> None:
    words = "The file is not a recording. Choose an MP3, M4A, WAV, WebM, OGG, FLAC or MP4 file."
    RecordingFactory(encounter=encounter, state="rejected", problem_code="not_audio", problem=words)


def nothing(_encounter: Any) -> None:
    pass


def draft(encounter: Any) -> None:
    NoteFactory(encounter=encounter)


def signed(encounter: Any) -> None:
    NoteFactory(encounter=encounter, signed=True)


def filed(encounter: Any) -> None:
    NoteFactory(encounter=encounter, filed=True)


STATES: dict[str, tuple[Callable[[Any], Any], dict[str, Any], str, str]] = {
    "consent-missing": (nothing, {}, "Ask for consent first", "Ask for consent"),
    "declined": (declined, {}, "This visit is not recorded", "Type a transcript or shorthand"),
    "nothing-yet": (nothing, {"consented": True}, "Nothing recorded yet", "Upload a recording"),
    "scheduled": (
        nothing,
        {"status": "scheduled", "started_at": None, "ended_at": None},
        "Ask for consent first",
        "Ask for consent",
    ),
    "rejected": (rejected, {"consented": True}, "The recording could not be used", "Upload another recording"),
    "held": (held, {"consented": True}, "Held: nothing has been sent", ""),
    "held-for-consent": (held_for_consent, {"consented": True}, "Held: nothing has been sent", "Ask for consent"),
    "waiting": (waiting, {"consented": True}, "Waiting to try again", ""),
    "processing": (processing, {"consented": True}, "The note is being written", ""),
    "late": (late, {"consented": True}, "Taking longer than usual", ""),
    "failed": (failed, {"consented": True}, "No draft could be made", "Try again"),
    "draft": (draft, {"consented": True}, "The draft is ready for your review", "Review the draft"),
    "signed": (signed, {"consented": True}, "Signed, not yet filed", "Open the signed note"),
    "filed": (filed, {"consented": True}, "Filed to the chart", "Open the filed note"),
    "cancelled": (nothing, {"status": "cancelled"}, "Cancelled", ""),
}  # fmt: skip


@pytest.mark.parametrize("state", STATES)
def test_state_is_said_and_has_one_next_step(
    page_for: Callable[..., Page], clinician: Any, visit: Callable[..., Any], state: str
) -> None:
    arrange, fields, headline, action = STATES[state]
    encounter = visit(**fields)
    arrange(encounter)
    page = page_for(clinician)
    page.goto(f"/encounters/{encounter.pk}/")

    expect(page.get_by_role("heading", name=headline)).to_be_visible()
    prominent = page.locator("main .button--primary")
    expect(prominent).to_have_count(1 if action else 0)
    if action:
        expect(prominent).to_have_text(action)
    assert_page_ok(page, f"encounter-{state}")


def test_compliance_sees_consent_and_progress_but_no_button_of_care(
    page_for: Callable[..., Page], compliance_officer: Any, visit: Callable[..., Any]
) -> None:
    encounter = visit(consented=True)
    failed(encounter)
    page = page_for(compliance_officer)
    page.goto(f"/encounters/{encounter.pk}/")
    expect(page.get_by_role("heading", name="Consent to recording")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("try again|agreed|write", re.I))).to_have_count(0)
    expect(page.locator("main .button--primary")).to_have_count(0)
    assert_page_ok(page, "encounter-compliance")


def test_status_follows_the_submission_by_itself(
    page_for: Callable[..., Page], clinician: Any, visit: Callable[..., Any]
) -> None:
    encounter = visit(consented=True)
    processing(encounter)
    page = page_for(clinician)
    page.goto(f"/encounters/{encounter.pk}/")
    expect(page.get_by_role("heading", name="The note is being written")).to_be_visible()

    failure = {"state": "failed", "last_error": f"No speech was found. {KEPT}"}
    Submission.objects.filter(encounter=encounter).update(**failure)
    expect(page.get_by_role("heading", name="No draft could be made")).to_be_visible()
    expect(page.get_by_role("button", name="Try again")).to_be_visible()
    assert_page_ok(page)


def test_consent_is_recorded_by_keyboard_alone(
    page_for: Callable[..., Page], clinician: Any, visit: Callable[..., Any]
) -> None:
    encounter = visit()
    page = page_for(clinician)
    page.goto(f"/encounters/{encounter.pk}/")
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent.trim()") == "Agreed":
            break
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline != "none", "the focus is visible"
    page.keyboard.press("Enter")
    expect(page.get_by_text("Everyone agreed")).to_be_visible()
    expect(page.locator("main .button--primary")).to_have_text("Upload a recording")


def test_worklist_chart_and_transcript_page_with_something_on_them(
    page_for: Callable[..., Page], clinician: Any, practice: Any
) -> None:
    for step in NextStep:
        EncounterFactory(practice=practice, provider=clinician, consented=True, next_step=step)
    note = NoteFactory(
        encounter=EncounterFactory(practice=practice, provider=clinician, consented=True), filed=True
    )
    page = page_for(clinician)
    page.goto("/")
    expect(page.get_by_role("heading", name="Draft to review")).to_be_visible()
    assert_page_ok(page, "worklist-full")
    page.goto("/?step=90")
    assert_page_ok(page, "worklist-done")
    page.goto(f"/patients/{note.patient_id}/")
    expect(page.get_by_role("heading", name="Filed notes")).to_be_visible()
    assert_page_ok(page, "chart-full")
    page.goto(f"/encounters/{note.encounter_id}/transcript/")
    page.get_by_label("Text").fill("too short")
    page.get_by_role("button", name="Make the draft").click()
    expect(page.get_by_label("Text")).to_have_value("too short")
    assert_page_ok(page, "transcript-refused")
