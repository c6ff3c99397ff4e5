from __future__ import annotations

from typing import Any

from django.db import models
from django.utils import timezone

from config.ids import uuid7


class Integration(models.Model):
    """An EHR or other system that pulls filed notes. Its key is shown once and stored as a SHA-256 hash."""

    class Scope(models.TextChoices):
        NOTES_READ = "notes:read", "Read filed notes"
        ENCOUNTERS_WRITE = "encounters:write", "Make patients and encounters, and bind calls to them"
        TRANSCRIPTS_READ = "transcripts:read", "Read what was said, as it was transcribed"

    audit_kind = "integration"
    is_authenticated = True  # stands where a signed-in user would, as `request.user` of the API

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    practice = models.ForeignKey("encounters.Practice", on_delete=models.PROTECT, related_name="integrations")
    name = models.CharField(max_length=100)
    key_prefix = models.CharField(max_length=20, unique=True, editable=False)
    key_sha256 = models.CharField(max_length=64, editable=False)
    scopes = models.JSONField(default=list)
    allowed_networks = models.JSONField(
        default=list,
        blank=True,
        help_text='Networks that may use the key, such as ["203.0.113.0/24"]. Empty: any.',
    )
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        "encounters.User", on_delete=models.PROTECT, null=True, related_name="+", editable=False
    )
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def audit_label(self) -> str:
        return self.name

    def audit_context(self) -> dict[str, Any]:
        return {"practice": self.practice_id}

    @property
    def usable(self) -> bool:
        now = timezone.now()
        return not (self.revoked_at and self.revoked_at <= now) and not (
            self.expires_at and self.expires_at <= now
        )
