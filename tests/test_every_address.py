"""What holds at every address, whoever asks: headers, tokens on forms, and that reading changes nothing."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from django.apps import apps
from django.contrib.sessions.models import Session
from django.test import Client, override_settings

from consent.models import AuditEvent, AuditHead
from notes.models import Integration
from tests import authorization_table as table
from tests.addresses import OWN, Address, url_of
from tests.failing_urls import PHI
from tests.logbook import logbook
from tests.world import World, undone

CSP = {
    "default-src": {"'none'"},
    "script-src": {"'self'"},
    "style-src": {"'self'"},
    "img-src": {"'self'"},
    "object-src": {"'none'"},
    "base-uri": {"'none'"},
    "frame-ancestors": {"'none'"},
    "form-action": {"'self'"},
}
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
# The viewer's stylesheet draws its icons from data: addresses.
FURTHER = {"api-docs": {"img-src": {"data:"}}}
# An integration may keep a filed note and ask whether it still stands; it never uses the copy unasked.
REVALIDATED = {
    "api-note", "api-version", "api-document", "api-latest-document", "fhir-document", "fhir-version", "fhir-bundle",
    "fhir-binary", "fhir-provenance", "fhir-person", "fhir-metadata",
}  # fmt: skip
# Machines bring a key or a signature instead of a session, so no page of another site can act for a person.
NO_SESSION = {
    "recording-push",
    "api-capture-tokens",
    "api-capture",
    "api-capture-session",
    "api-capture-slice",
    "api-capture-end",
    "api-capture-discard",
    "engine-webhook",
    "recording-hook",
    "api-patients",
    "api-encounters",
    "api-encounter",
    "api-calls",
    "api-notes",
    "oauth-token",
    "oauth-revoke",
    "api-latest-document",
    "api-versions",
    "api-version",
    "api-document",
    "api-receipt",
    "api-receipts",
    "api-events",
    "api-redeliver",
    "api-webhooks",
    "api-webhook",
    "api-webhook-rotate",
    "api-webhook-deliveries",
    "api-me",
    "api-health",
    *(name for name in table.FOR_MACHINES if name.startswith("fhir-")),
    "api-note",
    "api-transcript",
    "api-schema",
    "api-docs",
    "api-not-found",
}
# Bulk Data has a server begin an export when it is asked by GET, too.
ASKED_FOR_BY_GET = {"fhir-export", "fhir-export-patients", "fhir-export-group"}
READS = {
    "access.refused", "account.logout", "admin.viewed", "api.encounter_read", "api.fhir_exported", "api.fhir_read",
    "api.fhir_searched", "api.note_read", "api.notes_listed", "api.transcript_read",
    "api.document_read", "api.events_listed", "api.receipts_listed",
    "audit.viewed", "encounter.viewed", "integration.refused", "note.history_viewed", "note.viewed", "patient.viewed",
    "worklist.viewed",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _as_in_production(settings: Any, db: None) -> None:
    settings.REQUIRE_MFA = True


def assert_guarded(response: Any, address: str = "") -> None:
    policy = {
        name: set(sources.split())
        for name, _, sources in (
            part.strip().partition(" ") for part in response["Content-Security-Policy"].split(";")
        )
    }
    more = FURTHER.get(address, {})
    for name, sources in CSP.items():
        assert policy[name] == sources | more.get(name, set()), f"{address}: {name}"
    assert "unsafe" not in response["Content-Security-Policy"]
    assert {name: response.get(name) for name in HEADERS} == HEADERS, address
    kept = response["Cache-Control"]
    assert "private" in kept or "no-store" in kept
    if not (address in REVALIDATED and response.status_code in {200, 304}):
        assert "no-store" in kept, f"{address} {response.status_code}: {kept}"
    assert response["X-Request-Id"]
    assert "Server" not in response and "X-Powered-By" not in response


@pytest.mark.parametrize("address", OWN, ids=str)
def test_every_answer_carries_the_headers(scene: World, address: Address) -> None:
    for caller in ("anonymous", "half_in", "provider", "outsider", "admin", "key"):
        for method in table.methods(address.name):
            how = {} if method == "GET" else table.form(address.name, scene.ours.objects)
            assert_guarded(scene.ask(caller, method, url_of(scene, address), **how), address.name)


@pytest.mark.parametrize("address", OWN, ids=str)
def test_no_form_is_taken_without_its_token(scene: World, address: Address, client_of: Any) -> None:
    if address.name in NO_SESSION:
        return
    strict = Client(enforce_csrf_checks=True, raise_request_exception=False)
    lenient, scene.client = scene.client, strict
    try:
        for caller in ("provider", "admin"):
            for method in table.methods(address.name)[1:]:
                how = table.form(address.name, scene.ours.objects)
                subject = scene.ours.objects.get(table.SUBJECTS.get(address.name, ""))
                answer, changed = scene.ask_and_compare(
                    caller, method, url_of(scene, address), subject, **how
                )
                refused = {403, 404} if caller == "admin" else {403}
                assert answer.status_code in refused, f"{caller} {method} {address}"
                assert not changed
    finally:
        scene.client = lenient


@pytest.mark.parametrize("address", OWN, ids=str)
def test_reading_changes_nothing_but_the_trail(scene: World, address: Address) -> None:
    if address.name in ASKED_FOR_BY_GET:
        return
    url = url_of(scene, address)
    for caller in ("provider", "key" if address.name in table.FOR_MACHINES else "admin"):
        for method in ("GET", "HEAD", "OPTIONS"):
            with undone():
                before, last = fingerprint(), AuditEvent.objects.order_by("id").last()
                scene._send(caller, method, url)
                assert fingerprint() == before, f"{method} {url} by {caller}"
                noted = AuditEvent.objects.filter(id__gt=last.pk if last else 0)
                assert {event.action for event in noted} <= READS


def fingerprint() -> dict[str, str]:
    """A digest of each table, but for the trail, sessions, when a key was last used and how far it has read."""
    found = {}
    for model in apps.get_models():
        if model in {AuditEvent, AuditHead, Session}:
            continue
        fields = [f.attname for f in model._meta.concrete_fields]
        if model is Integration:
            fields = [name for name in fields if name not in {"last_used_at", "pulled_through", "pulled_at"}]
        rows = sorted(map(repr, model._base_manager.values_list(*fields)))
        found[model._meta.label] = hashlib.sha256("".join(rows).encode()).hexdigest()
    return found


@pytest.mark.parametrize(
    "path", ["/fails/", "/asks-nonsense/", "/suspects/", "/api/fails", "/nowhere/", "/api/no"]
)
def test_a_failure_tells_nobody_any_detail(scene: World, path: str, settings: Any) -> None:
    with override_settings(ROOT_URLCONF="tests.failing_urls"), logbook() as log:
        for caller in ("anonymous", "provider"):
            answer = scene.ask(caller, "GET", path)
            body = answer.content.decode()
            assert answer.status_code in {400, 404, 500}
            assert PHI not in body
            assert not any(
                word in body for word in ("Traceback", "Error at", "no_such_table", "SELECT", ".py")
            )
            assert_guarded(answer)
            if not path.startswith("/api/"):
                assert "<main" in body and "</html>" in body
    written = log.getvalue()
    assert PHI not in written and "Zqx" not in written
    if answer.status_code == 500:
        assert '"raised_at": "failing_urls.py' in written, "the log says where it failed"


def test_an_unknown_host_is_refused_in_our_frame_and_not_logged(db: None) -> None:
    with logbook() as log:
        answer = Client(raise_request_exception=False).get("/", headers={"Host": "zqxphi.example"})
    assert answer.status_code == 400
    assert_guarded(answer)
    assert "zqxphi" not in answer.content.decode() + log.getvalue()


def test_logs_name_no_path(scene: World) -> None:
    note = scene.ours.objects["filed"]
    with logbook() as log:
        scene.ask("provider", "GET", f"/notes/{note.pk}/?name=Zqxphi")
        scene.ask("provider", "GET", "/patients/Zqxphi/")
    assert '"route": "note"' in log.getvalue()
    assert "Zqx" not in log.getvalue()
    assert str(note.pk) not in log.getvalue()
