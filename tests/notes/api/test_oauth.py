"""Logging in as SMART Backend Services describe it, and everything that must not let anybody in."""

from __future__ import annotations

import base64
import datetime as dt
import json
import time
import uuid
from typing import Any
from urllib.parse import urlencode

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.test import Client
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey
from rest_framework.settings import api_settings

from consent.audit import SYSTEM
from consent.models import AuditEvent
from notes.models import AccessToken, Integration, UsedAssertion
from notes.services.access import keysets
from notes.services.access.scopes import allows, granted
from notes.services.access.tokens import forget_expired
from notes.services.integrations import integration_change, integration_revoke
from tests.factories.integrations import Caller, integration

pytestmark = pytest.mark.django_db
ADDRESS = "http://127.0.0.1:8000/oauth/token"
JWKS_URL = "https://ehr.example.com/jwks.json"
EC = ECKey.generate_key("P-384", {"kid": "ec-1"})
RSA = RSAKey.generate_key(2048, {"kid": "rsa-1"})
STRANGE = ECKey.generate_key("P-384", {"kid": "ec-1"})
TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def public(*keys: Any) -> dict[str, Any]:
    return {"keys": [key.as_dict(private=False) for key in keys]}


@pytest.fixture
def client_with(practice) -> Any:
    def made(**fields: Any) -> Integration:
        fields = {"scopes": Integration.Scope.values, "client_jwks": public(EC, RSA), **fields}
        return integration(practice, **fields)[0]

    return made


def signed(client: Any, *, key: Any = EC, header: dict[str, Any] | None = None, **claims: Any) -> str:
    algorithm = {"EC": "ES384", "RSA": "RS384", "oct": "HS384"}[key.key_type]
    head = {"alg": algorithm, "kid": key.kid, "typ": "JWT", **(header or {})}
    body = {
        "iss": str(client.pk), "sub": str(client.pk), "aud": ADDRESS, "exp": int(time.time()) + 240,
        "jti": uuid.uuid4().hex, **claims,
    }  # fmt: skip
    body = {name: value for name, value in body.items() if value is not None}
    return jwt.encode(head, body, key, algorithms=[head["alg"]])


def ask(assertion: str = "", scope: str = "system/*.rs", path: str = "/oauth/token", **fields: str) -> Any:
    proof = {"client_assertion_type": TYPE, "client_assertion": assertion} if assertion else {}
    data = {"grant_type": "client_credentials", "scope": scope, **proof, **fields}
    return _post(path, data)


def _post(path: str, data: dict[str, str], **headers: str) -> Any:
    return Client(headers=headers).post(
        path, urlencode(data), content_type="application/x-www-form-urlencoded"
    )


def refused(answer: Any, code: str = "invalid_client", status: int = 401) -> str:
    assert (answer.status_code, answer.json()["error"]) == (status, code), answer.content
    assert answer["Cache-Control"] == "no-store"
    return str(answer.json()["error_description"])


@pytest.mark.parametrize("key", [EC, RSA], ids=["ES384", "RS384"])
def test_a_signed_statement_gets_a_short_token_that_opens_the_feed(client_with, key) -> None:
    client = client_with()
    answer = ask(signed(client, key=key), scope="system/*.rs notes:read")
    assert answer.status_code == 200, answer.content
    told = answer.json()
    assert (told["token_type"], told["expires_in"], told["scope"]) == (
        "bearer",
        300,
        "system/*.rs notes:read",
    )
    assert answer["Cache-Control"] == "no-store"
    assert Caller(told["access_token"]).notes().status_code == 200
    assert AuditEvent.objects.filter(action="integration.token_issued", actor_id=str(client.pk)).count() == 1


