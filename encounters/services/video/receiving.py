"""Taking in a vendor's callback: verified, its facts stored once, answered. The work comes after."""

from __future__ import annotations

import hashlib
import time
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F

from config.doorbell import ring_gently
from encounters.models import VendorEvent, VideoConnection
from encounters.services.video.connections import vendor_of
from encounters.services.video.push_addresses import upload_address
from encounters.vendors.errors import NotGenuine
from encounters.vendors.protocol import Answer, Callback, CallRef, Event, EventKind, Found

RING_EVERY = 0.25  # seconds; one ring has all open events read


def callback_receive(*, connection: VideoConnection, callback: Callback) -> Answer | None:
    """Verify a raw callback and store what it says; returns the answer that the vendor wants, None for a plain 204.

    Raises NotGenuine (also where no secret is set) and NotReadable; nothing is then stored. Everything is committed
    when this returns.
    """
    secrets = [connection.webhook_secret or "", connection.previous_webhook_secret or ""]
    if not secrets[0]:
        raise NotGenuine("no_secret")
    received = vendor_of(connection).receive(callback, [each for each in secrets if each], time.time())
    digest = hashlib.sha256(callback.body).hexdigest()
    for event in received.events:
        _store(connection, event, digest)
    pushed = [found for event in received.events for found in event.found if found.pushed]
    if pushed:
        return Answer(202, {"upload_url": upload_address(connection, pushed[0].id)})
    return received.answer


def _store(connection: VideoConnection, event: Event, digest: str) -> None:
    """One row an event, however often it is delivered."""
    key = event.key[:200]
    try:
        with transaction.atomic():
            VendorEvent.objects.create(
                connection_id=connection.pk,
                dedupe_key=key,
                kind=event.kind,
                occurred_at=event.occurred_at,
                body_sha256=digest,
                facts=facts_of(event),
            )
            ring_gently("encounters.tasks.read_vendor_inbox", connection.pk, every=RING_EVERY)
    except IntegrityError:
        VendorEvent.objects.filter(connection=connection.pk, dedupe_key=key).update(
            deliveries=F("deliveries") + 1
        )


def facts_of(event: Event) -> dict[str, Any]:
    """The event as JSON."""
    return {
        "call": asdict(event.call),
        "found": [{**asdict(each), "started_at": _written(each.started_at)} for each in event.found],
        "problem": event.problem,
    }


def event_of(row: VendorEvent) -> Event:
    """The event again."""
    facts = row.facts or {}
    return Event(
        kind=EventKind(row.kind),
        key=row.dedupe_key,
        call=CallRef(**facts.get("call", {})),
        found=tuple(
            Found(**{**each, "started_at": _read(each.get("started_at"))}) for each in facts.get("found", [])
        ),
        occurred_at=row.occurred_at,
        problem=facts.get("problem", ""),
    )


def _written(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _read(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
