from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Dialog, Page, expect

from tests.e2e import form_urls
from tests.e2e.checks import assert_page_ok


@pytest.fixture
def plan(page_for: Callable[..., Page], transactional_db: None, clinician: Any, settings: Any) -> Page:
    settings.ROOT_URLCONF = "tests.e2e.form_urls"
    form_urls.received.clear()
    page = page_for(clinician)
    page.goto("/plan/")
    return page


def test_leaving_with_unsent_words_asks_first(plan: Page) -> None:
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    plan.on("dialog", stay)
    plan.get_by_label("Plan").fill("Rest and fluids")
    plan.get_by_role("link", name="Leave").click(no_wait_after=True)
    expect(plan.get_by_label("Plan")).to_have_value("Rest and fluids")
    plan.wait_for_function("() => true")

    assert asked == ["beforeunload"]
    assert plan.url.endswith("/plan/")


def test_leaving_after_autosave_asks_nothing(plan: Page) -> None:
    plan.get_by_label("Plan").fill("Rest and fluids")
    plan.locator("form[data-guard]").evaluate("(form) => form.dispatchEvent(new Event('countersign:saved'))")
    plan.get_by_role("link", name="Leave").click()

    expect(plan).to_have_url(f"{plan.url.split('/plan')[0].split('/elsewhere')[0]}/elsewhere/")


def test_impatient_double_click_sends_once_with_the_buttons_value(plan: Page) -> None:
    plan.get_by_label("Plan").fill("Rest")
    plan.get_by_label("In person").check()
    plan.get_by_role("button", name="Send").dblclick()

    expect(plan.get_by_text("Received 1: Rest/yes")).to_be_visible()
    assert form_urls.received == ["Rest/yes"]


def test_refused_form_keeps_the_words_and_leads_to_the_first_problem(plan: Page) -> None:
    plan.locator("form[data-guard]").evaluate("(form) => { form.noValidate = true; }")
    plan.get_by_label("Plan").fill("Rest and fluids")
    plan.get_by_role("button", name="Send").click()

    expect(plan.get_by_role("alert")).to_contain_text("Please check the marked field")
    expect(plan.get_by_label("Plan")).to_have_value("Rest and fluids")
    expect(plan.get_by_role("group", name="Mode")).to_have_accessible_description("This field is required.")
    assert_page_ok(plan, "form-refused")