def test_the_token_is_stored_as_a_hash_and_is_over_after_five_minutes(client_with) -> None:
    with time_machine.travel("2026-11-22T12:00:00Z", tick=False):
        token = ask(signed(client_with()), scope="notes:read").json()["access_token"]
    assert token.removeprefix("cst_") not in str(AccessToken.objects.values_list().get())
    with time_machine.travel("2026-11-22T12:04:59Z", tick=False):
        assert Caller(token).notes().status_code == 200
    with time_machine.travel("2026-11-22T12:05:01Z", tick=False):
        assert Caller(token).notes().status_code == 401


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ("system/*.rs", "system/*.rs"),
        ("system/DocumentReference.rs", "system/DocumentReference.rs"),
        ("system/DocumentReference.read system/Patient.*", "system/DocumentReference.rs system/Patient.rs"),
        ("system/*.read", "system/*.rs"),
        ("system/Patient.cruds notes:read", "system/Patient.rs notes:read"),
        ("system/Observation.rs system/Encounter.s user/Patient.rs openid", "system/Encounter.s"),
        ("notes:read notes:read", "notes:read"),
    ],
)
def test_scopes_of_both_versions_are_granted_as_far_as_they_exist(client_with, asked, given) -> None:
    assert ask(signed(client_with()), scope=asked).json()["scope"] == given


@pytest.mark.parametrize("asked", ["system/Patient.write", "system/Observation.rs", "system/Patient.sr", "x"])
def test_nothing_to_grant_is_invalid_scope(client_with, asked) -> None:
    refused(ask(signed(client_with()), scope=asked), "invalid_scope", 400)


def test_a_narrow_client_gets_no_more_than_it_has(client_with) -> None:
    client = client_with(scopes=["system/Patient.r"])
    assert granted(["system/*.rs", "system/Patient.r", "notes:read"], client.scopes) == ["system/Patient.r"]
    assert allows(client, "Patient", "r")
    assert not allows(client, "Patient", "s")
    assert not allows(client, "Encounter", "r")


def test_a_token_does_what_it_was_asked_for_and_no_more(client_with) -> None:
    token = ask(signed(client_with()), scope="system/Patient.rs").json()["access_token"]
    answer = Caller(token).notes()
    assert answer.status_code == 403
    assert answer.json()["type"].endswith("insufficient-scope")


def test_a_scope_taken_from_the_integration_is_gone_from_its_tokens(client_with) -> None:
    client = client_with()
    token = ask(signed(client), scope="notes:read notes:ack").json()["access_token"]
    client.scopes = ["notes:ack"]
    integration_change(integration=client, actor=SYSTEM)
    assert Caller(token).notes().status_code == 403


def test_revoking_the_integration_ends_its_tokens_in_mid_pull(client_with) -> None:
    client = client_with()
    caller = Caller(ask(signed(client), scope="notes:read").json()["access_token"])
    assert caller.notes().status_code == 200
    integration_revoke(integration=client, actor=SYSTEM)
    answer = caller.notes()
    assert answer.status_code == 401
    refused(ask(signed(client)))


def test_a_token_is_revoked_by_its_own_client_only(client_with) -> None:
    client, other = client_with(), client_with()
    token = ask(signed(client), scope="notes:read").json()["access_token"]
    assert ask(signed(other), path="/oauth/revoke", token=token).status_code == 200
    assert Caller(token).notes().status_code == 200
    assert ask(signed(client), path="/oauth/revoke", token=token).status_code == 200
    assert Caller(token).notes().status_code == 401
    assert ask(signed(client), path="/oauth/revoke", token=token).status_code == 200


def test_a_statement_works_once(client_with) -> None:
    statement = signed(client_with())
    assert ask(statement).status_code == 200
    assert "before" in refused(ask(statement))


def test_two_clients_may_use_the_same_jti(client_with) -> None:
    assert ask(signed(client_with(), jti="one")).status_code == 200
    assert ask(signed(client_with(), jti="one")).status_code == 200


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"aud": "http://127.0.0.1:8000/fhir/r4"}, "aud must be"),
        ({"aud": None}, "aud must be"),
        ({"sub": "somebody"}, "iss and sub"),
        ({"exp": int(time.time()) - 3600}, "exp must be a time to come"),
        ({"exp": int(time.time()) + 86400}, "five minutes"),
        ({"exp": None}, "exp"),
        ({"exp": "soon"}, "exp"),
        ({"nbf": int(time.time()) + 3600}, "exp"),
        ({"jti": None}, "jti"),
        ({"jti": "x" * 300}, "jti"),
        ({"key": STRANGE}, "signature"),
        ({"header": {"kid": "ec-2"}}, "No key"),
        ({"header": {"kid": "rsa-1"}}, "No key"),
        ({"header": {"jku": "https://evil.example/jwks"}}, "jku"),
    ],
)  # fmt: skip
def test_a_statement_that_is_not_right_in_every_part_is_refused(client_with, how, words) -> None:
    assert words in refused(ask(signed(client_with(), **how)))
    assert AccessToken.objects.count() == 0
    assert UsedAssertion.objects.count() == 0


