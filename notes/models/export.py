from __future__ import annotations

from typing import Any

from django.db import models
from django.utils import timezone

from config.crypto.fields import EncryptedJSONField
from config.ids import uuid7
from consent.transitions import Transitions
from notes.models.integration import Integration
from notes.states import EXPORT_TRANSITIONS, ExportState


class Export(models.Model):
    """A bulk export: what was asked for, and which files answer it.

    Files are not stored. What is filed never changes, so a file is read from it when it is fetched, as everything was
    at ``until``, and comes out the same each time. ``asked`` is {"request", "types", "filters", "since", "patients"}.
    ``files`` is a list of {"type", "count", "first", "last"}, the last two being positions where a type has them.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    practice = models.ForeignKey("encounters.Practice", on_delete=models.PROTECT, related_name="+")
    integration = models.ForeignKey(Integration, on_delete=models.PROTECT, related_name="exports")
    state = models.CharField(max_length=10, choices=ExportState.choices, default=ExportState.QUEUED)
    asked = EncryptedJSONField()
    until = models.PositiveBigIntegerField(help_text="The position up to which everything is in it.")
    transaction_time = models.DateTimeField()
    files = models.JSONField(default=list)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()

    transitions = Transitions(field="state", action="export.transition", allowed=EXPORT_TRANSITIONS)

    class Meta:
        ordering = ["-created_at"]
        indexes = [
            models.Index(
                fields=["created_at"], condition=models.Q(state=ExportState.QUEUED), name="exports_queued"
            ),
            models.Index(fields=["expires_at"], name="exports_by_expiry"),
        ]

    def __str__(self) -> str:
        return f"Export {self.pk}"

    def audit_context(self) -> dict[str, Any]:
        return {"practice": self.practice_id}

    @property
    def open(self) -> bool:
        """Whether its files can be fetched."""
        return self.state == ExportState.READY and self.expires_at > timezone.now()
