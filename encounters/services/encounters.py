"""An encounter from booking to its end. Every function writes in one audited transaction."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import Any, TypedDict, Unpack

from django.core.exceptions import ValidationError
from django.utils import timezone

from consent import hooks
from consent.audit import Acting, audited, record
from consent.transitions import StaleState, advance
from encounters.models import Encounter, Participant, Patient, Recording, User
from encounters.selectors import providers_of
from encounters.services.erasing import recording_purge
from encounters.states import EncounterStatus, NextStep, RecordingState

OPEN = (EncounterStatus.SCHEDULED, EncounterStatus.IN_PROGRESS, EncounterStatus.ENDED)
# They decide which consent rule applies.
RULING = {"patient_location", "provider_location", "visit_kind"}


class VisitFields(TypedDict, total=False):
    """Everything about a visit that people enter; see Encounter for the meaning of each."""

    provider: User
    scheduled_at: datetime
    modality: str
    visit_kind: str
    patient_location: str
    provider_location: str
    specialty: str
    template: str
    include_billing_codes: bool
    include_patient_summary: bool
    include_transcript: bool
    clinical_context: dict[str, Any]


def encounter_create(*, patient: Patient, actor: Acting, **fields: Unpack[VisitFields]) -> Encounter:
    """Book a visit; the patient takes part from the start. Raises ValidationError for what can't be."""
    created_by = actor if isinstance(actor, User) else None
    made = Encounter(practice_id=patient.practice_id, patient=patient, created_by=created_by)
    changed = _set(made, fields)
    made.next_step, made.next_step_at = NextStep.RECORD, made.scheduled_at
    _check(made, [*changed, "provider"])
    with audited():
        made.save(force_insert=True)
        Participant.objects.create(encounter=made, role=Participant.Kind.PATIENT)
        record("encounter.created", actor=actor, target=made, **made.audit_context())
    return made


def encounter_update(*, encounter: Encounter, actor: User, **fields: Unpack[VisitFields]) -> Encounter:
    """Change what was entered about a visit that is not documented yet.

    Raises ValidationError, and StaleState once the visit is documented or cancelled. Another location or kind of
    visit can bring another consent rule, so held work looks at the gate again.
    """
    with audited():
        current = Encounter.objects.select_for_update(no_key=True).get(pk=encounter.pk)
        if current.status not in OPEN:
            raise StaleState(current, "changed", current.status)
        changed = _set(current, fields)
        _check(current, changed)
        if changed:
            current.save(update_fields=changed)
            context = current.audit_context()
            record("encounter.changed", actor=actor, target=current, data={"fields": changed}, **context)
        if RULING & set(changed):
            hooks.notify("permission.changed", current.practice_id)
    return current


def encounter_start(*, encounter: Encounter, actor: Acting) -> Encounter:
    return advance(encounter, EncounterStatus.IN_PROGRESS, actor=actor, started_at=timezone.now())


def encounter_end(*, encounter: Encounter, actor: Acting) -> Encounter:
    return advance(encounter, EncounterStatus.ENDED, actor=actor, ended_at=timezone.now())


def encounter_cancel(*, encounter: Encounter, actor: Acting, reason: str) -> Encounter:
    """The visit did not take place: stop what is on its way and delete unfinished uploads."""
    with audited():
        done: dict[str, Any] = {"next_step": NextStep.DONE, "next_step_at": timezone.now()}
        advance(encounter, EncounterStatus.CANCELLED, actor=actor, reason=reason, **done)
        hooks.notify("permission.withdrawn", encounter.pk)
    for recording in Recording.objects.filter(encounter=encounter, state=RecordingState.RECEIVING):
        with suppress(StaleState):
            recording_purge(recording=recording, actor=actor, reason="The encounter was cancelled")
    return encounter


def _set(encounter: Encounter, fields: VisitFields) -> list[str]:
    changed = sorted(name for name, value in fields.items() if getattr(encounter, name, None) != value)
    for name in changed:
        setattr(encounter, name, fields[name])  # type: ignore[literal-required]
    return changed


def _check(encounter: Encounter, changed: list[str]) -> None:
    encounter.clean_fields(exclude=["practice", "patient", "provider", "created_by", "clinical_context"])
    if "provider" not in changed:
        return
    if not providers_of(encounter.practice_id).filter(pk=encounter.provider_id).exists():
        raise ValidationError({"provider": "Choose an active provider of this practice."})
