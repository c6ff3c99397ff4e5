"""The gate: may this encounter be recorded, may its words leave for a vendor.

Pure decisions with reasons, asked before recording starts, when a recording arrives, and again in the job right
before bytes leave. The sources are SOAPNoteAPI's telehealth integration guide (consent before recording, an executed
agreement before patient audio is sent) and 45 CFR 164.502(e).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal

from consent.models import BusinessAssociateAgreement, ConsentPolicy, ConsentRecord
from consent.selectors import STRENGTH, agreement_in_force, latest_decisions, method_needed

if TYPE_CHECKING:
    from encounters.models import Encounter, Participant

Content = Literal["audio", "text"]


@dataclass(frozen=True)
class Reason:
    """Why the gate is shut: a stable code, words for people, and what opens it. Names no patient."""

    code: str
    text: str
    remedy: str

    def as_dict(self) -> dict[str, str]:
        return asdict(self)


@dataclass(frozen=True)
class Decision:
    reasons: tuple[Reason, ...] = ()

    @property
    def allowed(self) -> bool:
        return not self.reasons

    def as_data(self) -> list[dict[str, str]]:
        return [reason.as_dict() for reason in self.reasons]


def may_record(encounter: Encounter) -> Decision:
    """Whether audio of this encounter may be recorded or kept: everyone taking part agreed, well enough."""
    if encounter.status == "cancelled":
        return Decision((Reason("cancelled", "The encounter was cancelled.", "Open a new encounter."),))
    participants = list(encounter.participants.all())
    if not any(participant.is_patient for participant in participants):
        return Decision((Reason("no_patient", "No patient is listed as taking part.", "Add the patient."),))
    decisions = latest_decisions(encounter)
    needed = method_needed(encounter)
    found = (_consent_gap(person, decisions.get(person.pk), needed) for person in participants)
    return Decision(tuple(reason for reason in found if reason))


def may_transmit(encounter: Encounter, vendor: str, *, content: Content = "audio") -> Decision:
    """Whether the encounter's audio, or its typed text, may leave for `vendor` now.

    Typed text needs no consent to recording, since nothing was recorded; it needs the agreement all the same.
    """
    reasons: Sequence[Reason] = may_record(encounter).reasons if content == "audio" else ()
    if content == "text" and encounter.status == "cancelled":
        reasons = (Reason("cancelled", "The encounter was cancelled.", "Open a new encounter."),)
    if agreement_in_force(encounter.practice_id, vendor) is None:
        reasons = (*reasons, _agreement_gap(encounter, vendor))
    return Decision(tuple(reasons))


def _consent_gap(
    person: Participant, decision: ConsentRecord | None, needed: ConsentPolicy.Method
) -> Reason | None:
    who = person.get_role_display().lower()
    if decision is None:
        return Reason(
            "consent_missing", f"No consent is recorded for the {who}.", "Ask, and record the answer."
        )
    if decision.decision == ConsentRecord.Decision.DECLINED:
        return Reason(
            "consent_declined", f"The {who} declined recording.", "Type a transcript or shorthand instead."
        )
    if decision.decision == ConsentRecord.Decision.WITHDRAWN:
        return Reason(
            "consent_withdrawn", f"The {who} withdrew consent.", "Type a transcript or shorthand instead."
        )
    if STRENGTH[ConsentPolicy.Method(decision.method)] < STRENGTH[needed]:
        return Reason(
            "consent_method",
            f"The {who} consented in a way that the policy for this visit does not accept.",
            f"Record consent again: {needed.label.lower()}.",
        )
    return None


def _agreement_gap(encounter: Encounter, vendor: str) -> Reason:
    label = dict(BusinessAssociateAgreement.Vendor.choices).get(vendor, vendor)
    newest = (
        BusinessAssociateAgreement.objects.filter(practice_id=encounter.practice_id, vendor=vendor)
        .select_related("practice")
        .order_by("-effective_at")
        .first()
    )
    state = f"the last one: {newest.state_in_words.lower()}" if newest else "none is on file"
    return Reason(
        "baa_missing",
        f"No business associate agreement with {label} is in force ({state}).",
        "An administrator records an executed agreement; what is held is then sent by itself.",
    )
