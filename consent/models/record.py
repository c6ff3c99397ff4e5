from __future__ import annotations

from django.db import models

from config.ids import uuid7


class ConsentRecord(models.Model):
    """What one participant decided at one moment. Never changed; a later record replaces it in effect."""

    immutable = True

    class Decision(models.TextChoices):
        GRANTED = "granted", "Granted"
        DECLINED = "declined", "Declined"
        WITHDRAWN = "withdrawn", "Withdrawn"

    class Method(models.TextChoices):
        VERBAL = "verbal", "Verbal"
        WRITTEN = "written", "Written"
        TAP = "tap", "On own device"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    practice = models.ForeignKey("encounters.Practice", on_delete=models.PROTECT, related_name="+")
    encounter = models.ForeignKey("encounters.Encounter", on_delete=models.PROTECT, related_name="consents")
    participant = models.ForeignKey(
        "encounters.Participant", on_delete=models.PROTECT, related_name="consents"
    )
    decision = models.CharField(max_length=10, choices=Decision.choices)
    method = models.CharField(max_length=10, choices=Method.choices)
    policy = models.ForeignKey("consent.ConsentPolicy", on_delete=models.PROTECT, null=True, related_name="+")
    script_version = models.CharField(max_length=20, blank=True)
    language = models.CharField(max_length=12, default="en")
    decided_at = models.DateTimeField(help_text="When the participant said so.")
    recorded_at = models.DateTimeField(auto_now_add=True)
    recorded_by = models.ForeignKey("encounters.User", on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = "consent record"
        ordering = ["recorded_at", "id"]
        indexes = [models.Index(fields=["encounter", "participant", "recorded_at"], name="consent_latest")]

    def __str__(self) -> str:
        return f"{self.get_decision_display()} ({self.get_method_display()})"
