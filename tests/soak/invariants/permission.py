"""I6: no bytes reached the engine without everybody's consent and an agreement in force.

The engine's ledger says whose bytes it has; the trail says when they were claimed; consents and agreements say what
was allowed at that moment. A claim asks the gate in the same transaction, so nothing may stand between them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

from consent.models import AuditEvent, BusinessAssociateAgreement, ConsentRecord
from encounters.models import Encounter, Participant
from notes.models import Submission
from tests.soak.invariants import Violation
from tests.soak.invariants.jobs import CLAIMED, size_of, submissions
from tests.soak.ledger import Ledger
from tests.soak.visits import Kind, Visit

# A claim's event carries the time of its writing, moments after the gate was asked.
SLACK = timedelta(seconds=1)


def check(ledger: Ledger, visits: Iterable[Visit]) -> list[Violation]:
    return [*_unclaimed(ledger), *_forbidden(), *_after_withdrawal(), *_refused_audio(visits)]


def _unclaimed(ledger: Ledger) -> list[Violation]:
    """Bytes that the gate never let pass: of a certain submission, or sent more often than anything was claimed."""
    claimed = _claims()
    allowed = sum(map(len, claimed.values()))
    found = []
    if ledger.sendings > allowed:
        found.append(Violation("I6", f"bytes were sent {ledger.sendings} times with {allowed} claims"))
    return found + [
        Violation("I6", "the engine has bytes of a submission that was never claimed", (str(row.pk),))
        for row in submissions()
        if ledger.of_size(size_of(row)) and str(row.pk) not in claimed
    ]


def _claims() -> dict[str, list[datetime]]:
    found: dict[str, list[datetime]] = defaultdict(list)
    events = AuditEvent.objects.filter(action="submission.transition", data__contains=CLAIMED)
    for target, at in events.values_list("target_id", "at"):
        found[target].append(at)
    return found


def _forbidden() -> list[Violation]:
    """Claims at a moment when the gate must have been shut."""
    claims = _claims()
    rows = Submission.objects.filter(pk__in=list(claims)).select_related("encounter", "account")
    return [
        Violation("I6", f"sent {reason} at {at:%H:%M:%S}", (str(row.pk),))
        for row in rows.defer("text", "result")
        for at in claims[str(row.pk)]
        if (reason := _objection(row, row.account.vendor if row.account else "", at))
    ]


def _objection(row: Submission, vendor: str, at: datetime) -> str:
    moments = (at - SLACK, at)
    agreements = BusinessAssociateAgreement.objects.filter(practice=row.encounter.practice_id, vendor=vendor)
    if not any(agreements.in_force(moment).exists() for moment in moments):
        return "without an agreement in force"
    if row.kind == Submission.Kind.AUDIO and not any(
        _all_agreed(row.encounter, moment) for moment in moments
    ):
        return "without everybody's consent"
    return ""


def _all_agreed(encounter: Encounter, at: datetime) -> bool:
    people = list(Participant.objects.filter(encounter=encounter, joined_at__lte=at))
    return bool(people) and all(_decision(person, at) == ConsentRecord.Decision.GRANTED for person in people)


def _decision(person: Participant, at: datetime) -> str | None:
    decided = ConsentRecord.objects.filter(participant=person, recorded_at__lte=at)
    return decided.order_by("-recorded_at", "-id").values_list("decision", flat=True).first()


def _after_withdrawal() -> list[Violation]:
    """Results that were taken in although somebody who was recorded had said no by then."""
    completed = Submission.objects.filter(kind=Submission.Kind.AUDIO, state="completed")
    return [
        Violation("I6", "a draft was made after consent was withdrawn", (str(row.pk),))
        for row in completed.select_related("encounter").defer("text", "result")
        if row.completed_at and not _all_agreed(row.encounter, row.completed_at - SLACK)
    ]


def _refused_audio(visits: Iterable[Visit]) -> list[Violation]:
    """Of an upload that was stopped half-way by a withdrawal, nothing was stored or sent."""
    stopped = {visit.pk: visit for visit in visits if visit.kind == Kind.WITHDRAWN and visit.withdrawn_at}
    rows = Submission.objects.filter(encounter__in=list(stopped), kind=Submission.Kind.AUDIO)
    return [
        Violation("I6", "audio was submitted although consent was withdrawn while it came in", (str(pk),))
        for pk in rows.values_list("pk", flat=True)
    ]
