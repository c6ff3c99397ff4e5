from __future__ import annotations

import datetime as dt
import hashlib

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.utils import timezone

from consent.audit import SYSTEM
from consent.models import AuditEvent
from notes.models import Integration
from notes.services.integrations import (
    address_allowed,
    clean_networks,
    integration_change,
    integration_revoke,
)
from tests.factories.integrations import Caller, integration

pytestmark = pytest.mark.django_db
UNAUTHENTICATED = "urn:countersign:problem:unauthenticated"


def refused(answer, words: str) -> None:
    assert answer.status_code == 401
    assert answer.json()["type"] == UNAUTHENTICATED
    assert words in answer.json()["detail"]
    assert answer["WWW-Authenticate"].startswith('Bearer realm="countersign"')


def test_a_key_is_stored_as_a_hash_only(practice) -> None:
    made, key = integration(practice)
    made.refresh_from_db()
    assert key.startswith(f"{made.key_prefix}_")
    assert made.key_sha256 == hashlib.sha256(key.encode()).hexdigest()
    secret = key.split("_", 2)[2]
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT * FROM "{table}"')
            assert not any(secret in str(row) for row in cursor.fetchall()), table


def test_no_key_is_told_how_to_send_one(db) -> None:
    answer = Client().get("/api/v1/notes")
    refused(answer, "Authorization: Bearer")
    assert answer["WWW-Authenticate"] == 'Bearer realm="countersign"'


@pytest.mark.parametrize(
    "header",
    [
        "Bearer",
        "Bearer x",
        "Bearer csk_000000000000_" + "a" * 43,
        "Basic dTpw",
        "bearer",
        "Bearer " + "é" * 40,
        "Token {key}",
    ],
)
def test_a_header_without_a_known_key_is_refused(key, header) -> None:
    answer = Client(headers={"Authorization": header.format(key=key)}).get("/api/v1/notes")
    refused(answer, "not known")
    assert 'error="invalid_token"' in answer["WWW-Authenticate"]


def test_the_scheme_may_be_written_small(key) -> None:
    assert Client(headers={"Authorization": f"bearer {key}"}).get("/api/v1/notes").status_code == 200


def test_a_wrong_secret_tells_nothing_about_the_key(key, ours) -> None:
    integration_revoke(integration=ours, actor=SYSTEM)
    refused(Caller(key[:-1] + ("A" if key[-1] != "A" else "B")).notes(), "not known")
    refused(Caller(key).notes(), "revoked")


def test_a_key_revoked_in_mid_pull_ends_the_pull(caller, ours, file_notes) -> None:
    file_notes(3)
    first = caller.notes(limit=1).json()
    assert integration_revoke(integration=ours, actor=SYSTEM)
    refused(caller.notes(limit=1, after=first["next_cursor"]), "revoked")
    assert not integration_revoke(integration=ours, actor=SYSTEM)
    assert AuditEvent.objects.filter(action="integration.revoked").count() == 1


def test_a_key_expires(practice) -> None:
    _, key = integration(practice, expires_at=timezone.now() + dt.timedelta(hours=1))
    caller = Caller(key)
    assert caller.notes().status_code == 200
    with time_machine.travel(timezone.now() + dt.timedelta(hours=2)):
        refused(caller.notes(), "expired")


def test_a_key_works_from_its_networks_only(practice) -> None:
    made, key = integration(practice, allowed_networks=["203.0.113.0/24"])
    refused(Caller(key).notes(), "network")
    made.allowed_networks = ["127.0.0.0/8"]
    integration_change(integration=made, actor=SYSTEM)
    assert Caller(key).notes().status_code == 200


@pytest.mark.parametrize(
    ("networks", "address", "allowed"),
    [
        ([], "anything", True),
        (["203.0.113.0/24"], "203.0.113.9", True),
        (["203.0.113.0/24"], "::ffff:203.0.113.9", True),
        (["203.0.113.0/24"], "203.0.114.9", False),
        (["203.0.113.0/24"], "2001:db8::1", False),
        (["2001:db8::/32"], "2001:db8::1", True),
        (["203.0.113.0/24"], "", False),
    ],
)
def test_networks(networks, address, allowed) -> None:
    assert address_allowed(Integration(allowed_networks=networks), address) is allowed


def test_networks_are_checked_when_entered() -> None:
    assert clean_networks([" 203.0.113.7 ", "", "2001:db8::/32"]) == ["203.0.113.7/32", "2001:db8::/32"]
    with pytest.raises(ValidationError, match=r"Did you mean 203\.0\.113\.0/24"):
        clean_networks(["203.0.113.7/24"])
    with pytest.raises(ValidationError, match="no network"):
        clean_networks(["clinic.example"])


def test_bad_scopes_and_expiries_are_refused(practice) -> None:
    for fields in ({"scopes": []}, {"scopes": ["all"]}, {"expires_at": timezone.now()}):
        with pytest.raises(ValidationError):
            integration(practice, **fields)
    assert not Integration.objects.exists()


def test_refusals_of_known_keys_are_audited_at_most_once_a_minute_each(key, ours) -> None:
    integration_revoke(integration=ours, actor=SYSTEM)
    for _ in range(3):
        Caller(key).notes()
    Caller("csk_000000000000_" + "a" * 43).notes()
    event = AuditEvent.objects.get(action="integration.refused")
    assert (event.outcome, event.reason, event.target_id) == ("refused", "revoked", str(ours.pk))


def test_last_use_is_written_at_most_once_a_minute(caller, ours) -> None:
    moment = dt.datetime(2026, 11, 22, 12, 0, tzinfo=dt.UTC)
    for seconds, noted in ((0, 0), (30, 0), (59, 0), (61, 61)):
        with time_machine.travel(moment + dt.timedelta(seconds=seconds), tick=False):
            caller.notes()
        ours.refresh_from_db()
        assert ours.last_used_at == moment + dt.timedelta(seconds=noted)


def test_a_key_without_the_scope_is_refused_and_audited(caller, ours, file_notes) -> None:
    note = file_notes(1)[0]
    Integration.objects.update(scopes=[])
    for answer in (caller.notes(), caller.note(note)):
        assert answer.status_code == 403
        assert answer.json()["type"] == "urn:countersign:problem:insufficient-scope"
        assert 'scope="notes:read"' in answer["WWW-Authenticate"]
    assert AuditEvent.objects.filter(action="integration.refused", reason="scope").count() == 2


def test_a_session_opens_nothing_here(client_of, clinician) -> None:
    refused(client_of(clinician).get("/api/v1/notes"), "Authorization")
