"""A patient's chart: what is filed, newest first, without opening a single note."""

from __future__ import annotations

from django.db.models import QuerySet

from encounters.models import Encounter, Patient, User
from notes.models import Note, Receipt
from notes.selectors.integrations import receipts_of
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


def filed_notes_acknowledged(user: User, patient: Patient) -> list[Note]:
    """The same, each with ``in_chart``: receipts of the systems that have it in their chart."""
    notes = list(filed_notes(user, patient))
    filed = [receipt for receipt in receipts_of(*notes) if receipt.status == Receipt.Status.FILED]
    for note in notes:
        note.in_chart = [receipt for receipt in filed if receipt.document.note_id == note.pk]  # type: ignore[attr-defined]
    return notes


def encounters_of(user: User, patient: Patient) -> QuerySet[Encounter]:
    return (
        Encounter.objects.visible_to(user)
        .filter(patient=patient)
        .select_related("provider")
        .defer("clinical_context")
        .order_by("-scheduled_at")[:CHART_LIMIT]
    )
