"""What every test stands on: three people, guarded tables, no network beyond this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client, TransactionTestCase

from consent import immutability
from encounters.models import Role
from tests.factories.people import MembershipFactory, PracticeFactory, UserFactory

pytest_plugins = ["tests.fixtures_audio", "tests.world"]
SHARED = Path(__file__).resolve().parent.parent.parent / "shared"
DATABASE_FIXTURES = {"db", "transactional_db", "django_db_setup", "live_server"}
SANDBOX = Path(__file__).resolve().parent / "notes" / "sandbox"


def pytest_configure(config: pytest.Config) -> None:
    _let_flush_past_the_triggers()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests that speak of one database are not collected on the other, and what knows none runs once."""
    for item in items:
        if SANDBOX in item.path.parents or _knows_no_database(item):
            item.add_marker(pytest.mark.sqlite)
    other = "postgres" if settings.DATABASES["default"]["ENGINE"].endswith("sqlite3") else "sqlite"
    kept = [item for item in items if not item.get_closest_marker(other)]
    config.hook.pytest_deselected(items=[item for item in items if item.get_closest_marker(other)])
    items[:] = kept


def _knows_no_database(item: pytest.Item) -> bool:
    """Neither asks for the database nor, as processes and servers do, brings one along."""
    asked = DATABASE_FIXTURES & set(getattr(item, "fixturenames", ()))
    return not asked and not any(item.get_closest_marker(name) for name in ("django_db", "slow", "postgres"))


def _let_flush_past_the_triggers() -> None:
    """Transactional tests empty the tables between tests, which is just what the triggers refuse."""
    teardown = TransactionTestCase._fixture_teardown

    def unguarded(self: TransactionTestCase) -> None:
        for model in immutability.immutable_models():
            immutability.remove(model, connection)
        teardown(self)
        for model in immutability.immutable_models():
            immutability.install(model, connection)

    TransactionTestCase._fixture_teardown = unguarded  # type: ignore[method-assign]


@pytest.fixture(autouse=True)
def _test_settings(settings: Any, tmp_path: Path) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path / "docs"},
        },
        "audio": {**settings.STORAGES["audio"], "OPTIONS": {"location": str(tmp_path / "audio")}},
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    settings.CACHES = {
        name: {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": str(tmp_path / name)}
        for name in ("default", "q2")
    }
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.REQUIRE_MFA = False
    settings.DEMO = True
    settings.ALLOWED_HOSTS = ["testserver", "127.0.0.1", "localhost"]


@pytest.fixture
def shared_audio() -> Path:
    """Real recordings kept beside the repository; absent on some machines."""
    folder = SHARED / "audio"
    if not folder.is_dir():
        pytest.skip("left out: the folder of real recordings (shared/audio) is not on this machine")
    return folder


@pytest.fixture
def shared_text() -> Path:
    """Published dialogues with their notes kept beside the repository; absent on some machines."""
    folder = SHARED / "text"
    if not folder.is_dir():
        pytest.skip("left out: the folder of published dialogues (shared/text) is not on this machine")
    return folder


@pytest.fixture
def practice(db: None) -> Any:
    return PracticeFactory()


@pytest.fixture
def clinician(practice: Any) -> Any:
    return MembershipFactory(practice=practice, role=Role.PROVIDER, credentials="MD").user


@pytest.fixture
def colleague(practice: Any) -> Any:
    return MembershipFactory(practice=practice, role=Role.PROVIDER, credentials="NP").user


@pytest.fixture
def assistant(practice: Any) -> Any:
    return MembershipFactory(practice=practice, role=Role.ASSISTANT).user


@pytest.fixture
def compliance_officer(practice: Any) -> Any:
    return MembershipFactory(practice=practice, role=Role.COMPLIANCE).user


@pytest.fixture
def administrator(practice: Any) -> Any:
    return MembershipFactory(practice=practice, role=Role.ADMIN, user=UserFactory(is_staff=True)).user


@pytest.fixture
def outsider(db: None) -> Any:
    """A provider of another practice, who must never see anything of ours."""
    return MembershipFactory(role=Role.PROVIDER).user


@pytest.fixture
def client_of(db: None) -> Any:
    """client_of(user): a test client signed in as that user, just now."""

    def signed_in(user: Any) -> Client:
        client = Client()
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return signed_in
