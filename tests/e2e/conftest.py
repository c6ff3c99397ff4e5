"""Debian's Chromium against the live server. Without the browser these tests are left out, and say so."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.usersessions.models import UserSession
from django.conf import settings as django_settings
from django.test import Client
from playwright.sync_api import Browser, Page, Playwright, sync_playwright

from encounters.accounts import sessions
from tests.e2e.checks import DESKTOP, watched_page

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--force-color-profile=srgb"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    if not CHROMIUM.exists():
        pytest.skip("left out: Chromium is not at /usr/bin/chromium (Debian: apt-get install chromium)")
    # Playwright runs an event loop in this thread, in which Django would refuse to touch the database.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as started:
        yield started
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    chromium = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
    yield chromium
    chromium.close()


@pytest.fixture(autouse=True)
def _as_in_production(settings: Any) -> None:
    settings.REQUIRE_MFA = True


@pytest.fixture
def new_page(browser: Browser, live_server: Any) -> Iterator[Callable[..., Page]]:
    """new_page(): a page in a browser profile of its own; further arguments go to the profile."""
    contexts = []

    def opened(**options: Any) -> Page:
        context = browser.new_context(base_url=live_server.url, viewport=DESKTOP, **options)  # type: ignore[arg-type]
        context.set_default_timeout(10_000)
        contexts.append(context)
        return watched_page(context)

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    """A page of somebody who is not signed in."""
    return new_page()


@pytest.fixture
def page_for(new_page: Callable[..., Page], live_server: Any) -> Callable[..., Page]:
    """page_for(user): a page of a signed-in person whose second factor is given.

    With ``confirmed=True`` they have just confirmed their identity too, as signing asks.
    """

    def signed_in(user: Any, *, confirmed: bool = False, **options: Any) -> Page:
        client = Client()
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        session = client.session
        sessions.start(session)
        sessions.second_factor_given(session, user)
        practice = user.memberships.select_related("practice").first()
        session[sessions.PRACTICE_NAME] = practice.practice.name if practice else ""
        if confirmed:
            record = {"method": "mfa", "type": "totp", "at": time.time(), "reauthenticated": True}
            session[AUTHENTICATION_METHODS_SESSION_KEY] = [record]
            session["account_authentication_methods_user"] = str(user.pk)
        session.save()
        UserSession.objects.create(
            user=user, ip="127.0.0.1", session_key=session.session_key, user_agent="Chromium"
        )
        opened = new_page(**options)
        name = django_settings.SESSION_COOKIE_NAME
        opened.context.add_cookies([{"name": name, "value": session.session_key, "url": live_server.url}])
        return opened

    return signed_in
