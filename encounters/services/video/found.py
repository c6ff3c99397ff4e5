"""What a vendor says it has of a call, as rows: found once, matched, and told apart from what is taken already."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone

from config.doorbell import ring
from consent.audit import SYSTEM, Acting, audited, record
from consent.transitions import StaleState, advance
from encounters.models import AudioCopy, Call, Recording, User, VendorRecording, VideoConnection
from encounters.services.expecting import recording_expect
from encounters.states import VENDOR_WAITING, RecordingState, VendorRecordingState
from encounters.vendors.protocol import CallRef, Found

V = VendorRecordingState
TASK = "encounters.tasks.take_recording"


def recording_found(
    connection: VideoConnection, found: Found, ref: CallRef, call: Call | None
) -> VendorRecording:
    """The row of a file, made at its first mention and brought up to date while nobody is at it."""
    with audited():
        row, made = VendorRecording.objects.get_or_create(
            connection=connection,
            vendor_id=found.id[:200],
            defaults={
                "session_ref": ref.session[:200],
                "room_ref": ref.room[:200],
                "state": V.FOUND if found.ready else V.PREPARING,
                "pushed": found.pushed,
                **columns(found),
            },
        )
        if made:
            context = (call or row).audit_context()
            record(
                "vendor_recording.found",
                actor=SYSTEM,
                target=row,
                data={"vendor": connection.vendor},
                **context,
            )
        elif row.state in VENDOR_WAITING:
            _refresh(row, found)
        if call is not None and row.call_id is None:
            recording_link(row, call, actor=SYSTEM)
        elif row.recording_id and row.state in VENDOR_WAITING:
            ring(TASK, row.recording_id)
    return row


def columns(found: Found) -> dict[str, Any]:
    """What a description says, as columns; what it doesn't know is left out, so that it doesn't erase anything."""
    said = {
        "started_at": found.started_at,
        "media_type": found.media_type[:60],
        "duration_seconds": found.duration,
        "expected_bytes": found.bytes,
        "expected_sha256": found.sha256.lower()[:64],
        "locator": dict(found.locator),
    }
    known = {name: value for name, value in said.items() if value}
    return {**known, "position": found.position, "final": found.final}


def described(row: VendorRecording) -> Found:
    """The row in the words of the adapters."""
    return Found(
        id=row.vendor_id,
        ready=row.state != V.PREPARING,
        final=row.final,
        started_at=row.started_at,
        position=row.position,
        duration=row.duration_seconds,
        bytes=row.expected_bytes,
        sha256=row.expected_sha256,
        media_type=row.media_type,
        pushed=row.pushed,
        locator=row.locator or {},
    )


def call_ref(row: VendorRecording) -> CallRef:
    return CallRef(session=row.session_ref, room=row.room_ref)


def _refresh(row: VendorRecording, found: Found) -> None:
    """Take over what is new, and look at it now. A file that is ready stays so, whatever order callbacks come in."""
    said = columns(found)
    if row.state == V.PREPARING and not found.ready:
        said.pop("locator", None)
    for name, value in said.items():
        setattr(row, name, value)
    row.next_attempt_at = timezone.now()
    row.save(update_fields=[*said, "next_attempt_at"])
    if found.ready and row.state == V.PREPARING:
        with suppress(StaleState):
            advance(row, V.FOUND, actor=SYSTEM, where=Q(state=V.PREPARING))


def recording_link(row: VendorRecording, call: Call, *, actor: Acting) -> None:
    """Give a file to its call's encounter. It joins the call's recording that is still expected, or begins one."""
    with audited():
        unlinked = VendorRecording.objects.filter(pk=row.pk, call__isnull=True, state__in=VENDOR_WAITING)
        if not unlinked.exists():
            return
        recording = (
            recording_expect(encounter=call.encounter, actor=actor) if row.pushed else _expected(call, actor)
        )
        if not unlinked.update(
            call=call,
            recording=recording,
            next_attempt_at=timezone.now(),
            linked_by=actor if isinstance(actor, User) else None,
        ):
            return
        row.refresh_from_db()
        AudioCopy.objects.get_or_create(
            recording=recording, place=AudioCopy.Place.VENDOR, holder=holder_of(row), defaults={}
        )
        record("vendor_recording.linked", actor=actor, target=row, **call.audit_context())
        ring(TASK, recording.pk)


def holder_of(row: VendorRecording) -> str:
    """The name of the vendor's copy in the custody ledger: the connection, and our id of the file."""
    return f"{row.connection.name[:60]} {row.pk}"


def _expected(call: Call, actor: Acting) -> Recording:
    """The encounter's recording of this connection that nothing has been downloaded of yet, or a new one."""
    waiting = Recording.objects.select_for_update(no_key=True, of=("self",)).filter(
        encounter=call.encounter_id,
        state=RecordingState.EXPECTED,
        vendor_recordings__call__connection=call.connection_id,
        vendor_recordings__pushed=False,
        vendor_recordings__found_at__gte=timezone.now() - timedelta(days=1),
    )
    found = waiting.order_by("created_at").first()
    return found or recording_expect(encounter=call.encounter, actor=actor)
