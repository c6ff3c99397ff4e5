"""Sending notifications. Rows made in the filing transaction are the queue; everything here may be killed or run twice.

A receiver gets each event at least once, under the same id each time. Nothing depends on it: the feed has everything.
"""

from __future__ import annotations

import random
import time
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from config.doorbell import ring
from config.http import AnswerRefused, Door, HttpFailure, Limits, bytes_body
from consent.audit import audited, record
from notes.models import Delivery, FiledDocument, Integration, WebhookEndpoint
from notes.services.access import keysets
from notes.services.webhooks.endpoints import endpoint_disable, signing_secrets
from notes.services.webhooks.events import NEEDED, TYPES, event_body
from notes.services.webhooks.signing import signed_headers

State = Delivery.State
LIMITS = Limits(connect=5, read=15, write=10, total=20, answer_bytes=64 * 1024)
LEASE = timedelta(seconds=60)
# Standard Webhooks' schedule: the wait after the first, second, … attempt; after the last one it is given up.
WAITS = tuple(
    timedelta(seconds=seconds) for seconds in (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
)
JITTER = 0.2
GONE = 410
MOST = 50


def queue(document_id: UUID, practice_id: UUID, state: str, now: datetime) -> None:
    """Rows for every endpoint that wants to know of this change. Part of the filing transaction."""
    wanting = WebhookEndpoint.objects.filter(
        integration__practice_id=practice_id, integration__revoked_at__isnull=True, disabled_at__isnull=True
    ).values_list("pk", "types")
    made = [
        Delivery(endpoint_id=pk, document_id=document_id, next_attempt_at=now)
        for pk, types in wanting
        if TYPES[state] in types
    ]
    Delivery.objects.bulk_create(made)
    for delivery in made:
        ring("notes.tasks.deliver", delivery.pk)


def ring_due() -> int:
    """Ring for what is due. An endpoint that failed waits as a whole, so that a dead one can't keep the others."""
    now = timezone.now()
    due = _sendable(now).order_by("next_attempt_at").values_list("pk", flat=True)
    found = list(due[:MOST])
    for pk in found:
        ring("notes.tasks.deliver", pk)
    return len(found)


def deliver(delivery_id: UUID) -> None:
    """Send one notification if it is due. The claim moves its time on: what a dead worker left is tried again."""
    now = timezone.now()
    due = _sendable(now).filter(pk=delivery_id).values_list("next_attempt_at", flat=True).first()
    claimed = Delivery.objects.filter(pk=delivery_id, state=State.PENDING, next_attempt_at=due)
    if due is None or not claimed.update(
        attempts=F("attempts") + 1, next_attempt_at=now + LEASE, last_attempt_at=now
    ):
        return
    delivery = Delivery.objects.select_related("endpoint__integration").get(pk=delivery_id)
    status, error = _send(delivery)
    if 200 <= status < 300:
        _delivered(delivery, status)
    else:
        _failed(delivery, status, error)


def redeliver(*, integration: Integration, document: FiledDocument) -> int:
    """Send an event again to every endpoint of the integration that takes it; to how many."""
    now = timezone.now()
    endpoints = integration.webhook_endpoints.filter(disabled_at__isnull=True)
    wanting = [endpoint for endpoint in endpoints if TYPES[document.state] in endpoint.types]
    with audited():
        for endpoint in wanting:
            fresh = {"state": State.PENDING, "attempts": 0, "next_attempt_at": now}
            delivery, _ = Delivery.objects.update_or_create(
                endpoint=endpoint, document=document, defaults=fresh
            )
            ring("notes.tasks.deliver", delivery.pk)
        record(
            "webhook.redelivered",
            actor=integration,
            practice=integration.practice_id,
            target=document,
            data={"endpoints": len(wanting)},
        )
    return len(wanting)


def _sendable(now: datetime) -> QuerySet[Delivery]:
    quiet = Q(endpoint__retry_at__isnull=True) | Q(endpoint__retry_at__lte=now)
    return Delivery.objects.filter(
        quiet,
        state=State.PENDING,
        next_attempt_at__lte=now,
        endpoint__disabled_at__isnull=True,
        endpoint__integration__revoked_at__isnull=True,
    )


def door() -> Door:
    return keysets.door()


def _send(delivery: Delivery) -> tuple[int, str]:
    """The answer's status, or 0 and what went wrong. Redirects are not followed and count as failures."""
    endpoint = delivery.endpoint
    change = FiledDocument.objects.only(*NEEDED).get(pk=delivery.document_id)
    body = event_body(change)
    headers = signed_headers(str(change.pk), int(time.time()), body, signing_secrets(endpoint))
    try:
        answer = door().send(
            "POST", endpoint.url, headers=headers, body=bytes_body(body, "application/json"), limits=LIMITS
        )
    except AnswerRefused as refused:  # the status counts, whatever came with it
        return refused.status, ""
    except HttpFailure as failure:
        return 0, type(failure).__name__
    return answer.status, ""


def _delivered(delivery: Delivery, status: int) -> None:
    now = timezone.now()
    Delivery.objects.filter(pk=delivery.pk).update(
        state=State.DELIVERED, delivered_at=now, next_attempt_at=None, last_status=status, last_error=""
    )
    WebhookEndpoint.objects.filter(pk=delivery.endpoint_id, failing_since__isnull=False).update(
        failing_since=None, retry_at=None
    )


def _failed(delivery: Delivery, status: int, error: str) -> None:
    now, endpoint = timezone.now(), delivery.endpoint
    over = delivery.attempts > len(WAITS)
    wait = timedelta(0) if over else _jittered(WAITS[delivery.attempts - 1])
    Delivery.objects.filter(pk=delivery.pk).update(
        state=State.FAILED if over else State.PENDING,
        next_attempt_at=None if over else now + wait,
        last_status=status or None,
        last_error=error or f"status {status}",
    )
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(
        retry_at=now + wait, failing_since=endpoint.failing_since or now
    )
    if status == GONE:
        endpoint_disable(endpoint, "answered 410 Gone")
    elif over:
        endpoint_disable(endpoint, "did not take a notification for three days")


def _jittered(wait: timedelta) -> timedelta:
    return wait * random.uniform(1, 1 + JITTER)  # noqa: S311 - spreads load, guards nothing
