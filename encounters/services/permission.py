"""Asking the gate on the way in, and leaving a trace where it refuses."""

from __future__ import annotations

from contextlib import suppress

from consent.audit import Acting, Outcome, record
from consent.gate import may_record
from consent.transitions import StaleState
from encounters.models import Encounter, Recording
from encounters.services.erasing import recording_reject
from encounters.services.uploads import GateShut

FINAL = {"consent_declined", "consent_withdrawn", "cancelled"}


def ask_gate(encounter: Encounter, actor: Acting, *, kept: str) -> None:
    decision = may_record(encounter)
    if decision.allowed:
        return
    codes = [reason.code for reason in decision.reasons]
    context = encounter.audit_context()
    record(
        "gate.refused",
        actor=actor,
        target=encounter,
        outcome=Outcome.REFUSED,
        data={"codes": codes},
        **context,
    )
    raise GateShut(decision, kept=kept)


def ask_gate_again(recording: Recording, actor: Acting) -> None:
    """Asked at each slice and at the end. A no deletes what was sent; a missing answer only holds the upload up."""
    try:
        ask_gate(recording.encounter, actor, kept="Nothing more was taken in.")
    except GateShut as shut:
        if FINAL & {reason.code for reason in shut.decision.reasons}:
            words = f"{shut.message} What had been sent was deleted. {shut.remedy}"
            with suppress(StaleState):  # the upload ended in another way meanwhile
                recording_reject(recording=recording, code="no_consent", problem=words, actor=actor)
        raise
