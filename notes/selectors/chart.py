"""A patient's chart: what is filed, newest first, without opening a single note."""

from __future__ import annotations

from django.db.models import QuerySet

from encounters.models import Encounter, Patient, User
from notes.models import Note
from notes.states import FILED_NOTES

CHART_LIMIT = 100


def filed_notes(user: User, patient: Patient) -> QuerySet[Note]:
    return (
        Note.objects.visible_to(user)
        .filter(patient=patient, state__in=FILED_NOTES)
        .select_related("encounter", "signature")
        .defer("working", "transcript", "encounter__clinical_context")
        .order_by("-filed_at", "-id")[:CHART_LIMIT]
    )


def encounters_of(user: User, patient: Patient) -> QuerySet[Encounter]:
    return (
        Encounter.objects.visible_to(user)
        .filter(patient=patient)
        .select_related("provider")
        .defer("clinical_context")
        .order_by("-scheduled_at")[:CHART_LIMIT]
    )
