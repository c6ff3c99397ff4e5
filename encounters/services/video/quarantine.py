"""Recordings at vendors that match no call: a person gives them to an encounter, or has them deleted."""

from __future__ import annotations

from consent.audit import audited
from consent.transitions import advance
from encounters.models import Call, Encounter, User, VendorRecording
from encounters.services.video.calls import CallTaken, call_bind
from encounters.services.video.found import described, recording_link
from encounters.services.video.permission import fresh_start
from encounters.states import VendorRecordingState
from encounters.vendors.protocol import CallRef


def quarantine_link(*, row: VendorRecording, encounter: Encounter, actor: User) -> Call:
    """Give a recording to an encounter of its practice. Raises ValidationError for what can't be."""
    ref = CallRef(session=row.session_ref, room=row.room_ref)
    with audited():
        call = _bound(row, encounter, ref, actor)
        recording_link(row, call, actor=actor)
    row.refresh_from_db()
    return call


def _bound(row: VendorRecording, encounter: Encounter, ref: CallRef, actor: User) -> Call:
    """A call for it, under the vendor's most exact id that is still free."""
    for external_id in filter(None, (ref.session, described(row).id)):
        try:
            return call_bind(
                encounter=encounter,
                connection=row.connection,
                external_id=external_id,
                actor=actor,
                origin=Call.Origin.PERSON,
            )
        except CallTaken:
            continue
    raise CallTaken


def quarantine_discard(*, row: VendorRecording, actor: User, reason: str) -> VendorRecording:
    """Nobody's recording: it is not downloaded, and the vendor is told to delete it. Raises StaleState."""
    return advance(row, VendorRecordingState.REFUSED, actor=actor, reason=reason, **fresh_start())
