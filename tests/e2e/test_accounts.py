from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from playwright.sync_api import Page, expect

from tests.e2e.checks import assert_page_ok
from tests.e2e.error_urls import WITH_REQUEST, WITHOUT_CONTEXT
from tests.factories.authenticators import code_now, enrol, recovery_codes
from tests.factories.people import PASSWORD

HOME = "/accounts/2fa/"


@pytest.fixture
def enrolled(transactional_db: None, clinician: Any) -> Any:
    enrol(clinician)
    return clinician


def test_sign_in_page(page: Page) -> None:
    page.goto("/accounts/login/")
    assert_page_ok(page, "login")


def test_person_signs_in_with_the_keyboard_alone(page: Page, enrolled: Any) -> None:
    page.goto(f"/accounts/login/?next={HOME}")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type(enrolled.email)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="Second step")).to_be_visible()
    assert_page_ok(page, "second-step")
    page.get_by_role("link", name="Skip to content").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type(code_now())
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="Two-step sign-in")).to_be_visible()
    assert_page_ok(page, "account")


def test_wrong_password_is_explained_beside_what_was_typed(page: Page, enrolled: Any) -> None:
    page.goto("/accounts/login/")
    page.get_by_label("Email").fill(enrolled.email)
    page.get_by_label("Password").fill("not this one")
    page.get_by_role("button", name="Continue").click()

    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("do not match")
    expect(alert).to_be_focused()
    expect(page.get_by_label("Email")).to_have_value(enrolled.email)
    assert_page_ok(page, "login-refused")


def test_wrong_code_takes_the_focus_to_its_field(page: Page, enrolled: Any) -> None:
    page.goto("/accounts/login/")
    page.get_by_label("Email").fill(enrolled.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Code").fill("000000")
    page.get_by_role("button", name="Sign in").click()

    expect(page.get_by_label("Code")).to_be_focused()
    expect(page.get_by_label("Code")).to_have_accessible_description(
        "This code is not valid or was used before. Wait for the next one and try again."
    )
    assert_page_ok(page, "second-step-refused")


def test_second_step_is_set_up_at_the_first_sign_in(
    page: Page, transactional_db: None, clinician: Any
) -> None:
    page.goto("/accounts/login/")
    page.get_by_label("Email").fill(clinician.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()

    expect(page.get_by_role("heading", name="Set up the second step")).to_be_visible()
    assert_page_ok(page, "set-up")
    page.get_by_label("Authenticator code").fill(code_now(page.locator("code").inner_text()))
    page.get_by_role("button", name="Switch on").click()

    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    expect(page.locator(".codes li")).to_have_count(10)
    assert page.locator(".codes li").first.inner_text() == recovery_codes(clinician)[0]
    assert_page_ok(page, "recovery-codes")


@pytest.mark.parametrize(
    "path",
    [
        "/accounts/2fa/",
        "/accounts/2fa/totp/deactivate/",
        "/accounts/2fa/recovery-codes/generate/",
        "/accounts/reauthenticate/",
        "/accounts/2fa/reauthenticate/",
        "/accounts/password/change/",
        "/accounts/sessions/",
        "/accounts/logout/",
    ],
)
def test_account_pages(page_for: Callable[..., Page], enrolled: Any, path: str) -> None:
    page = page_for(enrolled, confirmed=True)
    page.goto(path)
    assert page.url.endswith(path)
    assert_page_ok(page, path.strip("/").replace("/", "-"))


@pytest.mark.parametrize(
    "path",
    [
        "/accounts/password/reset/",
        "/accounts/password/reset/done/",
        "/accounts/password/reset/key/done/",
        "/accounts/password/reset/key/1-bad/",
        "/accounts/inactive/",
        "/accounts/signup/",
        "/accounts/login/?ended=idle",
        "/no/such/page/",
    ],
)
def test_pages_for_anybody(page: Page, transactional_db: None, path: str) -> None:
    page.goto(path)
    assert_page_ok(page, path.strip("/").replace("/", "-").replace("?", "-"))


@pytest.mark.parametrize("template", [*WITHOUT_CONTEXT, *WITH_REQUEST])
def test_pages_that_say_why_something_did_not_work(
    page_for: Callable[..., Page], enrolled: Any, settings: Any, template: str
) -> None:
    settings.ROOT_URLCONF = "tests.e2e.error_urls"
    page = page_for(enrolled)
    page.goto(f"/error/{template}")
    expect(page.get_by_role("main").get_by_role("link")).to_have_count(1)
    assert_page_ok(page, template.replace("/", "-").removesuffix(".html"))


def test_password_is_reset_through_the_link(page: Page, enrolled: Any) -> None:
    page.goto("/accounts/password/reset/")
    page.get_by_label("Email").fill(enrolled.email)
    page.get_by_role("button", name="Send the link").click()
    expect(page.get_by_role("heading", name="Look into your e-mail")).to_be_visible()
    link = next(word for word in mail.outbox[0].body.split() if word.startswith("http"))

    page.goto(link)
    assert_page_ok(page, "new-password")
    page.get_by_label("New Password", exact=True).fill("another-long-passphrase")
    page.get_by_label("New Password (again)").fill("another-long-passphrase")
    page.get_by_role("button", name="Change password").click()

    expect(page.get_by_role("heading", name="Password changed")).to_be_visible()


def test_signing_out_from_the_menu(page_for: Callable[..., Page], enrolled: Any) -> None:
    page = page_for(enrolled)
    page.goto(HOME)
    page.get_by_text("Account", exact=True).click()
    assert_page_ok(page, "menu")
    page.get_by_role("button", name="Sign out").click()

    expect(page.get_by_role("status")).to_contain_text("You have signed out")


def test_idle_warning_keeps_the_person_signed_in_when_asked(
    page_for: Callable[..., Page], enrolled: Any
) -> None:
    page = page_for(enrolled)
    page.clock.install()
    page.goto(HOME)
    page.clock.run_for("13:30")

    warning = page.get_by_role("alertdialog")
    expect(warning).to_contain_text("signed out in two minutes")
    assert_page_ok(page, "idle-warning")
    warning.get_by_role("button", name="Stay signed in").click()

    expect(warning).to_have_count(0)


def test_page_left_open_says_that_its_text_is_kept_and_goes_on_after_signing_in_elsewhere(
    page_for: Callable[..., Page], enrolled: Any
) -> None:
    page = page_for(enrolled)
    page.clock.install()
    page.goto("/accounts/password/change/")
    page.clock.run_for("15:30")

    ended = page.get_by_role("alertdialog")
    expect(ended).to_contain_text("What you typed is still on this page")
    other = page.context.new_page()
    other.goto(HOME)

    expect(ended).to_have_count(0)
