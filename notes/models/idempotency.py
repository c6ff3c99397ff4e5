from __future__ import annotations

from django.db import models

from config.crypto.fields import EncryptedTextField
from config.ids import uuid7
from notes.models.integration import Integration


class IdempotentRequest(models.Model):
    """A request that an integration named with an Idempotency-Key, and what it was answered.

    Written in the transaction of what it did, so that one is never there without the other. Kept for a week.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    integration = models.ForeignKey(Integration, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=64)
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 over method, address and body.")
    status = models.PositiveSmallIntegerField(default=0)
    answer = EncryptedTextField(default="")
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["integration", "key"], name="idempotency_key_once"),
        ]

    def __str__(self) -> str:
        return f"Request {self.pk}"
