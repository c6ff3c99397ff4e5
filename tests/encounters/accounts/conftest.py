from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.http import HttpResponse
from django.test import Client

from consent.models import AuditEvent
from tests.factories.authenticators import code_now, enrol
from tests.factories.people import PASSWORD

NOON = dt.datetime(2026, 11, 22, 12, 0, 0, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def _second_factor_is_required(settings: Any) -> None:
    settings.REQUIRE_MFA = True
    settings.ROOT_URLCONF = "tests.encounters.accounts.urls"


@pytest.fixture
def clock() -> Any:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def enrolled(clinician: Any) -> Any:
    enrol(clinician)
    return clinician


@pytest.fixture
def sign_in(db: None) -> Callable[..., HttpResponse]:
    """sign_in(client, user): walks both steps through the pages; the answer of the last one."""

    def walk(client: Client, user: Any, *, code: str | None = None, to: str = "/record/") -> HttpResponse:
        answer = client.post("/accounts/login/", {"login": user.email, "password": PASSWORD, "next": to})
        if answer.status_code == 302 and "/2fa/authenticate/" in answer["Location"]:
            return client.post(answer["Location"], {"code": code or code_now()})
        return answer

    return walk


@pytest.fixture
def signed_in(client: Client, clock: Any, enrolled: Any, sign_in: Any) -> Client:
    """The clinician's browser, both steps taken, at noon."""
    assert sign_in(client, enrolled).status_code == 302
    return client


@pytest.fixture
def actions(db: None) -> Callable[[], list[str]]:
    """actions(): what the audit trail says of people's own acts, oldest first."""
    events = AuditEvent.objects.exclude(actor_kind="system").order_by("id")
    return lambda: list(events.all().values_list("action", flat=True))
