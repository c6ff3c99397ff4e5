from __future__ import annotations

from typing import Any

import pytest

from config import checks


def ids(found: list[Any]) -> set[str]:
    return {str(message.id) for message in found}


@pytest.fixture
def production(settings: Any) -> Any:
    settings.DEMO = settings.DEBUG = False
    settings.SECRET_KEY = "a long random key of this deployment"
    settings.ENCRYPTION_KEYS = ["k1:" + "A" * 43 + "="]
    settings.PUBLIC_BASE_URL = "https://clinic.example"
    settings.HTTPS = True
    return settings


def test_own_keys_are_fine(production: Any) -> None:
    assert ids(checks.secrets_are_set()) == set()


def test_development_keys_are_named_outside_a_demo(production: Any) -> None:
    production.SECRET_KEY = production.INSECURE_KEY
    production.ENCRYPTION_KEYS = ["dev:" + "A" * 43 + "="]
    assert ids(checks.secrets_are_set()) == {"config.W001", "config.W002"}
    production.DEMO = True
    assert ids(checks.secrets_are_set()) == set()


@pytest.mark.parametrize(
    ("hosts", "expected"),
    [(["127.0.0.1", "localhost"], set()), (["clinic.example"], {"config.E001"}), (["*"], {"config.E001"})],
)
def test_debug_stays_on_this_machine(production: Any, hosts: list[str], expected: set[str]) -> None:
    production.DEBUG, production.ALLOWED_HOSTS = True, hosts
    assert ids(checks.debug_stays_local()) == expected


def test_a_demo_is_no_production(production: Any) -> None:
    assert "config.E002" not in ids(checks.production_parts())
    production.DEMO = True
    assert "config.E002" in ids(checks.production_parts())


def test_plain_http_and_sqlite_are_named(production: Any) -> None:
    production.HTTPS = False
    assert "config.W005" in ids(checks.production_parts())
    production.DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3"}}
    assert "config.W004" in ids(checks.production_parts())


def test_mail_that_only_reaches_the_log_and_a_refused_host_are_named(production: Any) -> None:
    production.ALLOWED_HOSTS = ["clinic.example"]
    production.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    assert not {"config.W006", "config.W007"} & ids(checks.production_parts())
    production.ALLOWED_HOSTS = ["other.example"]
    production.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    assert {"config.W006", "config.W007"} <= ids(checks.production_parts())