def test_other_algorithms_are_refused_the_clients_public_key_as_a_password_among_them(client_with) -> None:
    client = client_with()
    as_secret = OctKey.import_key(json.dumps(EC.as_dict(private=False)), {"kid": "ec-1"})
    head = base64.urlsafe_b64encode(b'{"alg":"none","kid":"ec-1"}').decode().rstrip("=")
    body = signed(client).split(".")[1]
    small = ECKey.generate_key("P-256", {"kid": "p256"})
    p256 = jwt.encode({"alg": "ES256", "kid": "p256"}, {"iss": str(client.pk)}, small, algorithms=["ES256"])
    for statement in (signed(client, key=as_secret), f"{head}.{body}.", p256):
        assert "RS384 or ES384" in refused(ask(statement))


@pytest.mark.parametrize("statement", ["x", "a.b.c", "..", "e30.e30.", "W10.W10.x", "1.2.3.4", "x" * 9000])
def test_what_is_no_statement_is_refused(db, statement) -> None:
    refused(ask(statement))


def test_a_client_nobody_knows_is_refused(db) -> None:
    refused(ask(signed(Integration())))


def test_a_refused_login_of_a_known_client_is_in_the_trail(client_with) -> None:
    client = client_with()
    refused(ask(signed(client, key=STRANGE)))
    event = AuditEvent.objects.get(action="integration.refused")
    assert (event.actor_kind, event.target_id, event.reason) == (
        "anonymous",
        str(client.pk),
        "login.signature",
    )


def test_the_key_is_a_client_secret_too(practice) -> None:
    made, key = integration(practice, scopes=["notes:read"])
    both = base64.b64encode(f"{made.pk}:{key}".encode()).decode()
    data = {"grant_type": "client_credentials"}
    by_header = _post("/oauth/token", data, Authorization=f"Basic {both}")
    by_body = _post("/oauth/token", {**data, "client_id": str(made.pk), "client_secret": key})
    for answer in (by_header, by_body):
        assert answer.json()["scope"] == "notes:read"
    other = integration(practice)[0]
    refused(_post("/oauth/token", {**data, "client_id": str(other.pk), "client_secret": key}))
    refused(_post("/oauth/token", data, Authorization="Basic %%%"))
    refused(_post("/oauth/token", data))


def test_the_network_rule_holds_for_logging_in(client_with) -> None:
    client = client_with(allowed_networks=["203.0.113.0/24"])
    assert "network" in refused(ask(signed(client)))


def test_the_form_of_the_request_is_kept(client_with) -> None:
    client = client_with()
    refused(Client().get("/oauth/token"), "invalid_request", 405)
    refused(Client().post("/oauth/token", "{}", content_type="application/json"), "invalid_request", 400)
    refused(ask(signed(client), grant_type="password"), "unsupported_grant_type", 400)
    refused(ask(signed(client), client_assertion_type="x"), "invalid_request", 400)
    refused(ask(signed(client), client_secret="x"), "invalid_request", 400)
    refused(ask(signed(client), client_id=str(uuid.uuid4())))
    twice = Client().post("/oauth/token", "scope=a&scope=b", content_type="application/x-www-form-urlencoded")
    refused(twice, "invalid_request", 400)


def test_plain_http_is_refused_where_the_address_is_https(settings, client_with) -> None:
    settings.HTTPS = True
    refused(ask(signed(client_with())), "invalid_request", 403)


def test_logging_in_is_limited(client_with, monkeypatch) -> None:
    monkeypatch.setitem(api_settings.DEFAULT_THROTTLE_RATES, "token", "2/min")
    client = client_with()
    with time_machine.travel(dt.datetime.now(dt.UTC), tick=False):
        assert [ask(signed(client)).status_code for _ in range(3)] == [200, 200, 429]


