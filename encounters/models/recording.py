from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone

from config.ids import uuid7
from consent.transitions import Transitions
from encounters.models.access import CARE, PracticeScoped
from encounters.models.encounter import Encounter
from encounters.models.people import User
from encounters.states import RECORDING_TRANSITIONS, RecordingState


class RecordingQuerySet(PracticeScoped["Recording"]):
    practice_path = "encounter__practice_id"
    roles = CARE


class Recording(models.Model):
    """The audio of an encounter: parts in order, each kept as sealed slices under the recording's own data key."""

    class Source(models.TextChoices):
        UPLOAD = "upload", "File upload"
        BROWSER = "browser", "Browser capture"
        VENDOR = "vendor", "Video vendor"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    encounter = models.ForeignKey(Encounter, on_delete=models.PROTECT, related_name="recordings")
    source = models.CharField(max_length=10, choices=Source.choices)
    state = models.CharField(max_length=10, choices=RecordingState.choices, default=RecordingState.EXPECTED)
    wrapped_key = models.BinaryField(
        help_text="The data key, sealed by the key ring. Destroyed with the audio."
    )
    declared_bytes = models.PositiveBigIntegerField(null=True)
    fingerprint = models.CharField(
        max_length=64,
        blank=True,
        help_text="Names the file on the sender's side, so that a re-send finds its place.",
    )
    bytes = models.PositiveBigIntegerField(default=0)
    media_type = models.CharField(max_length=40, blank=True)
    format = models.CharField(max_length=8, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    duration_seconds = models.FloatField(null=True)
    problem_code = models.CharField(max_length=40, blank=True)
    problem = models.CharField(
        max_length=300, blank=True, help_text="What went wrong, in words for the provider."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    stored_at = models.DateTimeField(null=True)
    touched_at = models.DateTimeField(
        default=timezone.now, help_text="When bytes last arrived, or an upload was resumed."
    )

    objects = RecordingQuerySet.as_manager()
    transitions = Transitions(field="state", action="recording.transition", allowed=RECORDING_TRANSITIONS)

    class Meta:
        ordering = ["created_at"]
        indexes = [
            models.Index(
                fields=["stored_at"], condition=Q(state=RecordingState.STORED), name="recordings_unsent"
            )
        ]
        constraints = [
            models.CheckConstraint(
                name="stored_recording_is_known",
                condition=~Q(state__in=[RecordingState.STORED, RecordingState.RELEASED])
                | (Q(duration_seconds__gt=0) & Q(bytes__gt=0) & ~Q(sha256="")),
            ),
            models.UniqueConstraint(
                fields=["encounter", "fingerprint"],
                condition=Q(state=RecordingState.RECEIVING) & ~Q(fingerprint=""),
                name="one_upload_per_file",
            ),
        ]

    def __str__(self) -> str:
        return f"Recording {self.pk}"

    def audit_context(self) -> dict[str, Any]:
        encounter = self.encounter
        return {"practice": encounter.practice_id, "encounter": encounter.pk, "patient": encounter.patient_id}


class RecordingPart(models.Model):
    """A file of its own within a recording; most recordings have one."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    recording = models.ForeignKey(Recording, on_delete=models.CASCADE, related_name="parts")
    number = models.PositiveSmallIntegerField()
    media_type = models.CharField(max_length=40, blank=True)
    bytes = models.PositiveBigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    duration_seconds = models.FloatField(null=True)

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["recording", "number"], name="part_once")]

    def __str__(self) -> str:
        return f"Part {self.number}"


class RecordingSlice(models.Model):
    """Bytes of a part as they arrived, sealed in one storage object. The row is the receipt."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    part = models.ForeignKey(RecordingPart, on_delete=models.CASCADE, related_name="slices")
    number = models.PositiveIntegerField()
    bytes = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    storage_key = models.CharField(max_length=200)

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["part", "number"], name="slice_once")]

    def __str__(self) -> str:
        return f"Slice {self.number}"


class AudioCopy(models.Model):
    """Custody: one known copy of a recording, wherever it is, and the evidence of its end."""

    class Place(models.TextChoices):
        OURS = "ours", "This system's storage"
        ENGINE = "engine", "SOAPNoteAPI"
        VENDOR = "vendor", "Video vendor"
        BROWSER = "browser", "Browser"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    recording = models.ForeignKey(Recording, on_delete=models.PROTECT, related_name="copies")
    place = models.CharField(max_length=10, choices=Place.choices)
    holder = models.CharField(max_length=100, help_text="Which account or storage holds it.")
    created_at = models.DateTimeField(auto_now_add=True)
    delete_by = models.DateTimeField(null=True)
    deleted_at = models.DateTimeField(null=True)
    evidence = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name_plural = "audio copies"
        ordering = ["created_at"]
        constraints = [models.UniqueConstraint(fields=["recording", "place", "holder"], name="copy_once")]

    def __str__(self) -> str:
        return self.get_place_display()
