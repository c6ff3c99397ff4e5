"""Reading permission: the policy that applies, what each participant last decided, the agreement in force."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from consent.models import BusinessAssociateAgreement, ConsentPolicy, ConsentRecord

if TYPE_CHECKING:
    from encounters.models import Encounter

# How much a method proves; a stronger one satisfies a rule that asks for a weaker one.
STRENGTH = {ConsentPolicy.Method.VERBAL: 0, ConsentPolicy.Method.TAP: 1, ConsentPolicy.Method.WRITTEN: 2}


def policies_for(encounter: Encounter, *, on: date | None = None) -> list[ConsentPolicy]:
    """The rules in force for the encounter's two locations and kind of visit, most specific first for each."""
    day = on or timezone.localdate()
    found: list[ConsentPolicy] = []
    for location in dict.fromkeys([encounter.patient_location, encounter.provider_location]):
        candidates = ConsentPolicy.objects.filter(
            Q(effective_to__isnull=True) | Q(effective_to__gte=day),
            jurisdiction__in=[location, location.split("-")[0]],
            visit_kind__in=[encounter.visit_kind, ConsentPolicy.VisitKind.ANY],
            effective_from__lte=day,
        )
        ranked = sorted(candidates, key=_specificity(location))
        if ranked:
            found.append(ranked[-1])
    return found


def _specificity(location: str) -> Callable[[ConsentPolicy], tuple[object, ...]]:
    """Own jurisdiction before the country, own kind of visit before any, newest, English as the reference text."""
    return lambda policy: (
        policy.jurisdiction == location,
        policy.visit_kind != ConsentPolicy.VisitKind.ANY,
        policy.effective_from,
        policy.language == "en",
    )


def policy_for(encounter: Encounter, *, on: date | None = None) -> ConsentPolicy | None:
    """The strictest rule of the patient's and the provider's location, or None where no rule is on file."""
    return max(
        policies_for(encounter, on=on),
        key=lambda policy: (
            policy.parties == ConsentPolicy.Parties.ALL,
            STRENGTH[ConsentPolicy.Method(policy.method)],
        ),
        default=None,
    )


def method_needed(encounter: Encounter, *, on: date | None = None) -> ConsentPolicy.Method:
    """The strongest method that any of the rules asks for, whichever of them names the script."""
    methods = [ConsentPolicy.Method(policy.method) for policy in policies_for(encounter, on=on)]
    return max(methods, key=STRENGTH.__getitem__, default=ConsentPolicy.Method.VERBAL)


def latest_decisions(encounter: Encounter, *, at: datetime | None = None) -> dict[UUID, ConsentRecord]:
    """Each participant's newest decision that had been made by `at`, by participant id."""
    now = at or timezone.now()
    records = ConsentRecord.objects.filter(encounter=encounter, decided_at__lte=now).order_by(
        "recorded_at", "id"
    )
    return {record.participant_id: record for record in records}


def agreement_in_force(
    practice_id: UUID, vendor: str, *, at: datetime | None = None
) -> BusinessAssociateAgreement | None:
    agreements = BusinessAssociateAgreement.objects.in_force(at).filter(
        practice_id=practice_id, vendor=vendor
    )
    return agreements.order_by("-effective_at").first()
