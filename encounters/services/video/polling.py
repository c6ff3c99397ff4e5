"""Asking vendors about calls, whether or not their callbacks come."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import F
from django.utils import timezone

from config.doorbell import ring
from consent.audit import audited
from encounters.models import Call
from encounters.services.video.calls import call_ended, call_for, ref_of
from encounters.services.video.connections import connection_heard, vendor_of
from encounters.services.video.found import recording_found
from encounters.states import VENDOR_WAITING, VendorRecordingState
from encounters.vendors.errors import VendorError
from encounters.vendors.protocol import CallRef, Listing

CLAIM = timedelta(seconds=120)
_SOONEST, _LATEST = timedelta(minutes=2), timedelta(minutes=15)
# Zoom may take a day to process a recording.
PATIENCE = timedelta(hours=30)
# Nobody reports the end of a call that never took place.
NEVER_HELD = timedelta(hours=72)


def call_poll(call_id: UUID) -> None:
    """Ask the vendor what it has of a call, and when to ask again."""
    now = timezone.now()
    due = Call.objects.filter(pk=call_id, poll_at__lte=now)
    if not due.update(poll_at=now + CLAIM, polls=F("polls") + 1):
        return
    call = Call.objects.select_related("encounter", "connection").get(pk=call_id)
    try:
        listing = vendor_of(call.connection).list_call(ref_of(call))
    except VendorError as error:
        connection_heard(call.connection, error)
        _again(call, wait=error.retry_after or 0.0)
        return
    connection_heard(call.connection, None)
    _take_in(call, listing)
    call.refresh_from_db()
    _again(call)


def _take_in(call: Call, listing: Listing) -> None:
    bound = ref_of(call)
    ref = CallRef(session=bound.session or listing.session, room=bound.room)
    moment = listing.ended_at or max(
        (each.started_at for each in listing.found if each.started_at), default=None
    )
    owner: Call | None = call if bound.session else call_for(call.connection, ref, moment)
    if listing.ended and owner is not None:
        call_ended(owner, listing.ended_at, source="polling")
    with audited():  # seen together, so that nobody begins to download the first as if it were all
        for found in listing.found:
            # A room's list goes back to visits before this one.
            mine = owner if bound.session else call_for(call.connection, ref, found.started_at or moment)
            recording_found(call.connection, found, ref, mine)


def _again(call: Call, *, wait: float = 0.0) -> None:
    """The next time, or never: once everything is here, and once nothing can be expected any more."""
    now = timezone.now()
    if _over(call, now):
        Call.objects.filter(pk=call.pk).update(poll_at=None)
        return
    pause = min(_LATEST, _SOONEST * 1.5 ** min(call.polls, 12))
    Call.objects.filter(pk=call.pk).update(poll_at=now + max(pause, timedelta(seconds=wait)))


def _over(call: Call, now: datetime) -> bool:
    if call.ended_at is None:
        return now > max(call.created_at, call.encounter.scheduled_at) + NEVER_HELD
    open_states = [*VENDOR_WAITING, VendorRecordingState.DOWNLOADING]
    states = list(call.recordings.values_list("state", flat=True))
    settled = bool(states) and not set(states) & set(open_states)
    return now > call.ended_at + PATIENCE or (settled and now > call.ended_at + timedelta(minutes=10))


def ring_due() -> int:
    due = Call.objects.filter(poll_at__isnull=False, poll_at__lte=timezone.now(), connection__active=True)
    found = list(due.order_by("poll_at").values_list("pk", flat=True)[:200])
    for pk in found:
        ring("encounters.tasks.poll_call", pk)
    return len(found)
