"""What is signed and what is in the chart: rows that the database refuses to change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import Q

from config.crypto.fields import EncryptedBytesField, EncryptedTextField
from config.ids import uuid7
from encounters.models.access import PracticeScoped, Row
from notes.models.note import Note, Revision

if TYPE_CHECKING:
    from notes.models.integration import Integration


class Signature(models.Model):
    """Who signed what, when, and what the signature means (21 CFR 11.50, 11.70 as the model).

    ``digest`` binds signer, meaning, moment, note, patient, encounter and revision hash together, so that the row
    proves nothing about any other note.
    """

    immutable = True

    class Meaning(models.TextChoices):
        AUTHOR = "author", "Reviewed, corrected and approved as author"
        ADDENDUM = "addendum", "Author of an addendum"
        RETRACTION = "retraction", "Marked the note as entered in error"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    note = models.ForeignKey(Note, on_delete=models.PROTECT, related_name="signatures")
    revision = models.ForeignKey(Revision, on_delete=models.PROTECT, null=True, related_name="signatures")
    user = models.ForeignKey("encounters.User", on_delete=models.PROTECT, related_name="+")
    printed_name = models.CharField(max_length=200)
    credentials = models.CharField(max_length=60, blank=True)
    npi = models.CharField(max_length=10, blank=True)
    meaning = models.CharField(max_length=12, choices=Meaning.choices)
    attestation = models.TextField()
    attestation_version = models.CharField(max_length=20)
    signed_at = models.DateTimeField()
    content_sha256 = models.CharField(max_length=64)
    authenticated_at = models.DateTimeField(help_text="When the signer last proved who they are.")
    authenticated_by = models.CharField(max_length=40)
    digest = models.CharField(max_length=64)

    class Meta:
        ordering = ["signed_at"]

    def __str__(self) -> str:
        return f"{self.printed_name}, {self.get_meaning_display()}"


class Addendum(models.Model):
    """Something said about a filed note, signed by itself. The one of kind ``entered_in_error`` retracts the note
    and is the last."""

    immutable = True

    class Kind(models.TextChoices):
        LATE_ENTRY = "late_entry", "Late entry"
        ADDENDUM = "addendum", "Addendum"
        CORRECTION = "correction", "Correction"
        ENTERED_IN_ERROR = "entered_in_error", "Entered in error"

    # What can be written beside a note that stays valid.
    ADDITIONS = (Kind.LATE_ENTRY, Kind.ADDENDUM, Kind.CORRECTION)

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    note = models.ForeignKey(Note, on_delete=models.PROTECT, related_name="addenda")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=20, choices=Kind.choices)
    text = EncryptedTextField()
    reason = EncryptedTextField()
    signature = models.OneToOneField(Signature, on_delete=models.PROTECT, related_name="addendum")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "addenda"
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["note", "number"], name="addendum_number_once")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.number}"


class ChangeCounter(models.Model):
    """The practice's change number. Its row is incremented last in the filing transaction, so numbers become
    visible in their order: a reader that has seen n has seen everything up to n."""

    practice = models.OneToOneField("encounters.Practice", on_delete=models.PROTECT, primary_key=True)
    value = models.PositiveBigIntegerField(default=0)
    stamped_at = models.DateTimeField(
        null=True, help_text="The latest time given to a change or to a reader."
    )

    def __str__(self) -> str:
        return str(self.value)


class PulledByIntegrations(PracticeScoped[Row]):
    clinical = True

    def pulled_by(self, integration: Integration) -> Self:
        """What an integration may see: its own practice's chart entries. Every machine's way in starts here."""
        return self.filter(practice_id=integration.practice_id)


class FiledDocumentQuerySet(PulledByIntegrations["FiledDocument"]):
    pass


class FiledDocument(models.Model):
    """One version of a note as it stands in the chart and as integrations pull it.

    ``body`` is the JSON that the API serves, rendered once, byte for byte.
    """

    immutable = True

    class State(models.TextChoices):
        FILED = "filed", "Filed"
        AMENDED = "amended", "Amended"
        ENTERED_IN_ERROR = "entered_in_error", "Entered in error"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    practice = models.ForeignKey("encounters.Practice", on_delete=models.PROTECT, related_name="+")
    note = models.ForeignKey(Note, on_delete=models.PROTECT, related_name="documents")
    encounter = models.ForeignKey("encounters.Encounter", on_delete=models.PROTECT, related_name="documents")
    patient = models.ForeignKey("encounters.Patient", on_delete=models.PROTECT, related_name="documents")
    version = models.PositiveIntegerField()
    change_number = models.PositiveBigIntegerField()
    state = models.CharField(max_length=20, choices=State.choices)
    body = EncryptedTextField()
    body_sha256 = models.CharField(max_length=64)
    replaces = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="+")
    filed_at = models.DateTimeField()
    filed_by = models.ForeignKey("encounters.User", on_delete=models.PROTECT, null=True, related_name="+")

    objects = FiledDocumentQuerySet.as_manager()

    class Meta:
        ordering = ["change_number"]
        constraints = [
            models.UniqueConstraint(fields=["practice", "change_number"], name="change_number_once"),
            models.UniqueConstraint(fields=["note", "version"], name="document_version_once"),
            models.CheckConstraint(name="change_number_starts_at_1", condition=Q(change_number__gte=1)),
        ]

    def __str__(self) -> str:
        return f"Document {self.pk}, version {self.version}"

    def audit_context(self) -> dict[str, Any]:
        return {"practice": self.practice_id, "encounter": self.encounter_id, "patient": self.patient_id}


class Rendering(models.Model):
    """One form of a chart entry, made when it was filed and never again: the same bytes for every reader.

    ``format`` names it: ``notes.services.documents`` lists them.
    """

    immutable = True

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    document = models.ForeignKey(FiledDocument, on_delete=models.PROTECT, related_name="renderings")
    format = models.CharField(max_length=30)
    body = EncryptedBytesField()
    size = models.PositiveIntegerField(help_text="Bytes of the body.")
    sha256 = models.CharField(max_length=64)

    class Meta:
        ordering = ["format"]
        constraints = [
            models.UniqueConstraint(fields=["document", "format"], name="rendering_format_once"),
        ]

    def __str__(self) -> str:
        return f"{self.format} of {self.document_id}"
