"""What integrations have done with chart entries, and how they are told of new ones."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q

from config.crypto.fields import EncryptedJSONField, EncryptedTextField
from config.ids import uuid7
from notes.models.chart import FiledDocument
from notes.models.integration import Integration


class Receipt(models.Model):
    """What an integration says has become of one version of a note on its side."""

    class Status(models.TextChoices):
        RECEIVED = "received", "Received"
        FILED = "filed", "In the chart"
        REJECTED = "rejected", "Rejected"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    integration = models.ForeignKey(Integration, on_delete=models.PROTECT, related_name="receipts")
    document = models.ForeignKey(FiledDocument, on_delete=models.PROTECT, related_name="receipts")
    status = models.CharField(max_length=10, choices=Status.choices)
    external_id = models.CharField(
        max_length=200, blank=True, help_text="The entry's id in the other system."
    )
    at = models.DateTimeField(help_text="When it happened, by the other system's clock.")
    error_code = models.CharField(max_length=60, blank=True)
    error_message = EncryptedTextField(default="")  # may quote the note
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["integration", "document"], name="one_receipt_per_version")
        ]
        indexes = [
            models.Index(
                fields=["integration", "updated_at"], condition=Q(status="rejected"), name="receipts_rejected"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_status_display()} by {self.integration}"


class WebhookEndpoint(models.Model):
    """Where an integration wants to be told that there is something to pull. Thin: ids only, nothing of a patient."""

    class EventType(models.TextChoices):
        FILED = "note.filed", "A note was filed"
        AMENDED = "note.amended", "A filed note has a new version"
        ENTERED_IN_ERROR = "note.entered_in_error", "A filed note was entered in error"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    integration = models.ForeignKey(Integration, on_delete=models.PROTECT, related_name="webhook_endpoints")
    url = models.URLField(max_length=500)
    types = models.JSONField(default=list)
    # ["whsec_…"]: the one in use first, then those that still sign along until `rotated_until`.
    secrets = EncryptedJSONField()
    rotated_until = models.DateTimeField(null=True)
    retry_at = models.DateTimeField(null=True, help_text="After a failure nothing is sent before this time.")
    failing_since = models.DateTimeField(null=True)
    disabled_at = models.DateTimeField(null=True)
    disabled_reason = models.CharField(max_length=60, blank=True)
    deleted_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"Webhook of {self.integration}"

    @property
    def state(self) -> str:
        return "disabled" if self.disabled_at else "failing" if self.failing_since else "enabled"


class Delivery(models.Model):
    """One notification to one endpoint: the queue and the log in one."""

    class State(models.TextChoices):
        PENDING = "pending", "Waiting"
        DELIVERED = "delivered", "Delivered"
        FAILED = "failed", "Given up"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.CASCADE, related_name="deliveries")
    document = models.ForeignKey(FiledDocument, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True)
    last_attempt_at = models.DateTimeField(null=True)
    last_status = models.PositiveIntegerField(null=True)
    last_error = models.CharField(max_length=60, blank=True)
    delivered_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "deliveries"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["endpoint", "document"], name="one_delivery_per_endpoint"),
            models.CheckConstraint(
                name="pending_delivery_has_a_time",
                condition=~Q(state="pending") | Q(next_attempt_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["next_attempt_at"], condition=Q(state="pending"), name="deliveries_due")
        ]

    def __str__(self) -> str:
        return f"Delivery {self.pk}"

    def audit_context(self) -> dict[str, Any]:
        return {"practice": self.document.practice_id}
