from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q

from config.crypto.fields import EncryptedJSONField
from config.ids import uuid7
from consent.transitions import Transitions
from encounters.models.access import PracticeScoped
from notes.states import FROZEN_NOTES, NOTE_TRANSITIONS, NoteState


class NoteQuerySet(PracticeScoped["Note"]):
    clinical = True


class Note(models.Model):
    """The note of an encounter, from draft to chart.

    ``working`` is what autosave writes: ``{"sections": {"subjective", "objective", "assessment", "plan"},
    "billing_codes": [{"system", "code", "description"}], "patient_summary": str}``. ``version`` counts its
    changes; a save names the version it was made from, so that two editors can't overwrite each other.
    ``transcript`` is a list of ``{"speaker", "start", "end", "text"}``.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    practice = models.ForeignKey("encounters.Practice", on_delete=models.PROTECT, related_name="notes")
    encounter = models.ForeignKey("encounters.Encounter", on_delete=models.PROTECT, related_name="notes")
    patient = models.ForeignKey("encounters.Patient", on_delete=models.PROTECT, related_name="notes")
    purpose = models.CharField(max_length=20, default="soap")
    state = models.CharField(max_length=20, choices=NoteState.choices, default=NoteState.IN_REVIEW)
    working = EncryptedJSONField(default=dict)
    transcript = EncryptedJSONField(default=list)
    version = models.PositiveIntegerField(default=1)
    sandbox = models.BooleanField(default=False, help_text="Drafted by the sandbox: not for clinical use.")
    current_revision = models.ForeignKey(
        "notes.Revision", on_delete=models.PROTECT, null=True, related_name="+"
    )
    signature = models.ForeignKey("notes.Signature", on_delete=models.PROTECT, null=True, related_name="+")
    signer = models.ForeignKey(
        "encounters.User", on_delete=models.PROTECT, null=True, related_name="signed_notes"
    )
    signed_at = models.DateTimeField(null=True)
    hold_until = models.DateTimeField(null=True, help_text="Until then the signature can be taken back.")
    filed_at = models.DateTimeField(null=True)
    edited_at = models.DateTimeField(null=True)
    edited_by = models.ForeignKey("encounters.User", on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = NoteQuerySet.as_manager()
    transitions = Transitions(field="state", action="note.transition", allowed=NOTE_TRANSITIONS)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["encounter", "purpose"], name="one_note_per_purpose"),
            models.CheckConstraint(
                name="signed_note_is_complete",
                condition=~Q(state__in=FROZEN_NOTES)
                | Q(
                    signer__isnull=False,
                    signed_at__isnull=False,
                    signature__isnull=False,
                    current_revision__isnull=False,
                ),
            ),
            models.CheckConstraint(
                name="filed_note_has_time",
                condition=~Q(state__in=["filed", "amended", "entered_in_error"]) | Q(filed_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["patient", "-filed_at"], name="chart_by_patient"),
            models.Index(fields=["hold_until"], condition=Q(state=NoteState.SIGNED), name="notes_on_hold"),
        ]

    def __str__(self) -> str:
        return f"Note {self.pk}"

    def audit_context(self) -> dict[str, Any]:
        return {"practice": self.practice_id, "encounter": self.encounter_id, "patient": self.patient_id}


class RevisionQuerySet(PracticeScoped["Revision"]):
    practice_path = "note__practice_id"
    clinical = True


class Revision(models.Model):
    """A snapshot of a note's content. Never changed; the engine's draft is number 1.

    ``content`` has the shape of ``Note.working``. ``content_sha256`` is over its canonical JSON.
    """

    immutable = True

    class Kind(models.TextChoices):
        DRAFT = "draft", "Draft by the engine"
        SUPERSEDED = "superseded", "Late draft, kept for the record"
        STARTED = "started", "Started by hand"
        SAVED = "saved", "Saved by request"
        SIGNED = "signed", "Signed"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    note = models.ForeignKey(Note, on_delete=models.PROTECT, related_name="revisions")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=12, choices=Kind.choices)
    content = EncryptedJSONField()
    content_sha256 = models.CharField(max_length=64)
    author = models.ForeignKey("encounters.User", on_delete=models.PROTECT, null=True, related_name="+")
    author_label = models.CharField(max_length=200)
    based_on = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="+")
    submission = models.ForeignKey(
        "notes.Submission", on_delete=models.PROTECT, null=True, related_name="revisions"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = RevisionQuerySet.as_manager()

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["note", "number"], name="revision_number_once"),
            models.UniqueConstraint(
                fields=["submission"], condition=Q(submission__isnull=False), name="one_draft_per_submission"
            ),
        ]

    def __str__(self) -> str:
        return f"Revision {self.number}"
