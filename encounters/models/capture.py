from __future__ import annotations

from typing import Any

from django.db import models

from config.ids import uuid7
from encounters.models.encounter import Encounter


class CaptureGrant(models.Model):
    """A telehealth platform's permission to record one encounter from a page of its own, for an hour.

    The token is answered once and stored as a hash. `origins` are the sites whose pages may use it; `grantee` tells
    whose it is, so that the same platform finds its unfinished recording again with a new token.
    """

    audit_kind = "capture"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    encounter = models.ForeignKey(Encounter, on_delete=models.CASCADE, related_name="capture_grants")
    token_sha256 = models.CharField(max_length=64, unique=True, editable=False)
    origins = models.JSONField(default=list)
    grantee = models.CharField(max_length=40)
    grantee_label = models.CharField(max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        ordering = ["created_at"]

    def __str__(self) -> str:
        return f"Capture grant {self.pk}"

    def audit_label(self) -> str:
        return f"Page of {self.grantee_label}"[:200]

    def audit_context(self) -> dict[str, Any]:
        return self.encounter.audit_context()
