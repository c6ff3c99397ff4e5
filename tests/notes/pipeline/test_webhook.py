"""The receiver: genuine events stored once, everything else refused without a trace of its content."""

from __future__ import annotations

import base64
import json
import uuid
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from config.incoming import TooLarge, raw_body
from consent.models import AuditEvent
from notes.models import EngineAccount, EngineEvent
from notes.soapnoteapi.captures import read_capture
from notes.soapnoteapi.signature_profiles import PROFILES
from notes.soapnoteapi.signatures import sign
from tests.factories.notes import EngineAccountFactory

SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
EVENT = {
    "event": "note.generated",
    "note_id": "n-1",
    "status": "completed",
    "data": {"noteId": "n-1", "plan": "Rest."},
}


@pytest.fixture
def account(db):
    return EngineAccountFactory(webhook_secret=SECRET, signature_profile="t-v1")


def post(account, body, *, secret=SECRET, profile="t-v1", at=None, pk=None, **extra):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    moment = (at or timezone.now()).timestamp()
    headers = sign(profile, secret, raw, moment, "evt_1") if secret else {}
    url = f"/hooks/soapnoteapi/{pk or account.pk}/"
    return Client(enforce_csrf_checks=True).post(
        url, raw, content_type="application/json", headers={**headers, **extra}
    )


@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_a_genuine_event_is_stored_once_under_every_profile(account, profile):
    EngineAccount.objects.update(signature_profile=profile)
    assert post(account, EVENT, profile=profile).status_code == 204
    assert post(account, EVENT, profile=profile).status_code == 204
    event = EngineEvent.objects.get()
    assert (event.note_id, event.event, event.profile, event.deliveries) == (
        "n-1",
        "note.generated",
        profile,
        2,
    )
    assert json.loads(event.payload) == EVENT
    assert event.handled_at is None


def test_it_rings_after_the_commit(account, rung, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        post(account, EVENT)
    assert rung == [("notes.tasks.read_inbox", (str(account.pk),))]


def test_the_previous_secret_still_opens_after_rotation(account):
    new = "whsec_" + base64.b64encode(b"another secret of 32 bytes......").decode()
    field = EngineAccount._meta.get_field
    EngineAccount.objects.update(
        webhook_secret=field("webhook_secret").seal(account.pk, new),
        previous_webhook_secret=field("previous_webhook_secret").seal(account.pk, SECRET),
    )
    assert post(account, EVENT).status_code == 204
    assert post(account, {**EVENT, "note_id": "n-2"}, secret=new).status_code == 204


@pytest.mark.parametrize(
    "how",
    [
        "unsigned",
        "wrong secret",
        "stale",
        "future",
        "no profile",
        "no secret",
        "other profile",
        "broken settings",
    ],
)
def test_what_is_not_genuine_is_refused_counted_and_not_stored(account, how):
    given = {}
    if how == "unsigned":
        given["secret"] = ""
    elif how == "wrong secret":
        given["secret"] = "whsec_b3RoZXI="
    elif how in {"stale", "future"}:
        given["at"] = timezone.now() + timedelta(seconds=-400 if how == "stale" else 400)
    elif how == "no profile":
        EngineAccount.objects.update(signature_profile="")
    elif how == "no secret":
        EngineAccount.objects.update(
            webhook_secret=EngineAccount._meta.get_field("webhook_secret").seal(account.pk, "")
        )
    elif how == "other profile":
        given["profile"] = "body-hex"
    else:
        EngineAccount.objects.update(signature={"tolerance": 10**9})
    answer = post(account, EVENT, **given)
    assert (answer.status_code, answer.content) == (401, b"")
    account.refresh_from_db()
    assert account.refused_webhooks == 1
    assert not EngineEvent.objects.exists()
    assert AuditEvent.objects.get(action="engine.webhook_refused").outcome == "refused"


def test_a_flood_of_forgeries_leaves_one_audit_event_a_minute(account):
    for _ in range(5):
        post(account, EVENT, secret="whsec_b3RoZXI=")
    assert AuditEvent.objects.filter(action="engine.webhook_refused").count() == 1
    EngineAccount.objects.update(webhook_refusal_recorded_at=timezone.now() - timedelta(seconds=61))
    post(account, EVENT, secret="whsec_b3RoZXI=")
    last = AuditEvent.objects.filter(action="engine.webhook_refused").order_by("seq").last()
    assert json.loads(last.data) == {"refused_so_far": 6}


DEEP = b'{"event":"note.generated","note_id":"n","data":' + b"[" * 100_000 + b"]" * 100_000 + b"}"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"<html></html>",
        b"[]",
        b"null",
        b"1",
        b'"event"',
        b"{}",
        b'{"event": null}',
        b'{"event": {"a": 1}}',
        b'{"event":"note.generated"}',
        b'{"event":"note.generated","note_id":""}',
        b'{"event":"note.generated","note_id":"' + b"x" * 200 + b'"}',
        b'{"event":"note.generated","note_id":{"a":1}}',
        b'{"event":"note.generated","note_id":"../x y"}',
        b'{"event":"note.generated","event":"test","note_id":"n"}',
        b'{"event":"note.generated","note_id":"n","data":{"plan":"a","plan":"b"}}',
        b'{"event":"note.generated","note_id":"\xff\xfe"}',
        '{"event":"note.generated","note_id":"n"}'.encode("utf-16"),
        b'\xef\xbb\xbf{"event":"note.generated","note_id":"n"}',
        b'{"event":"note.generated","note_id":"n","data":NaN}',
        b'{"event":"note.generated","note_id":"n","n":' + b"9" * 5000 + b"}",
        b'{"event":"note.generated","note_id":"n"',
        DEEP,
    ],
)
def test_a_signed_body_that_cannot_be_read_in_one_way_is_a_400(account, body):
    assert post(account, body).status_code == 400
    assert not EngineEvent.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        b'{"event":"note.generated","note_id":"n","data":{"plan":"\\ud800 \\u0000"}}',
        b'{"event":"note.generated","note_id":"n","x":1e999}',
        b'{"event":"note.generated","data":{"noteId":"n"}}',
        b'{"event":"note.generated","note_id":12345}',
    ],
)
def test_odd_but_readable_bodies_are_stored(account, body):
    assert post(account, body).status_code == 204
    assert EngineEvent.objects.get().payload == body.decode()


