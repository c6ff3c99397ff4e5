"""Two practices with one of everything, and every kind of caller there is. Built once per module, never changed:
each request of a test happens inside a savepoint that is rolled back.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.cookies import SimpleCookie
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.test import Client, override_settings
from django.utils import timezone

from config.models import Heartbeat
from encounters.accounts import sessions
from encounters.models import (
    AudioCopy,
    CaptureGrant,
    RecordingPart,
    RecordingSlice,
    Role,
    VendorEvent,
    VendorRecording,
)
from encounters.services.capturing import capture_begin
from encounters.services.recordings import recording_begin
from notes.models import EngineEvent, Integration
from notes.services.addenda import addendum_add
from notes.services.exports import export_begin, export_plan
from notes.services.integrations import integration_for_key
from notes.services.webhooks.endpoints import endpoint_create
from tests.factories.consent import AgreementFactory, PolicyFactory
from tests.factories.encounters import EncounterFactory
from tests.factories.integrations import furnish, integration
from tests.factories.notes import EngineAccountFactory, NoteFactory, SubmissionFactory, content
from tests.factories.people import MembershipFactory, PatientFactory, PracticeFactory, UserFactory
from tests.factories.video import CallFactory, VideoConnectionFactory

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
PEOPLE = (
    "anonymous", "half_in", "provider", "colleague", "assistant", "compliance", "clinical", "admin", "superuser",
    "outsider", "out_admin", "inactive", "former",
)  # fmt: skip
MACHINES = ("key", "notes_only", "words_only", "other_key", "revoked", "expired")
CALLERS = PEOPLE + MACHINES
OURS, THEIRS = "Zqxours", "Zqxtheirs"
# Who belongs to our practice, or to none: to them the other practice does not exist.
STRANGERS_TO_THEM = tuple(set(CALLERS) - {"outsider", "out_admin", "other_key", "superuser"})
STRANGERS_TO_US = (
    "anonymous",
    "half_in",
    "outsider",
    "out_admin",
    "inactive",
    "former",
    "other_key",
    "revoked",
    "expired",
)
# Who may not read what was said and written about our patients.
NO_CLINICAL_TEXT = (*STRANGERS_TO_US, "compliance", "admin", "superuser")


@dataclass
class Side:
    """One practice with an object for every URL that takes an id."""

    practice: Any
    provider: Any
    objects: dict[str, Any] = field(default_factory=dict)


@dataclass
class World:
    ours: Side
    theirs: Side
    users: dict[str, Any]
    keys: dict[str, str]
    cookies: dict[str, str]
    client: Client = field(default_factory=lambda: Client(raise_request_exception=False))

    def ask(self, caller: str, method: str, url: str, **how: Any) -> Any:
        """One request by `caller`, and everything as before afterwards."""
        with undone():
            return self._send(caller, method, url, **how)

    def ask_and_compare(
        self, caller: str, method: str, url: str, subject: Any, **how: Any
    ) -> tuple[Any, bool]:
        """The same, and whether the row of `subject` was changed."""
        rows = type(subject)._base_manager.filter(pk=subject.pk).values_list() if subject else None
        with undone():
            before = rows.get() if rows else None
            response = self._send(caller, method, url, **how)
            return response, bool(rows and rows.all().first() != before)

    def _send(self, caller: str, method: str, url: str, **how: Any) -> Any:
        self.client.cookies = SimpleCookie()
        if caller in self.cookies:
            self.client.cookies[settings.SESSION_COOKIE_NAME] = self.cookies[caller]
        headers = {"X-Request-Id": "one-and-the-same", **how.pop("headers", {})}
        if caller in self.keys:
            headers["Authorization"] = f"Bearer {self.keys[caller]}"
        cache.clear()
        return self.client.generic(method, url, headers=headers, **how)


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def side(mark: str) -> Side:
    """`mark` stands in everything that a stranger must not read, `mark`-clinical in what only care may read."""
    practice = PracticeFactory(filing="manual", name=f"{mark} practice")
    provider = MembershipFactory(practice=practice, role=Role.PROVIDER, credentials="MD").user
    visit = {"practice": practice, "provider": provider}
    account = EngineAccountFactory(practice=practice, api_key=f"{mark}-key", webhook_secret=f"{mark}-secret")
    made = Side(practice, provider)
    made.objects = {
        "practice": practice,
        "account": account,
        "connection": VideoConnectionFactory(practice=practice, webhook_secret=f"{mark}-secret"),
        "agreement": AgreementFactory(practice=practice, practice_signatory=f"{mark} signatory"),
        **_visits(visit, mark),
        **_notes(visit, mark),
    }
    _call(made)
    made.objects["participant"] = made.objects["encounter"].participants.get()
    made.objects["upload"] = _upload(made.objects["encounter"], provider)
    made.objects["capture"] = capture_begin(encounter=made.objects["running"], actor=provider)
    EngineEvent.objects.create(account=account, note_id=f"{mark}-1", event="note.generated", payload=mark)
    return made


def _call(made: Side) -> None:
    connection = made.objects["connection"]
    call = CallFactory(encounter=made.objects["encounter"], connection=connection)
    VendorRecording.objects.create(connection=connection, vendor_id="file", call=call, next_attempt_at=None)
    waiting = {"connection": connection, "next_attempt_at": None}
    made.objects["nobodys"] = VendorRecording.objects.create(vendor_id="nobodys", **waiting)
    made.objects["lost"] = VendorRecording.objects.create(
        vendor_id="lost", call=call, state="failed", **waiting
    )
    CaptureGrant.objects.create(
        encounter=made.objects["encounter"],
        token_sha256=f"{made.practice.pk.hex}{'0' * 32}",
        grantee_label=made.practice.name,
        expires_at=timezone.now() + timedelta(hours=1),
    )
    VendorEvent.objects.create(connection=connection, dedupe_key="event", kind="call_ended")


def _visits(visit: dict[str, Any], mark: str) -> dict[str, Any]:
    def encounter(**fields: Any) -> Any:
        patient = PatientFactory(practice=visit["practice"], family_name=f"{mark}-family", given_name=mark)
        type(patient).objects.filter(pk=patient.pk).update(mrn=f"{mark}-{patient.mrn}")
        context = {"reason": f"{mark}-clinical", "history": f"{mark}-clinical"}
        return EncounterFactory(**visit, patient=patient, consented=True, clinical_context=context, **fields)

    failed = encounter()
    text = f"{mark}-clinical {'said ' * 20}"
    SubmissionFactory(
        encounter=failed, state="failed", last_error_code="rejected", last_error="Refused.", text=text
    )
    SubmissionFactory(
        encounter=encounter(),
        text=text,
        state="held",
        hold_reasons=[{"code": "x", "text": "X.", "remedy": "Y."}],
    )
    ended = encounter()
    return {
        "encounter": ended,
        "patient": ended.patient,
        "failed": failed,
        "scheduled": encounter(status="scheduled", started_at=None, ended_at=None),
        "running": encounter(status="in_progress", ended_at=None),
    }


def _notes(visit: dict[str, Any], mark: str) -> dict[str, Any]:
    def note(**how: Any) -> Any:
        patient = PatientFactory(practice=visit["practice"], family_name=f"{mark}-family")
        said = [{"speaker": "Patient", "start": 0.0, "end": 1.0, "text": f"{mark}-clinical"}]
        return NoteFactory(
            encounter=EncounterFactory(**visit, patient=patient, consented=True),
            working=content(plan=f"{mark}-clinical plan"),
            transcript=said,
            **how,
        )

    amended = note(filed=True)
    addendum_add(
        note=amended,
        actor=visit["provider"],
        kind="addendum",
        text=f"{mark}-clinical text",
        reason=f"{mark}-clinical reason",
        attested=True,
        authenticated_at=timezone.now(),
        authenticated_by="password",
    )
    return {"draft": note(), "signed": note(signed=True), "filed": note(filed=True), "amended": amended}


def _upload(encounter: Any, provider: Any) -> Any:
    made = recording_begin(encounter=encounter, actor=provider, declared_bytes=100, fingerprint="a" * 64)
    part, _ = RecordingPart.objects.get_or_create(recording=made, number=0)
    RecordingSlice.objects.create(part=part, number=9, bytes=0, sha256="0" * 64, storage_key="none")
    AudioCopy.objects.get_or_create(recording=made, place="browser", holder="browser")
    return made


def world() -> World:
    PolicyFactory()
    # Ahead of now, so that it stays fresh however long the module's tests take.
    Heartbeat.objects.update_or_create(
        name="worker", defaults={"beat_at": timezone.now() + timedelta(hours=1)}
    )
    ours, theirs = side(OURS), side(THEIRS)
    users = _people(ours, theirs)
    return World(ours, theirs, users, _keys(ours, theirs), _sessions(users))


def _people(ours: Side, theirs: Side) -> dict[str, Any]:
    def member(role: str, *, of: Side = ours, staff: bool = False, **fields: Any) -> Any:
        user = UserFactory(is_staff=staff)
        return MembershipFactory(practice=of.practice, role=role, user=user, **fields).user

    return {
        "half_in": ours.provider,
        "provider": ours.provider,
        "colleague": member(Role.PROVIDER),
        "assistant": member(Role.ASSISTANT),
        "compliance": member(Role.COMPLIANCE),
        "clinical": member(Role.COMPLIANCE, clinical_access=True),
        "admin": member(Role.ADMIN, staff=True),
        "superuser": UserFactory(is_staff=True, is_superuser=True),
        "outsider": theirs.provider,
        "out_admin": member(Role.ADMIN, of=theirs, staff=True),
        "inactive": member(Role.PROVIDER),
        "former": member(Role.PROVIDER, active=False),
    }


def _keys(ours: Side, theirs: Side) -> dict[str, str]:
    both = tuple(Integration.Scope.values)
    reader, key = integration(ours.practice, scopes=both, capture_origins=["https://video.example"])
    ours.objects["webhook"], _ = endpoint_create(
        integration=reader, url="https://ehr.example.com/own", types=["note.filed"]
    )
    found = {
        "key": key,
        "notes_only": integration(ours.practice, scopes=("notes:read",))[1],
        "words_only": integration(ours.practice, scopes=("transcripts:read",))[1],
        "other_key": integration(theirs.practice, scopes=both)[1],
    }
    ours.objects["export"] = _export(ours, found["key"])
    theirs.objects["export"] = _export(theirs, found["other_key"])
    for name, field_name in (("revoked", "revoked_at"), ("expired", "expires_at")):
        made, found[name] = integration(ours.practice, scopes=both)
        type(made).objects.filter(pk=made.pk).update(**{field_name: timezone.now() - timedelta(seconds=1)})
    ours.objects["integration"] = made
    theirs.objects["integration"] = integration(theirs.practice)[0]
    for each in (ours, theirs):
        furnish(each.objects["integration"])
        each.objects.setdefault("webhook", each.objects["integration"].webhook_endpoints.first())
        each.objects["change"] = each.objects["filed"].documents.first()
    return found


def _export(of: Side, key: str) -> Any:
    """One that the holder of the key asked for, ready."""
    asked = {"types": ["Patient"], "filters": [], "since": None, "patients": None, "request": "x"}
    made = export_begin(integration=integration_for_key(key), asked=asked)
    export_plan(made.pk)
    return made


def _sessions(users: dict[str, Any]) -> dict[str, str]:
    """Everybody signed in with both factors, but for `half_in`, who gave the password alone."""
    cookies = {}
    for name, user in users.items():
        client = Client()
        client.force_login(user, backend=BACKEND)
        session = client.session
        sessions.start(session)
        if name != "half_in":
            sessions.second_factor_given(session, user)
        session.save()
        cookies[name] = session.session_key
    type(users["inactive"]).objects.filter(pk=users["inactive"].pk).update(is_active=False)
    return cookies


@pytest.fixture(scope="module")
def scene(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """The world, for the tests of one module."""
    fast = override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"])
    with django_db_blocker.unblock(), fast, undone():
        yield world()