def test_what_is_over_is_forgotten(client_with) -> None:
    ask(signed(client_with()))
    forget_expired()
    assert AccessToken.objects.count() == UsedAssertion.objects.count() == 1
    with time_machine.travel(dt.datetime.now(dt.UTC) + dt.timedelta(hours=2)):
        forget_expired()
    assert AccessToken.objects.count() == UsedAssertion.objects.count() == 0


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"keys": [EC.as_dict(private=True)]}, "private"),
        ({"keys": [{**RSA.as_dict(private=False), "n": RSA.as_dict()["n"][:171]}]}, "can't be used"),
        ({"keys": [ECKey.generate_key("P-256", {"kid": "s"}).as_dict(private=False)]}, "can't be used"),
        ({"keys": [{"kty": "oct", "kid": "s", "k": "abc"}]}, "private"),
        ({"keys": [{"kty": "EC", "crv": "P-384", "x": "a", "y": "b", "kid": "s"}]}, "can't be used"),
        ({"keys": [{"kty": "EC"}]}, "kid"),
        ({"keys": []}, "key set"),
        ([1], "key set"),
        (public(EC, STRANGE), "same kid"),
    ],
)
def test_keys_that_are_private_weak_or_unreadable_are_not_registered(client_with, keys, words) -> None:
    with pytest.raises(ValidationError, match=words):
        client_with(client_jwks=keys)


@pytest.mark.parametrize(
    "url", ["http://ehr.example.com/k", "https://127.0.0.1/k", "https://[::1]/k", "https://u:p@e.com"]
)
def test_an_address_of_keys_inside_the_network_is_not_registered(client_with, url) -> None:
    with pytest.raises(ValidationError):
        client_with(client_jwks={}, client_jwks_uri=url)


@pytest.fixture
def published(client_with, httpx_mock) -> Any:
    """A client whose keys are at JWKS_URL; published(keys, cache) makes them answer."""
    client = client_with(client_jwks={}, client_jwks_uri=JWKS_URL)

    def answer(keys: Any, cache: str = "max-age=60", **how: Any) -> Integration:
        body = {"json": keys} if "text" not in how and "status_code" not in how else {}
        httpx_mock.add_response(url=JWKS_URL, headers={"Cache-Control": cache}, **body, **how)
        return client

    return answer


def test_published_keys_are_fetched_once_for_as_long_as_their_server_allows(published, httpx_mock) -> None:
    now = dt.datetime.now(dt.UTC)
    client = published(public(EC))
    with time_machine.travel(now, tick=False):
        assert ask(signed(client)).status_code == 200
        assert ask(signed(client)).status_code == 200
    assert len(httpx_mock.get_requests()) == 1
    published(public(EC))
    with time_machine.travel(now + dt.timedelta(seconds=61), tick=False):
        assert ask(signed(client)).status_code == 200
    assert len(httpx_mock.get_requests()) == 2


def test_a_new_key_is_looked_for_but_not_without_end(published, httpx_mock) -> None:
    now = dt.datetime.now(dt.UTC)
    client = published(public(RSA), cache="max-age=3600")
    with time_machine.travel(now, tick=False):
        assert ask(signed(client, key=RSA)).status_code == 200
        refused(ask(signed(client, key=EC)))
    assert len(httpx_mock.get_requests()) == 1
    published(public(RSA, EC))
    with time_machine.travel(now + dt.timedelta(seconds=31), tick=False):
        assert ask(signed(client, key=EC)).status_code == 200


def test_no_store_is_respected(published, httpx_mock) -> None:
    for _ in range(2):
        client = published(public(EC), cache="no-store")
        assert ask(signed(client)).status_code == 200
    assert len(httpx_mock.get_requests()) == 2


@pytest.mark.parametrize(
    "how",
    [
        {"status_code": 500},
        {"status_code": 302},
        {"text": "not json"},
        {"text": "[]"},
        {"text": "x" * 70_000},
    ],
)
def test_keys_that_can_not_be_had_are_no_login_and_no_crash(published, how) -> None:
    refused(ask(signed(published(None, **how))))


@pytest.mark.parametrize("address", ["10.0.0.5", "127.0.0.1", "169.254.169.254", "::1", "::ffff:10.0.0.5"])
def test_a_name_that_leads_inside_is_never_called(client_with, monkeypatch, address) -> None:
    def door() -> keysets.Door:
        return keysets.Door(limits=keysets.FETCH, resolve=lambda _host, _port: [address])

    monkeypatch.setattr(keysets, "door", door)
    client = client_with(client_jwks={}, client_jwks_uri=JWKS_URL)
    assert "ForbiddenTarget" in refused(ask(signed(client)))
