from __future__ import annotations

from typing import Any

from django.db import models
from django.utils import timezone

from config.ids import uuid7


class Integration(models.Model):
    """An EHR or other system that pulls filed notes.

    It calls with its key, which is shown once and stored as a SHA-256 hash, or with short tokens that it gets at
    /oauth/token: for a statement signed by one of its own keys (``client_jwks``, ``client_jwks_uri``), or for the key.
    Its id is its OAuth client id.
    """

    class Scope(models.TextChoices):
        NOTES_READ = "notes:read", "Read filed notes"
        ENCOUNTERS_WRITE = "encounters:write", "Make patients and encounters, and bind calls to them"
        NOTES_ACK = "notes:ack", "Acknowledge notes that it has put into the chart"
        WEBHOOKS_MANAGE = "webhooks:manage", "Manage its webhooks"
        TRANSCRIPTS_READ = "transcripts:read", "Read what was said, as it was transcribed"
        FHIR_READ = "system/*.rs", "Read over FHIR"

    audit_kind = "integration"
    is_authenticated = True  # stands where a signed-in user would, as `request.user` of the API
    # What this request may do, where that is less than `scopes`: the scopes of its token.
    granted: list[str] | None = None

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
    capture_origins = models.JSONField(
        "sites that may record",
        default=list,
        blank=True,
        help_text="Origins of a telehealth platform's own pages that record visits.",
    )
    client_jwks = models.JSONField(
        "public keys (JWKS)", default=dict, blank=True, help_text='For SMART Backend Services: {"keys": […]}.'
    )
    client_jwks_uri = models.URLField(
        "address of public keys",
        max_length=500,
        blank=True,
        help_text="Where the system publishes its public keys instead, over https.",
    )
    jwks_cached = models.JSONField(default=dict, editable=False)
    jwks_fetched_at = models.DateTimeField(null=True, editable=False)
    jwks_expires_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        "encounters.User", on_delete=models.PROTECT, null=True, related_name="+", editable=False
    )
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    # How far it has read the change feed, and when it last did; what lies beyond is its lag.
    pulled_through = models.PositiveBigIntegerField(default=0, editable=False)
    pulled_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def audit_label(self) -> str:
        return self.name

    def audit_context(self) -> dict[str, Any]:
        return {"practice": self.practice_id}

    def may(self, scope: str) -> bool:
        """Whether this very request has `scope`."""
        return scope in (self.scopes if self.granted is None else self.granted)

    @property
    def usable(self) -> bool:
        now = timezone.now()
        return not (self.revoked_at and self.revoked_at <= now) and not (
            self.expires_at and self.expires_at <= now
        )
