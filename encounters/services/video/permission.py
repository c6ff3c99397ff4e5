"""The gate, asked on behalf of a vendor's recording: what a no does depends on whether it can still become a yes."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any

from django.utils import timezone

from consent.audit import SYSTEM, Outcome, audited, record
from consent.gate import Decision, may_record
from consent.transitions import StaleState, advance
from encounters.models import Recording, VendorRecording
from encounters.services.erasing import recording_reject
from encounters.services.permission import FINAL
from encounters.states import VENDOR_WAITING, RecordingState, VendorRecordingState

V = VendorRecordingState
ASK_AGAIN = timedelta(minutes=10)
# How long a recording may wait at the vendor for somebody's answer.
PATIENCE = timedelta(days=7)
OPEN = (*VENDOR_WAITING, V.DOWNLOADING)


def permitted(recording: Recording) -> bool:
    """Whether the recording may be taken in now; where not, its files are held, or refused for good."""
    decision = may_record(recording.encounter)
    if decision.allowed:
        return True
    oldest = recording.vendor_recordings.order_by("found_at").values_list("found_at", flat=True).first()
    waited_enough = oldest is not None and oldest < timezone.now() - PATIENCE
    if waited_enough or FINAL & {reason.code for reason in decision.reasons}:
        refuse(recording, decision)
    else:
        _hold(recording, decision)
    return False


def refuse(recording: Recording, decision: Decision) -> None:
    """Nothing of it is downloaded, what was is deleted, and so is the vendor's copy. The encounter says so."""
    why = " ".join(reason.text for reason in decision.reasons)
    remedy = " ".join(dict.fromkeys(reason.remedy for reason in decision.reasons))
    words = (
        f"{why} The recording was not taken in; the video vendor is told to delete its copy. {remedy}".strip()
    )
    with audited():
        for row in recording.vendor_recordings.filter(state__in=OPEN):
            with suppress(StaleState):
                advance(row, V.REFUSED, actor=SYSTEM, data=_codes(decision), **fresh_start())
        _refused_by_gate(recording, decision)
    recording.refresh_from_db()
    if recording.state in {RecordingState.EXPECTED, RecordingState.RECEIVING}:
        with suppress(StaleState):
            recording_reject(recording=recording, code="no_consent", problem=words, actor=SYSTEM)


def _hold(recording: Recording, decision: Decision) -> None:
    with audited():
        held = [row for row in recording.vendor_recordings.filter(state__in=OPEN) if row.state != V.HELD]
        for row in held:
            with suppress(StaleState):
                advance(row, V.HELD, actor=SYSTEM, data=_codes(decision), lease=None, lease_until=None)
        if held:
            _refused_by_gate(recording, decision)
        later = timezone.now() + ASK_AGAIN
        VendorRecording.objects.filter(recording=recording, state=V.HELD).update(
            next_attempt_at=later, last_error_code="no_permission", last_error=decision.reasons[0].text[:300]
        )


def fresh_start() -> dict[str, Any]:
    """The marks of earlier tries taken off, for the next kind of work."""
    return {
        "lease": None,
        "lease_until": None,
        "attempts": 0,
        "next_attempt_at": timezone.now(),
        "last_error_code": "",
        "last_error": "",
    }


def _refused_by_gate(recording: Recording, decision: Decision) -> None:
    context = recording.audit_context()
    record(
        "gate.refused",
        actor=SYSTEM,
        target=recording,
        outcome=Outcome.REFUSED,
        data=_codes(decision),
        **context,
    )


def _codes(decision: Decision) -> dict[str, object]:
    return {"codes": [reason.code for reason in decision.reasons]}
