"""Starting and stopping a vendor's recording from here: only with permission, and stopped where it lacks."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

from django.utils import timezone

from consent.audit import SYSTEM, Acting, Outcome, audited, record
from consent.gate import Decision, may_record, may_transmit
from encounters.models import Call
from encounters.services.uploads import GateShut
from encounters.services.video.calls import ref_of
from encounters.services.video.connections import vendor_of
from encounters.vendors.errors import VendorError
from encounters.vendors.protocol import CallRef


def may_start(call: Call) -> Decision:
    """Recording at a vendor hands it the patient's voice, so it takes consent, and an agreement with the vendor."""
    vendor = vendor_of(call.connection)
    if not vendor.business_associate:
        return may_record(call.encounter)
    return may_transmit(call.encounter, vendor.slug)


def recording_start(*, call: Call, actor: Acting) -> None:
    """Have the vendor record the call. Raises GateShut (nothing was started) and VendorError."""
    decision = may_start(call)
    if not decision.allowed:
        codes = {"codes": [reason.code for reason in decision.reasons]}
        record(
            "gate.refused",
            actor=actor,
            target=call,
            outcome=Outcome.REFUSED,
            data=codes,
            **call.audit_context(),
        )
        raise GateShut(decision, kept="Nothing is being recorded.")
    vendor_of(call.connection).start_recording(_live_ref(call))
    with audited():
        Call.objects.filter(pk=call.pk).update(recording_started_at=timezone.now())
        record("call.recording_started", actor=actor, target=call, **call.audit_context())
    if not may_start(call).allowed:  # somebody said no in the meantime
        recording_stop(call=call, actor=SYSTEM)


def recording_stop(*, call: Call, actor: Acting) -> None:
    """Have the vendor stop recording the call; always allowed. Raises VendorError."""
    vendor_of(call.connection).stop_recording(_live_ref(call))
    record("call.recording_stopped", actor=actor, target=call, **call.audit_context())


def _live_ref(call: Call) -> CallRef:
    """The call's own id, and the reusable one that its visit is bound by: Zoom takes orders by that one only."""
    ref = ref_of(call)
    if ref.room:
        return ref
    same_visit = Call.objects.filter(encounter=call.encounter_id, connection=call.connection_id)
    rooms = (ref_of(other).room for other in same_visit.select_related("connection").order_by("-created_at"))
    return CallRef(session=ref.session, room=next(filter(None, rooms), ""))


def recording_noticed(call: Call, moment: datetime | None) -> None:
    """The vendor says that it is recording. Against the gate it is told to stop."""
    Call.objects.filter(pk=call.pk, recording_started_at__isnull=True).update(
        recording_started_at=moment or timezone.now()
    )
    if not may_record(call.encounter).allowed:
        with suppress(VendorError):
            recording_stop(call=call, actor=SYSTEM)


def stop_for_withdrawal(call: Call) -> None:
    """Somebody withdrew in the middle of a call that is being recorded."""
    if call.recording_started_at and not call.ended_at:
        with suppress(VendorError):
            recording_stop(call=call, actor=SYSTEM)