def test_ten_megabytes_are_refused_without_being_parsed(account, settings):
    body = b'{"event":"note.generated","note_id":"n","pad":"' + b"x" * 10_000_000 + b'"}'
    assert post(account, body).status_code == 413
    assert not EngineEvent.objects.exists()
    account.refresh_from_db()
    assert account.refused_webhooks == 0


def test_a_body_of_almost_five_megabytes_is_taken(account, settings):
    body = b'{"event":"note.generated","note_id":"n","pad":"' + b"x" * 4_900_000 + b'"}'
    assert post(account, body).status_code == 204


def test_a_claimed_length_is_not_believed(account, rf, settings):
    request = rf.post("/", b"x" * (6 * 1024 * 1024), content_type="application/json")
    request.META["CONTENT_LENGTH"] = ""
    request.META["wsgi.input_terminated"] = True
    with pytest.raises(TooLarge):
        raw_body(request, settings.WEBHOOK_MAX_BYTES)


def test_an_unknown_account_is_a_404_like_any_other(account):
    assert post(account, EVENT, pk=uuid.uuid4()).status_code == 404
    assert Client().get(f"/hooks/soapnoteapi/{uuid.uuid4()}/").status_code in {404, 405}


def test_only_post_and_head(account):
    url = f"/hooks/soapnoteapi/{account.pk}/"
    assert Client().head(url).status_code == 204
    for method in ("get", "put", "patch", "delete", "options"):
        assert getattr(Client(), method)(url).status_code == 405


def test_the_test_event_is_recorded_and_needs_no_work(account, rung, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        assert post(account, {"event": "test", "note_id": "x"}).status_code == 204
    event = EngineEvent.objects.get()
    assert event.event == "test"
    assert event.handled_at
    assert event.payload is None
    assert rung == []


def test_unknown_events_are_answered_and_ignored(account):
    assert post(account, {"event": "note.archived", "note_id": "n"}).status_code == 204
    assert not EngineEvent.objects.exists()


def test_a_genuine_event_costs_few_queries(account, django_assert_max_num_queries):
    cache.clear()
    with django_assert_max_num_queries(4):  # account, savepoint, insert, release
        post(account, EVENT)


def test_capture_keeps_one_test_event_while_armed_and_nothing_else(account):
    EngineAccount.objects.update(signature_profile="", capture_until=timezone.now() + timedelta(minutes=10))
    post(account, EVENT)
    account.refresh_from_db()
    assert account.captured_webhook is None
    assert post(account, {"event": "test"}, Cookie="a=b").status_code == 401
    account.refresh_from_db()
    capture = read_capture(json.dumps(account.captured_webhook).encode())
    assert json.loads(capture.body) == {"event": "test"}
    assert "X-Soapnoteapi-Signature" in capture.headers
    assert "Cookie" not in capture.headers
    assert account.capture_until is None


def test_capture_ends_by_itself(account):
    EngineAccount.objects.update(signature_profile="", capture_until=timezone.now() - timedelta(seconds=1))
    post(account, {"event": "test"})
    account.refresh_from_db()
    assert account.captured_webhook is None
