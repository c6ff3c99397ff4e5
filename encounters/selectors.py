"""What pages about an encounter show, read in as few queries as they need. All of it starts from `visible_to`."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import reduce
from operator import and_
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from consent.gate import Decision, Reason, may_record
from consent.models import ConsentPolicy, ConsentRecord
from consent.selectors import latest_decisions, policy_for
from encounters.models import Encounter, Membership, Participant, Patient, Practice, Recording, Role, User
from encounters.models.access import CARE, memberships_of
from encounters.states import TAKEN, EncounterStatus, RecordingState

FOUND_AT_MOST = 20
LANGUAGES = {"en": "English", "es": "Spanish"}


def care_practices(user: User) -> QuerySet[Practice]:
    """Where the user may book visits and prepare them."""
    return Practice.objects.filter(pk__in=memberships_of(user, *CARE).values("practice_id"))


def care_encounters(user: User) -> QuerySet[Encounter]:
    """Encounters that the user may change."""
    return Encounter.objects.visible_to(user).filter(practice__in=care_practices(user))


def providers_of(practice_id: UUID) -> QuerySet[User]:
    working = Membership.objects.filter(practice_id=practice_id, role=Role.PROVIDER, active=True)
    return User.objects.filter(pk__in=working.values("user_id"), is_active=True).order_by(
        "last_name", "first_name"
    )


def patients_found(practice: Practice, text: str) -> list[Patient]:
    """Patients of whom every word of `text` begins a name or the MRN; at most FOUND_AT_MOST."""
    words = text.replace(",", " ").split()
    if not words:
        return []
    each = (
        Q(family_name__istartswith=word) | Q(given_name__istartswith=word) | Q(mrn__istartswith=word)
        for word in words
    )
    return list(
        practice.patients.filter(reduce(and_, each)).order_by("family_name", "given_name")[:FOUND_AT_MOST]
    )


@dataclass(frozen=True)
class Person:
    """A participant and their latest decision, ready to show."""

    participant: Participant
    record: ConsentRecord | None

    @property
    def granted(self) -> bool:
        return self.record is not None and self.record.decision == ConsentRecord.Decision.GRANTED

    @property
    def word(self) -> str:
        return self.record.get_decision_display() if self.record else "Not asked yet"

    @property
    def badge(self) -> str:
        if self.record is None:
            return "waiting"
        return "good" if self.granted else "bad"


@dataclass(frozen=True)
class ConsentPanel:
    """Who takes part and what they said; `scripts` are the policy's texts, the reference language first."""

    people: list[Person]
    policy: ConsentPolicy | None
    decision: Decision
    scripts: list[ConsentPolicy] = field(default_factory=list)
    open: bool = True

    methods = ConsentRecord.Method.choices
    kinds = [choice for choice in Participant.Kind.choices if choice[0] != Participant.Kind.PATIENT]

    @property
    def further(self) -> list[Reason]:
        """Reasons that the list of people does not show by itself."""
        shown = {"consent_missing", "consent_declined", "consent_withdrawn"}
        return [reason for reason in self.decision.reasons if reason.code not in shown]

    @property
    def languages(self) -> list[tuple[str, str]]:
        return [(each.language, LANGUAGES.get(each.language, each.language)) for each in self.scripts]


def consent_panel(encounter: Encounter) -> ConsentPanel:
    policy = policy_for(encounter)
    latest = latest_decisions(encounter)
    people = [Person(each, latest.get(each.pk)) for each in encounter.participants.all()]
    return ConsentPanel(
        people=people,
        policy=policy,
        decision=may_record(encounter),
        scripts=_scripts(policy),
        open=encounter.status not in {EncounterStatus.DOCUMENTED, EncounterStatus.CANCELLED},
    )


def _scripts(policy: ConsentPolicy | None) -> list[ConsentPolicy]:
    """The policy's text in every language in which it is in force."""
    if policy is None:
        return []
    today = timezone.localdate()
    same = ConsentPolicy.objects.filter(
        Q(effective_to__isnull=True) | Q(effective_to__gte=today),
        jurisdiction=policy.jurisdiction,
        visit_kind=policy.visit_kind,
        script_version=policy.script_version,
        effective_from__lte=today,
    ).exclude(language=policy.language)
    return [policy, *same.order_by("language")]


@dataclass(frozen=True)
class RecordingRow:
    recording: Recording

    @property
    def word(self) -> str:
        if self.unfinished:
            return "Recording not finished" if self.captured else "Upload not finished"
        return self.recording.get_state_display()

    @property
    def badge(self) -> str:
        known = {
            "receiving": "waiting",
            "stored": "good",
            "released": "good",
            "rejected": "bad",
            "failed": "bad",
        }
        return known.get(self.recording.state, "neutral")

    @property
    def length(self) -> str:
        return clock(self.recording.duration_seconds or 0)

    @property
    def unfinished(self) -> bool:
        return self.recording.state == RecordingState.RECEIVING

    @property
    def captured(self) -> bool:
        """Made in a browser and not finished: nobody has a file that could be chosen again."""
        return self.unfinished and self.recording.source == Recording.Source.BROWSER


@dataclass(frozen=True)
class RecordingPanel:
    """The recordings of a visit, newest last, and whether another may be uploaded now."""

    rows: list[RecordingRow]
    decision: Decision
    open: bool

    @property
    def taken(self) -> bool:
        """A complete recording is here."""
        return any(row.recording.state in TAKEN for row in self.rows)

    @property
    def unfinished(self) -> bool:
        return any(row.unfinished and not row.captured for row in self.rows)

    @property
    def may_upload(self) -> bool:
        return self.open and self.decision.allowed

    @property
    def declined(self) -> bool:
        """Somebody said no, so words have to be typed instead."""
        return any(
            reason.code in {"consent_declined", "consent_withdrawn"} for reason in self.decision.reasons
        )


def recording_panel(encounter: Encounter, decision: Decision | None = None) -> RecordingPanel:
    """`decision`: what the gate said just now, where it was asked already."""
    return RecordingPanel(
        rows=[RecordingRow(each) for each in encounter.recordings.order_by("created_at")],
        decision=decision or may_record(encounter),
        open=encounter.status not in {EncounterStatus.DOCUMENTED, EncounterStatus.CANCELLED},
    )


def clock(seconds: float) -> str:
    """3725 → "1:02:05"; what players show."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
