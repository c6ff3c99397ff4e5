"""Video connections in administration: two steps to add one, secrets that never come back, and a test that tells."""

from __future__ import annotations

from typing import Any

import pytest

from consent.models import AuditEvent
from encounters.models import VideoConnection
from tests.admin.conftest import address
from tests.admin.test_changing import filled, saved
from tests.encounters.vendors.fake_twilio import FakeTwilio
from tests.factories.video import VideoConnectionFactory

pytestmark = pytest.mark.django_db


def add(boss: Any, practice: Any, vendor: str) -> VideoConnection:
    form = {"practice": str(practice.pk), "vendor": vendor, "name": "Video visits"}
    saved(boss.post(address(VideoConnection, "add"), form))
    return VideoConnection.objects.get()


def test_the_second_step_asks_for_what_the_vendor_needs_and_tells_the_callback_address(
    boss, practice
) -> None:
    connection = add(boss, practice, "zoom")
    page = boss.get(address(VideoConnection, "change", connection.pk)).content.decode()
    assert f"/hooks/recordings/{connection.pk}/" in page
    for label in ("Account ID", "Client ID", "Client secret", "Secret token"):
        assert label in page, label


def test_secrets_are_stored_sealed_and_never_shown_again(boss, practice) -> None:
    connection = add(boss, practice, "vonage")
    path = address(VideoConnection, "change", connection.pk)
    key = "-----BEGIN PRIVATE KEY-----\nMIIsecret\n-----END PRIVATE KEY-----"
    saved(
        boss.post(
            path,
            filled(boss, path, account_ref="app", vendor_private_key=key, new_webhook_secret="first secret"),
        )
    )
    saved(boss.post(path, filled(boss, path, name="Renamed", new_webhook_secret="second secret")))
    connection.refresh_from_db()
    assert connection.credentials == {"private_key": key}
    assert (connection.webhook_secret, connection.previous_webhook_secret) == (
        "second secret",
        "first secret",
    )
    page = boss.get(path).content.decode()
    assert not any(secret in page for secret in ("MIIsecret", "first secret", "second secret"))
    assert "Still accepted" in page
    trail = "".join(
        AuditEvent.objects.filter(action="video_connection.changed").values_list("data", flat=True)
    )
    assert "credentials" in trail and "MIIsecret" not in trail
    saved(boss.post(path, filled(boss, path, forget_previous="on")))
    connection.refresh_from_db()
    assert connection.previous_webhook_secret == ""


def test_keys_are_not_led_to_another_address(boss, practice) -> None:
    connection = VideoConnectionFactory(practice=practice)
    path = address(VideoConnection, "change", connection.pk)
    answer = boss.post(path, filled(boss, path, host="https://elsewhere.example"))
    assert answer.status_code == 200
    assert "Enter it again for this account and address." in answer.content.decode()
    connection.refresh_from_db()
    assert connection.host == ""


@pytest.mark.parametrize(
    "host", ["http://plain.example", "https://example.com/with/path", "https://me@example.com"]
)
def test_an_address_that_is_no_origin_is_refused(boss, practice, settings, host) -> None:
    settings.DEMO = False
    connection = VideoConnectionFactory(practice=practice, credentials={})
    path = address(VideoConnection, "change", connection.pk)
    assert boss.post(path, filled(boss, path, host=host)).status_code == 200
    connection.refresh_from_db()
    assert connection.host == ""


def test_media_hosts_are_names_one_per_line(boss, practice) -> None:
    connection = VideoConnectionFactory(practice=practice, options={"media_origins": ["kept"]})
    path = address(VideoConnection, "change", connection.pk)
    refused = boss.post(path, filled(boss, path, media_hosts="https://media.example/x"))
    assert "enter host names only" in refused.content.decode()
    saved(boss.post(path, filled(boss, path, media_hosts="Media.example\n\nfiles.example")))
    connection.refresh_from_db()
    assert connection.options == {
        "media_origins": ["kept"],
        "media_hosts": ["media.example", "files.example"],
    }


def test_testing_says_what_is_missing_what_is_wrong_and_what_works(boss, practice, settings) -> None:
    settings.DEMO = True  # the fake listens on this machine, over plain http
    fake = FakeTwilio()
    try:
        connection = add(boss, practice, "twilio")
        path = address(VideoConnection, "change", connection.pk)
        assert "Not entered yet: API key SID" in said_when_tested(boss, path)
        given = fake.connection()
        keys = {f"vendor_{name}": value for name, value in given["credentials"].items()}
        known = {"account_ref": given["account_ref"], "host": fake.api_server.origin}
        wrong = {**keys, "vendor_key_secret": "wrong"}
        assert (
            "refuse"
            in said_when_tested(
                boss, path, **known, **wrong, new_webhook_secret=given["webhook_secret"]
            ).lower()
        )
        connection.refresh_from_db()
        assert connection.state == "trouble"
        said_when_tested(boss, path, **keys)
        connection.refresh_from_db()
        assert connection.state == "working", connection.last_error
    finally:
        fake.close()


def said_when_tested(boss: Any, path: str, **changes: Any) -> str:
    answer = boss.post(path, filled(boss, path, _test="1", **changes), follow=True)
    assert answer.redirect_chain, answer.context["errors"]
    text: str = answer.content.decode()
    return text


def test_another_practices_connection_is_not_found(boss, outsider) -> None:
    theirs = VideoConnectionFactory(practice=outsider.memberships.get().practice)
    path = address(VideoConnection, "change", theirs.pk)
    assert boss.get(path).status_code == 404
    assert boss.post(path, {"name": "x", "_test": "1"}).status_code == 404
