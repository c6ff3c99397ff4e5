"""The environment's key becomes the first account of a deployment with one practice, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from consent.models import AuditEvent
from notes import tasks
from notes.models import EngineAccount
from notes.services.engine_accounts import engine_account_from_environment
from tests.factories.notes import EngineAccountFactory
from tests.factories.people import PracticeFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _environment(settings: Any) -> None:
    settings.SOAPNOTEAPI_BASE_URL = "https://api.soapnoteapi.com"
    settings.SOAPNOTEAPI_KEY = "snapi_sk_live_Zqxkey"
    settings.SOAPNOTEAPI_WEBHOOK_SECRET = "whsec_Zqxsecret"


def test_the_sweep_makes_the_account_of_the_only_practice_once(practice: Any) -> None:
    tasks.sweep()
    tasks.sweep()
    account = EngineAccount.objects.get()
    assert (account.practice, account.kind, account.mode) == (practice, "soapnoteapi", "live")
    assert (account.api_key, account.webhook_secret) == ("snapi_sk_live_Zqxkey", "whsec_Zqxsecret")
    assert account.base_url == "https://api.soapnoteapi.com"


def test_making_it_is_audited_without_the_secrets(practice: Any) -> None:
    engine_account_from_environment()
    event = AuditEvent.objects.get(action="engine_account.changed")
    assert event.chain == practice.pk
    assert "Zqx" not in event.data


def test_a_test_key_makes_a_test_account(settings: Any, practice: Any) -> None:
    settings.SOAPNOTEAPI_KEY = "snapi_sk_test_Zqxkey"
    engine_account_from_environment()
    assert EngineAccount.objects.get().mode == "test"


def test_an_account_that_administration_made_is_left_alone_even_when_inactive(practice: Any) -> None:
    EngineAccountFactory(practice=practice, active=False)
    assert engine_account_from_environment() is None
    assert EngineAccount.objects.count() == 1


def test_nothing_is_made_without_a_practice_or_for_several() -> None:
    assert engine_account_from_environment() is None
    PracticeFactory.create_batch(2)
    assert engine_account_from_environment() is None


def test_nothing_is_made_without_a_key(settings: Any, practice: Any) -> None:
    settings.SOAPNOTEAPI_KEY = ""
    assert engine_account_from_environment() is None
