from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone

from config.crypto.fields import EncryptedJSONField
from config.ids import uuid7
from consent.models import ConsentPolicy
from consent.transitions import Transitions
from encounters.models.access import PracticeScoped
from encounters.models.people import STATE, Patient, Practice, User
from encounters.states import ENCOUNTER_TRANSITIONS, EncounterStatus, NextStep


class EncounterQuerySet(PracticeScoped["Encounter"]):
    pass


class Encounter(models.Model):
    """One visit: who, when, where, and what the engine should know about it.

    ``clinical_context`` holds ``reason``, ``history`` (text), ``medications`` and ``allergies`` (lists of text) and
    ``instructions`` (text). ``next_step`` and ``next_step_at`` place it on the worklist; the services that change
    a recording, submission or note keep them.
    """

    class Modality(models.TextChoices):
        VIDEO = "video", "Video"
        AUDIO = "audio", "Telephone"
        IN_PERSON = "in_person", "In person"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    practice = models.ForeignKey(Practice, on_delete=models.PROTECT, related_name="encounters")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="encounters")
    provider = models.ForeignKey(User, on_delete=models.PROTECT, related_name="encounters")
    status = models.CharField(
        max_length=12, choices=EncounterStatus.choices, default=EncounterStatus.SCHEDULED
    )
    scheduled_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    modality = models.CharField(max_length=10, choices=Modality.choices, default=Modality.VIDEO)
    patient_location = models.CharField(max_length=8, validators=[STATE])
    provider_location = models.CharField(max_length=8, validators=[STATE])
    visit_kind = models.CharField(
        max_length=20, choices=ConsentPolicy.VisitKind.choices, default=ConsentPolicy.VisitKind.GENERAL
    )
    specialty = models.CharField(max_length=40, default="generic")
    template = models.CharField(max_length=60, default="standard")
    include_billing_codes = models.BooleanField("suggest billing codes", default=True)
    include_patient_summary = models.BooleanField("write a patient summary", default=True)
    include_transcript = models.BooleanField("return the transcript", default=True)
    clinical_context = EncryptedJSONField(default=dict)
    next_step = models.PositiveSmallIntegerField(choices=NextStep.choices, default=NextStep.RECORD)
    next_step_at = models.DateTimeField(default=timezone.now)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    objects = EncounterQuerySet.as_manager()
    transitions = Transitions(field="status", action="encounter.transition", allowed=ENCOUNTER_TRANSITIONS)

    class Meta:
        ordering = ["-scheduled_at"]
        indexes = [
            models.Index(fields=["practice", "next_step", "next_step_at", "id"], name="worklist_practice"),
            models.Index(fields=["provider", "next_step", "next_step_at", "id"], name="worklist_mine"),
            models.Index(fields=["patient", "-scheduled_at"], name="encounter_by_patient"),
        ]
        constraints = [
            models.CheckConstraint(
                name="encounter_ends_after_start",
                condition=Q(started_at__isnull=True)
                | Q(ended_at__isnull=True)
                | Q(ended_at__gte=models.F("started_at")),
            )
        ]

    def __str__(self) -> str:
        return f"Encounter {self.pk}"

    def audit_context(self) -> dict[str, Any]:
        return {"practice": self.practice_id, "encounter": self.pk, "patient": self.patient_id}


class Participant(models.Model):
    """Somebody who takes part and whose voice would be recorded. Consent is asked of each."""

    class Kind(models.TextChoices):
        PATIENT = "patient", "Patient"
        GUARDIAN = "guardian", "Parent or guardian"
        INTERPRETER = "interpreter", "Interpreter"
        FAMILY = "family", "Family member"
        TRAINEE = "trainee", "Trainee"
        STAFF = "staff", "Other staff"
        OTHER = "other", "Other person"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    encounter = models.ForeignKey(Encounter, on_delete=models.PROTECT, related_name="participants")
    role = models.CharField(max_length=12, choices=Kind.choices)
    name = models.CharField(max_length=200, blank=True)
    joined_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["joined_at", "id"]

    def __str__(self) -> str:
        return self.get_role_display()

    @property
    def is_patient(self) -> bool:
        return self.role == self.Kind.PATIENT
