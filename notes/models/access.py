from __future__ import annotations

from django.db import models

from config.ids import uuid7
from notes.models.integration import Integration


class AccessToken(models.Model):
    """A short-lived bearer token of an integration, stored as its SHA-256 hash."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    integration = models.ForeignKey(Integration, on_delete=models.CASCADE, related_name="tokens")
    token_sha256 = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(db_index=True)
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"Token {self.pk}"


class UsedAssertion(models.Model):
    """A signed statement that an integration logged in with. Kept until it has expired, so that none works twice."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    integration = models.ForeignKey(Integration, on_delete=models.CASCADE, related_name="+")
    jti_sha256 = models.CharField(max_length=64)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["integration", "jti_sha256"], name="assertion_used_once")
        ]

    def __str__(self) -> str:
        return f"Assertion {self.pk}"
