"""Reviewing, signing and adding to a note in a real browser: nobody's words lost, every step possible by keyboard."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from notes.models import Note, Revision
from tests.e2e.checks import assert_page_ok
from tests.factories.encounters import EncounterFactory
from tests.factories.notes import NoteFactory, content
from tests.factories.people import PASSWORD

SAVED = re.compile(r"^Saved \d\d:\d\d$")
PageFor = Callable[..., Page]


@pytest.fixture
def encounter(transactional_db: None, practice: Any, clinician: Any) -> Any:
    return EncounterFactory(practice=practice, provider=clinician, consented=True)


@pytest.fixture
def note(encounter: Any) -> Note:
    return NoteFactory(encounter=encounter, sandbox=True)


def address(name: str, note: Note) -> str:
    return reverse(name, args=[note.pk])


def plan_of(note: Note) -> str:
    note.refresh_from_db()
    return str(note.working["sections"]["plan"])


def state(page: Page) -> Any:
    return page.locator("[data-save-state]")


def test_the_draft_beside_what_was_said(page_for: PageFor, note: Note, clinician: Any) -> None:
    page = page_for(clinician)
    page.goto(address("note", note))
    expect(page.get_by_label("Subjective")).to_have_value(content()["sections"]["subjective"])
    expect(page.get_by_role("complementary", name="What was said")).to_contain_text("knee has hurt")
    expect(page.get_by_text("AI draft, not yet reviewed")).to_be_visible()
    assert_page_ok(page, "review")


def test_typing_saves_by_itself_and_says_so(page_for: PageFor, note: Note, clinician: Any) -> None:
    page = page_for(clinician)
    page.goto(address("note", note))
    page.get_by_label("Plan").fill("Rest for a week.")
    expect(state(page)).to_have_text(SAVED)
    assert plan_of(note) == "Rest for a week."
    page.get_by_label("Plan").fill("Rest for two weeks.")
    page.get_by_label("Assessment").focus()
    expect(state(page)).to_have_text(SAVED)
    expect(page.locator("[name=version]")).to_have_value("3")
    assert plan_of(note) == "Rest for two weeks."
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0


def test_a_billing_code_is_removed_and_another_added(page_for: PageFor, note: Note, clinician: Any) -> None:
    page = page_for(clinician)
    page.goto(address("note", note))
    page.get_by_label("Remove M25.562").check()
    page.get_by_label("Add a code").fill("M22.2X2")
    page.get_by_label("Plan").focus()
    expect(state(page)).to_have_text(SAVED)
    note.refresh_from_db()
    assert [code["code"] for code in note.working["billing_codes"]] == ["M22.2X2"]


def test_two_people_write_at_once_and_both_texts_survive(
    page_for: PageFor, note: Note, clinician: Any, colleague: Any
) -> None:
    first, second = page_for(colleague), page_for(clinician)
    for page in (first, second):
        page.goto(address("note", note))
    first.get_by_label("Plan").fill("Refer to physiotherapy. Return in three weeks.")
    expect(state(first)).to_have_text(SAVED)
    second.get_by_label("Plan").fill("Ibuprofen 200 mg twice a day with food. Return in three weeks.")
    expect(state(second)).to_contain_text(f"Not saved: {colleague} changed this note")
    expect(second.get_by_label("Plan")).to_have_value(re.compile("Ibuprofen 200 mg"))
    assert "physiotherapy" in plan_of(note)
    assert_page_ok(second, "conflict-told")

    second.get_by_role("button", name="Compare the two texts").click()
    expect(second.get_by_role("heading", name="Two versions of this note")).to_be_visible()
    assert_page_ok(second, "conflict")
    second.get_by_label("Keep both, as edited here").check()
    second.get_by_role("button", name="Save my choice").click()

    expect(second.get_by_label("Plan")).to_have_value(re.compile("physiotherapy(.|\n)*Ibuprofen 200 mg"))
    kept = [one.content["sections"]["plan"] for one in note.revisions.filter(kind=Revision.Kind.SAVED)]
    assert any("physiotherapy" in plan for plan in kept)
    assert any("200 mg" in plan for plan in kept)


def test_changes_to_different_sections_need_no_thought(
    page_for: PageFor, note: Note, clinician: Any, colleague: Any
) -> None:
    first, second = page_for(colleague), page_for(clinician)
    for page in (first, second):
        page.goto(address("note", note))
    first.get_by_label("Objective").fill("Slight swelling.")
    expect(state(first)).to_have_text(SAVED)
    second.get_by_label("Plan").fill("Rest.")
    second.get_by_role("button", name="Compare the two texts").click()
    second.get_by_role("button", name="Save my choice").click()
    expect(second.get_by_label("Plan")).to_have_value("Rest.")
    expect(second.get_by_label("Objective")).to_have_value("Slight swelling.")


def test_typing_without_a_connection_is_saved_when_it_is_back(
    page_for: PageFor, note: Note, clinician: Any
) -> None:
    page = page_for(clinician)
    page.goto(address("note", note))
    page.context.set_offline(True)
    page.get_by_label("Plan").fill("Typed in the lift.")
    expect(state(page)).to_have_text("Not saved: no connection. Keep this page open")
    assert plan_of(note) == content()["sections"]["plan"]
    page.context.set_offline(False)
    expect(state(page)).to_have_text(SAVED)
    assert plan_of(note) == "Typed in the lift."


def test_a_lost_answer_is_not_taken_for_a_conflict(page_for: PageFor, note: Note, clinician: Any) -> None:
    page = page_for(clinician)
    page.goto(address("note", note))

    def lose_the_answer(route: Any) -> None:
        route.fetch()
        route.abort()

    page.route("**/draft/", lose_the_answer, times=1)
    page.get_by_label("Plan").fill("Rest.")
    expect(state(page)).to_have_text("Not saved: no connection. Keep this page open")
    page.get_by_label("Plan").press_sequentially(" And ice.")
    expect(state(page)).to_have_text(SAVED)
    assert plan_of(note) == "Rest. And ice."


def test_leaving_with_unsaved_text_is_asked_about(page_for: PageFor, note: Note, clinician: Any) -> None:
    page = page_for(clinician)
    page.goto(address("note", note))
    page.route("**/draft/", lambda route: route.abort())
    page.get_by_label("Plan").press_sequentially("More.")
    asked: list[str] = []
    page.once("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    with page.expect_event("dialog"):
        page.evaluate("setTimeout(() => { location.href = '/accounts/2fa/' })")
    assert asked == ["beforeunload"]
    page.unroute("**/draft/")
    expect(state(page)).to_have_text(SAVED)
    expect(page.get_by_label("Plan")).to_have_value(re.compile("More"))


def test_signed_out_meanwhile_the_text_stays_and_is_saved_after_signing_in_again(
    page_for: PageFor, note: Note, clinician: Any
) -> None:
    page = page_for(clinician)
    page.goto(address("note", note))
    cookies = page.context.cookies()
    page.context.clear_cookies()
    page.get_by_label("Plan").fill("Written while signed out.")
    expect(state(page)).to_have_text("Not saved: you are signed out. Your text is still here")
    expect(page.get_by_role("link", name="Sign in again in a new tab")).to_be_visible()
    page.context.add_cookies(cookies)  # type: ignore[arg-type]
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(state(page)).to_have_text(SAVED)
    assert plan_of(note) == "Written while signed out."


def test_text_that_is_too_long_is_refused_by_name_and_stays(
    page_for: PageFor, note: Note, clinician: Any
) -> None:
    page = page_for(clinician)
    page.goto(address("note", note))
    page.get_by_label("Plan").fill("x" * 200_001)
    expect(page.get_by_role("heading", name="Not saved")).to_be_visible()
    expect(page.get_by_text("Plan is too long")).to_be_visible()
    assert len(page.get_by_label("Plan").input_value()) == 200_001
    page.get_by_label("Plan").fill("Shorter.")
    expect(state(page)).to_have_text(SAVED)


def test_signed_while_somebody_else_was_writing(
    page_for: PageFor, note: Note, clinician: Any, assistant: Any
) -> None:
    writing, signing = page_for(assistant), page_for(clinician, confirmed=True)
    writing.goto(address("note", note))
    signing.goto(address("note-sign", note))
    signing.get_by_role("checkbox").check()
    signing.get_by_role("button", name="Sign note").click()
    expect(signing.get_by_role("button", name="Take back signature")).to_be_visible()
    writing.get_by_label("Plan").fill("Too late, but not lost.")
    expect(state(writing)).to_have_text("Not saved: the note was signed meanwhile")
    writing.get_by_role("button", name="Compare the two texts").click()
    expect(
        writing.get_by_role("heading", name="Your last changes are not in the signed note")
    ).to_be_visible()
    expect(writing.locator("ins").first).to_contain_text("Too late")
    assert_page_ok(writing, "signed-meanwhile")


def test_correct_sign_take_back_sign_file_and_add_by_keyboard_alone(
    page_for: PageFor, note: Note, clinician: Any
) -> None:
    page = page_for(clinician, confirmed=True)
    page.goto(address("note", note))
    page.get_by_label("Plan").focus()
    page.keyboard.press("ControlOrMeta+End")
    page.keyboard.type(" Ice after exercise.")
    press(page, "Review and sign")
    expect(page.get_by_role("heading", name="Sign the note")).to_be_visible()
    expect(page.get_by_text("Ice after exercise.")).to_be_visible()
    expect(page.get_by_role("checkbox")).not_to_be_checked()
    assert_page_ok(page, "sign")
    page.get_by_role("checkbox").focus()
    page.keyboard.press("Space")
    press(page, "Sign note")

    expect(page.get_by_text("Signed, not filed yet")).to_be_visible()
    assert_page_ok(page, "signed")
    press(page, "Take back signature")
    expect(page.get_by_label("Plan")).to_have_value(re.compile("Ice after exercise"))

    press(page, "Review and sign")
    page.get_by_role("checkbox").focus()
    page.keyboard.press("Space")
    press(page, "Sign note")
    press(page, "File to chart")
    expect(page.get_by_text("Filed to the chart.")).to_be_visible()
    assert_page_ok(page, "filed")

    page.get_by_role("link", name="Add to this note").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Correction").focus()
    page.keyboard.press("Space")
    page.get_by_label("Reason").focus()
    page.keyboard.type("Wrong side dictated")
    page.get_by_label("Text").focus()
    page.keyboard.type("The right knee, not the left.")
    assert_page_ok(page, "addendum-form")
    page.get_by_role("checkbox").focus()
    page.keyboard.press("Space")
    press(page, "Sign and add")
    expect(page.get_by_text("Added, signed and filed.")).to_be_visible()
    expect(page.get_by_text("The right knee, not the left.")).to_be_visible()
    assert_page_ok(page, "amended")

    page.get_by_role("link", name="History and original draft").focus()
    page.keyboard.press("Enter")
    expect(page.locator("ins", has_text="Ice after exercise")).to_be_visible()
    expect(page.get_by_text("Taken back", exact=True)).to_be_visible()
    assert_page_ok(page, "history")

    page.get_by_role("link", name="Back to the note").click()
    page.get_by_role("link", name="Entered in error…").focus()
    page.keyboard.press("Enter")
    page.get_by_role("textbox", name="Reason").focus()
    page.keyboard.type("Written for another patient")
    assert_page_ok(page, "retraction-form")
    page.get_by_role("checkbox").focus()
    page.keyboard.press("Space")
    press(page, "Sign and take out of use")
    expect(page.get_by_role("region", name="Entered in error: do not rely on this note")).to_be_visible()
    assert_page_ok(page, "retracted")


def press(page: Page, button: str) -> None:
    page.get_by_role("button", name=button).focus()
    page.keyboard.press("Enter")


def test_signing_asks_who_you_are_and_then_shows_the_text_again(
    page_for: PageFor, note: Note, clinician: Any
) -> None:
    page = page_for(clinician)
    page.goto(address("note", note))
    page.get_by_role("button", name="Review and sign").click()
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Sign the note")).to_be_visible()


def test_an_assistant_prepares_and_is_told_who_signs(page_for: PageFor, note: Note, assistant: Any) -> None:
    page = page_for(assistant)
    page.goto(address("note", note))
    expect(page.get_by_role("button", name="Review and sign")).to_have_count(0)
    page.get_by_role("link", name="Who can sign?").click()
    expect(page.get_by_role("heading", name="A provider signs this note")).to_be_visible()
    assert_page_ok(page, "cannot-sign")


def test_without_script_the_note_is_saved_and_a_conflict_settled(
    page_for: PageFor, note: Note, clinician: Any, colleague: Any
) -> None:
    first, second = (
        page_for(colleague, java_script_enabled=False),
        page_for(clinician, java_script_enabled=False),
    )
    for page in (first, second):
        page.goto(address("note", note))
    first.get_by_label("Plan").fill("Refer to physiotherapy.")
    first.get_by_role("button", name="Save", exact=True).click()
    expect(first.get_by_text(re.compile(r"^Saved at"))).to_be_visible()
    second.get_by_label("Plan").fill("Rest.")
    second.get_by_role("button", name="Save", exact=True).click()
    expect(second.get_by_role("heading", name="Two versions of this note")).to_be_visible()
    second.get_by_label("Keep mine").check()
    second.get_by_role("button", name="Save my choice").click()
    expect(second.get_by_label("Plan")).to_have_value("Rest.")
    assert plan_of(note) == "Rest."


def test_hostile_and_right_to_left_text_is_shown_as_text(
    page_for: PageFor, encounter: Any, clinician: Any
) -> None:
    hostile = "<script>document.title='owned'</script> </textarea><img src=x onerror=alert(1)> ألم في الركبة"
    text = content(plan=hostile, subjective="</script><b>bold</b>")
    lines = [{"speaker": "<i>Patient</i>", "start": 1.0, "end": 2.0, "text": hostile}]
    note = NoteFactory(encounter=encounter, working=text, transcript=lines)
    page = page_for(clinician, confirmed=True)
    page.goto(address("note", note))
    expect(page.get_by_label("Plan")).to_have_value(hostile)
    page.get_by_role("button", name="Review and sign").click()
    expect(page.get_by_role("article")).to_contain_text(hostile)
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Sign note").click()
    expect(page.get_by_role("article")).to_contain_text(hostile)
    assert_page_ok(page, "hostile")
