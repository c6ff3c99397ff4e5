"""Calls: which encounter a vendor's room, session or meeting belongs to.

A link is only ever made by an id that somebody bound. An id that can be used again (a room name, a meeting number)
counts for the time around its visit; whatever comes outside of it waits for a person, since a recording on the wrong
chart is worse than one that is late.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from uuid import UUID

from django.core.exceptions import ValidationError
from django.utils import timezone

from config.doorbell import ring
from consent.audit import SYSTEM, Acting, audited, record
from encounters.models import Call, Encounter, User, VendorRecording, VideoConnection
from encounters.services.video.found import recording_link
from encounters.states import EncounterStatus
from encounters.vendors.protocol import CallRef
from encounters.vendors.registry import vendor_named

_PRINTABLE = re.compile(r"[!-~]{1,200}")
FIRST_POLL = timedelta(minutes=2)
# How far from its visit a reusable id still means that visit.
BEFORE = timedelta(hours=12)
AFTER_END = timedelta(minutes=15)
LONGEST = timedelta(hours=24)


class CallTaken(Exception):
    """The room, session or meeting is bound to another encounter."""


def call_bind(
    *, encounter: Encounter, connection: VideoConnection, external_id: str, actor: Acting, origin: str
) -> Call:
    """Bind a vendor's id to an encounter; the same again is answered with the same call.

    Raises ValidationError for what can't be bound, CallTaken for an id of another encounter. What the vendor has
    reported for that id already is linked at once.
    """
    _check(encounter, connection, external_id)
    now = timezone.now()
    with audited():
        call, made = Call.objects.get_or_create(
            connection=connection,
            external_id=external_id,
            defaults={
                "encounter": encounter,
                "origin": origin,
                "poll_at": max(now, encounter.scheduled_at) + FIRST_POLL,
                "created_by": actor if isinstance(actor, User) else None,
            },
        )
        if call.encounter_id != encounter.pk:
            raise CallTaken
        if made:
            data = {"vendor": connection.vendor, "origin": origin}
            record("call.bound", actor=actor, target=call, data=data, **call.audit_context())
            ring("encounters.tasks.read_vendor_inbox", connection.pk)
        for waiting in _waiting_for(call):
            recording_link(waiting, call, actor=SYSTEM)
    return call


def _check(encounter: Encounter, connection: VideoConnection, external_id: str) -> None:
    if connection.practice_id != encounter.practice_id or not connection.active:
        raise ValidationError("Choose an active video connection of the encounter's practice.")
    if not _PRINTABLE.fullmatch(external_id):
        raise ValidationError("The id of a room, session or meeting has 1 to 200 characters without spaces.")
    if encounter.status == EncounterStatus.CANCELLED:
        raise ValidationError("The encounter was cancelled.")


def _waiting_for(call: Call) -> list[VendorRecording]:
    ref = ref_of(call)
    waiting = VendorRecording.objects.quarantined().filter(connection=call.connection_id)
    if ref.session:
        return list(waiting.filter(session_ref=ref.session))
    return [row for row in waiting.filter(room_ref=ref.room) if covers(call, row.started_at or row.found_at)]


def ref_of(call: Call) -> CallRef:
    return vendor_named(call.connection.vendor).ref(call.external_id)


def call_for(connection: VideoConnection, ref: CallRef, moment: datetime | None) -> Call | None:
    """The call that a vendor speaks of, at `moment`, or None where nobody has bound it."""
    calls = Call.objects.filter(connection=connection).select_related("encounter", "connection")
    if ref.session and (known := calls.filter(external_id=ref.session).first()):
        return known
    if ref.encounter and (named := _bound_by_sender(connection, ref)):
        return named
    reused = calls.filter(external_id=ref.room).first() if ref.room else None
    if reused is None or not covers(reused, moment or timezone.now()):
        return None
    return _occurrence(reused, ref.session) if ref.session else reused


def covers(call: Call, moment: datetime) -> bool:
    """Whether something at `moment` in a reusable room belongs to this call's visit."""
    visit = call.encounter
    starts = [moment for moment in (visit.scheduled_at, visit.started_at, call.started_at) if moment]
    ended = call.ended_at or visit.ended_at
    if ended and visit.ended_at is None:
        # Somebody who only looked in before the visit has not used up its room.
        ended = max(ended, visit.scheduled_at)
    latest = ended + AFTER_END if ended else max(call.created_at, *starts) + LONGEST
    return min(starts) - BEFORE <= moment <= latest


def _occurrence(call: Call, session: str) -> Call:
    """The call again, under the id of this one occurrence, by which everything else about it is known."""
    made, _ = Call.objects.get_or_create(
        connection_id=call.connection_id,
        external_id=session,
        defaults={
            "encounter_id": call.encounter_id,
            "origin": Call.Origin.VENDOR,
            "poll_at": timezone.now() + FIRST_POLL,
            "started_at": call.started_at,
        },
    )
    return made


def _bound_by_sender(connection: VideoConnection, ref: CallRef) -> Call | None:
    """A sender that knows our encounter binds its call with the first thing it says."""
    try:
        encounter = Encounter.objects.filter(pk=UUID(ref.encounter), practice=connection.practice_id).first()
        if encounter is None:
            return None
        return call_bind(
            encounter=encounter,
            connection=connection,
            external_id=ref.session or ref.room or ref.encounter,
            actor=SYSTEM,
            origin=Call.Origin.PLATFORM,
        )
    except (ValueError, ValidationError, CallTaken):
        return None


def call_started(call: Call, moment: datetime | None) -> None:
    """Note when a call began; one that had ended before goes on, in the same room."""
    Call.objects.filter(pk=call.pk, started_at__isnull=True).update(started_at=moment or timezone.now())
    if moment is None:
        return
    with audited():
        ended = Call.objects.filter(pk=call.pk, ended_at__lt=moment)
        if ended.update(ended_at=None, poll_at=timezone.now() + FIRST_POLL):
            record("call.resumed", actor=SYSTEM, target=call, **call.audit_context())


def call_ended(call: Call, moment: datetime | None, *, source: str) -> None:
    """Note that a call is over, once; the vendor is asked what it has of it."""
    with audited():
        open_calls = Call.objects.filter(pk=call.pk, ended_at__isnull=True)
        if open_calls.update(ended_at=moment or timezone.now(), poll_at=timezone.now()):
            ring("encounters.tasks.poll_call", call.pk)
            record("call.ended", actor=SYSTEM, target=call, data={"source": source}, **call.audit_context())
    call.refresh_from_db()
