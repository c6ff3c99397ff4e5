"""The receiver of SOAPNoteAPI's webhooks: verify the raw bytes, store one row, answer, ring.

A callback is a hint: nothing of it reaches a note before the engine has confirmed it. Answers tell
a stranger nothing; the reason for a refusal is in the audit trail, at most one event a minute and account.
"""

from __future__ import annotations

import base64
import hashlib
import json
import time
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from config.doorbell import ring_gently
from config.incoming import TooLarge, raw_body
from consent.audit import AnonymousActor, Outcome, audited, record
from notes.models import EngineAccount, EngineEvent
from notes.services.capturing import capture_store
from notes.soapnoteapi.errors import BadAnswer
from notes.soapnoteapi.schemas import WebhookEvent, read_event
from notes.soapnoteapi.signature_profiles import ProfileError, profile_named
from notes.soapnoteapi.signatures import SignatureInvalid, verify

NOTE_EVENTS = frozenset({"note.generated", "note.failed"})
TEST_EVENT = "test"
RING_EVERY = 0.25  # seconds; one ring has all open events read
RECORD_REFUSAL_EVERY = timedelta(minutes=1)
NEEDED = (
    "id", "practice_id", "webhook_secret", "previous_webhook_secret", "signature_profile", "signature", "capture_until",
)  # fmt: skip


class NotReadable(Exception):
    """Not one JSON object that names its event and can be read in one way only."""


@csrf_exempt
@require_http_methods(["POST", "HEAD"])
def engine_webhook(request: HttpRequest, pk: UUID) -> HttpResponse:
    account = EngineAccount.objects.only(*NEEDED).filter(pk=pk).first()
    if account is None:
        raise Http404
    if request.method == "HEAD":
        return HttpResponse(status=204)
    try:
        body = raw_body(request, settings.WEBHOOK_MAX_BYTES)
        if account.capture_until:
            _capture(account, request, body)
        profile = _verify(account, request, body)
        _take_in(account, body, profile)
    except TooLarge:
        return HttpResponse(status=413)
    except SignatureInvalid as refused:
        _refuse(account, refused.reason)
        return HttpResponse(status=401)
    except (UnreadablePostError, NotReadable):
        return HttpResponse(status=400)
    return HttpResponse(status=204)


def _verify(account: EngineAccount, request: HttpRequest, body: bytes) -> str:
    """The name of the profile under which the body is genuine; raises SignatureInvalid."""
    try:
        profile = profile_named(account.signature_profile, account.signature)
    except ProfileError:
        raise SignatureInvalid("no_profile") from None
    secrets = [account.webhook_secret or "", account.previous_webhook_secret or ""]
    verify(profile, request.headers, body, secrets, time.time())
    return profile.name


def _take_in(account: EngineAccount, body: bytes, profile: str) -> None:
    """Store an event of a kind we know; others are taken note of by nobody, and answered alike."""
    text, event = _read(body)
    if event.event in NOTE_EVENTS and not event.note_id:
        raise NotReadable
    if event.event in NOTE_EVENTS or event.event == TEST_EVENT:
        _store(account, event, text, hashlib.sha256(body).hexdigest(), profile)


def _read(body: bytes) -> tuple[str, WebhookEvent]:
    try:
        text = body.decode("utf-8")
        json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
        return text, read_event(body)
    except (ValueError, RecursionError, BadAnswer):
        raise NotReadable from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("A key occurs twice")
    return found


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _store(account: EngineAccount, event: WebhookEvent, text: str, digest: str, profile: str) -> None:
    """One row an event, committed before we answer; a repeated delivery is only counted."""
    note_event = event.event in NOTE_EVENTS
    try:
        with transaction.atomic():
            EngineEvent.objects.create(
                account_id=account.pk,
                note_id=event.note_id if note_event else "",
                event=event.event,
                body_sha256=digest,
                profile=profile,
                payload=text if note_event else None,
                handled_at=None if note_event else timezone.now(),
            )
            if note_event:
                ring_gently("notes.tasks.read_inbox", account.pk, every=RING_EVERY)
    except IntegrityError:
        known = EngineEvent.objects.filter(
            account=account.pk, note_id=event.note_id if note_event else "", event=event.event
        )
        known.update(deliveries=F("deliveries") + 1)


def _refuse(account: EngineAccount, reason: str) -> None:
    """Count every refusal, audit one a minute: a flood of them must not grow the chain."""
    now = timezone.now()
    row = EngineAccount.objects.filter(pk=account.pk)
    row.update(refused_webhooks=F("refused_webhooks") + 1)
    due = Q(webhook_refusal_recorded_at__isnull=True) | Q(
        webhook_refusal_recorded_at__lt=now - RECORD_REFUSAL_EVERY
    )
    with audited():
        if not row.filter(due).update(webhook_refusal_recorded_at=now):
            return
        count = row.values_list("refused_webhooks", flat=True).first()
        record(
            "engine.webhook_refused", actor=AnonymousActor(), target=account, outcome=Outcome.REFUSED,
            reason=reason, data={"refused_so_far": count}, practice=account.practice_id,
        )  # fmt: skip


def _capture(account: EngineAccount, request: HttpRequest, body: bytes) -> None:
    """While armed, keep one test event (synthetic, no patient in it) with its headers, for finding the profile."""
    if account.capture_until is None or account.capture_until < timezone.now():
        return
    try:
        _, event = _read(body)
    except NotReadable:
        return
    if event.event != TEST_EVENT:
        return
    kept = {
        "headers": {
            name: value for name, value in request.headers.items() if name not in {"Cookie", "Authorization"}
        },
        "body_base64": base64.b64encode(body).decode(),
    }
    capture_store(account, kept)
