"""Chart entries as FHIR readers pull them: every version of every DocumentReference, ready to be sent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self
from uuid import UUID

from django.db import models
from django.db.models import Exists, OuterRef, Q

from config.crypto.fields import EncryptedTextField
from config.ids import uuid7
from notes.models.chart import FiledDocument, PulledByIntegrations
from notes.models.note import Note


class FhirDocumentQuerySet(PulledByIntegrations["FhirDocument"]):
    def standing(self, *, until: int | None = None) -> Self:
        """The version that counts of each document: now, or when the practice's position was `until`."""
        newer = FhirDocument.objects.filter(
            document_id=OuterRef("document_id"), version__gt=OuterRef("version")
        )
        if until is None:
            return self.filter(~Exists(newer))
        return self.filter(~Exists(newer.filter(position__lte=until)), position__lte=until)

    def telling(self) -> Self:
        """The rows that carry a Provenance."""
        return self.filter(provenance__isnull=False)

    def about(self, documents: Iterable[UUID], notes: Iterable[UUID]) -> Self:
        """Those whose Provenance speaks of one of `documents`, which belong to `notes`: each has its own, and where
        its note was retracted, that act's."""
        retracting = Q(note_id__in=notes, status=FhirDocument.Status.ENTERED_IN_ERROR)
        return self.telling().filter(Q(document_id__in=documents) | retracting)


class FhirDocument(models.Model):
    """One version of the DocumentReference of a chart entry, whose id it carries.

    An entry is filed once, but what it counts for changes: a newer one supersedes it, or the note turns out to be
    entered in error. Each time a row with the next version is added, in the transaction that makes it so, under
    that transaction's change number; no row ever changes. ``position`` orders the versions of a practice the way
    they became visible. ``updated_at`` follows the same order strictly (see ``ChangeCounter.stamped_at``), so that
    asking for what is later than the last one seen misses nothing.

    ``provenance`` is the entry's Provenance, with its first version only; its id is the row's.
    """

    immutable = True
    PLACES = 1 << 16  # positions in one change

    class Status(models.TextChoices):
        CURRENT = "current", "Current"
        SUPERSEDED = "superseded", "Superseded"
        ENTERED_IN_ERROR = "entered-in-error", "Entered in error"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    practice = models.ForeignKey("encounters.Practice", on_delete=models.PROTECT, related_name="+")
    document = models.ForeignKey(FiledDocument, on_delete=models.PROTECT, related_name="fhir")
    note = models.ForeignKey(Note, on_delete=models.PROTECT, related_name="+")
    encounter = models.ForeignKey("encounters.Encounter", on_delete=models.PROTECT, related_name="+")
    patient = models.ForeignKey("encounters.Patient", on_delete=models.PROTECT, related_name="+")
    version = models.PositiveIntegerField()
    position = models.PositiveBigIntegerField()
    status = models.CharField(max_length=20, choices=Status.choices)
    type_code = models.CharField(max_length=20)
    date = models.DateTimeField()
    period_start = models.DateTimeField()
    period_end = models.DateTimeField(null=True)
    updated_at = models.DateTimeField()
    body = EncryptedTextField()
    provenance = EncryptedTextField(null=True)

    objects = FhirDocumentQuerySet.as_manager()

    class Meta:
        ordering = ["position"]
        verbose_name = "FHIR document"
        constraints = [
            models.UniqueConstraint(fields=["practice", "position"], name="fhir_position_once"),
            models.UniqueConstraint(fields=["document", "version"], name="fhir_version_once"),
        ]
        indexes = [
            models.Index(fields=["patient", "position"], name="fhir_by_patient"),
            models.Index(fields=["practice", "updated_at"], name="fhir_by_update"),
        ]

    def __str__(self) -> str:
        return f"DocumentReference/{self.document_id}/_history/{self.version}"

    def audit_context(self) -> dict[str, Any]:
        return {"practice": self.practice_id, "encounter": self.encounter_id, "patient": self.patient_id}

    @classmethod
    def position_of(cls, change_number: int, place: int) -> int:
        return change_number * cls.PLACES + place
