"""Working off verified callbacks. Each is a hint: what it says leads to a question, and the vendor's API answers it."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from config.doorbell import ring
from consent.audit import audited
from encounters.models import Call, VendorEvent, VendorRecording
from encounters.services.video.calls import call_ended, call_for, call_started
from encounters.services.video.found import recording_found
from encounters.services.video.losing import making_failed, vendor_deleted
from encounters.services.video.receiving import event_of
from encounters.services.video.starting import recording_noticed
from encounters.vendors.protocol import Event, EventKind

CLAIM = timedelta(seconds=60)
# A callback may be quicker than the request that binds its call.
WAIT_FOR_CALL = timedelta(minutes=10)


def read_inbox(connection_id: UUID) -> None:
    """Handle every open event of a connection whose time has come, those included that come in meanwhile."""
    for _ in range(5):
        found = list(_open().filter(connection=connection_id).values_list("pk", flat=True)[:200])
        for pk in found:
            _read(pk)
        if not found:
            return


def ring_due() -> int:
    """Ring once for each connection with events to handle."""
    connections = set(_open().values_list("connection_id", flat=True)[:1000])
    for pk in connections:
        ring("encounters.tasks.read_vendor_inbox", pk)
    return len(connections)


def _open() -> QuerySet[VendorEvent]:
    waiting = Q(look_after__isnull=True) | Q(look_after__lte=timezone.now())
    return VendorEvent.objects.filter(waiting, handled_at__isnull=True).order_by("received_at")


def _read(event_id: UUID) -> None:
    """Handle one event, unless another worker has it."""
    claim = timezone.now() + CLAIM
    if not _open().filter(pk=event_id).update(look_after=claim, attempts=F("attempts") + 1):
        return
    row = VendorEvent.objects.select_related("connection").get(pk=event_id)
    event = event_of(row)
    call = call_for(row.connection, event.call, event.occurred_at)
    with audited():  # seen together, so that nobody begins to download the first as if it were all
        for found in event.found if event.kind != EventKind.RECORDING_DELETED else ():
            recording_found(row.connection, found, event.call, call)
    if call is None:
        _wait_for_call(row, event)
        return
    _apply(row, event, call)
    _done(row)


def _apply(row: VendorEvent, event: Event, call: Call) -> None:
    if event.kind == EventKind.CALL_STARTED:
        call_started(call, event.occurred_at)
    elif event.kind == EventKind.CALL_ENDED:
        call_ended(call, event.occurred_at, source="callback")
    elif event.kind == EventKind.RECORDING_STARTED:
        recording_noticed(call, event.occurred_at)
    elif event.kind == EventKind.RECORDING_FAILED:
        making_failed(call, event.problem)
    elif event.kind == EventKind.RECORDING_DELETED:
        vendor_deleted(
            VendorRecording.objects.filter(call=call, vendor_id__in=[each.id for each in event.found])
        )


def _wait_for_call(row: VendorEvent, event: Event) -> None:
    """Try again for a while. What was found stays in quarantine after that; the rest meant nobody's call."""
    if timezone.now() - row.received_at >= WAIT_FOR_CALL:
        _done(row)
        return
    later = timezone.now() + timedelta(seconds=min(60, 2**row.attempts))
    VendorEvent.objects.filter(pk=row.pk).update(look_after=later)


def _done(row: VendorEvent) -> None:
    """Close the event; its facts go, the row stays so that a repeated delivery is known."""
    VendorEvent.objects.filter(pk=row.pk).update(handled_at=timezone.now(), facts=None, look_after=None)
