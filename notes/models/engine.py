from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q

from config.crypto.fields import EncryptedJSONField, EncryptedTextField
from config.ids import uuid7


class EngineAccount(models.Model):
    """A practice's account at SOAPNoteAPI, or at the sandbox. Secrets are encrypted and never shown again.

    ``signature`` overrides single settings of the named profile (header names, tolerance …), as
    ``manage.py verify_webhook_signature`` prints them.
    """

    class Kind(models.TextChoices):
        SOAPNOTEAPI = "soapnoteapi", "SOAPNoteAPI"
        SANDBOX = "sandbox", "Sandbox on this machine (demo only)"

    class Mode(models.TextChoices):
        LIVE = "live", "Live"
        TEST = "test", "Test key (10 requests a day)"

    class Profile(models.TextChoices):
        NONE = "", "Not known yet: webhooks are refused, polling delivers"
        BODY_HEX = "body-hex", "body-hex"
        HEADER_TS = "header-ts", "header-ts"
        T_V1 = "t-v1", "t-v1"
        STANDARD = "standard-webhooks", "standard-webhooks"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    practice = models.ForeignKey(
        "encounters.Practice", on_delete=models.PROTECT, related_name="engine_accounts"
    )
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=12, choices=Kind.choices, default=Kind.SOAPNOTEAPI)
    mode = models.CharField(max_length=5, choices=Mode.choices, default=Mode.LIVE)
    base_url = models.URLField(default="https://api.soapnoteapi.com")
    api_key = EncryptedTextField("API key", default="")
    webhook_secret = EncryptedTextField(default="", blank=True)
    previous_webhook_secret = EncryptedTextField(default="", blank=True)
    signature_profile = models.CharField(
        max_length=20, choices=Profile.choices, default=Profile.NONE, blank=True
    )
    signature = models.JSONField("signature settings", default=dict, blank=True)
    refetch = models.BooleanField(
        "fetch notes again after a webhook",
        default=True,
        help_text="Store only what the engine confirms over our own connection. Leave on.",
    )
    active = models.BooleanField(default=True)
    paused_until = models.DateTimeField(null=True, blank=True, help_text="Set after an account-wide problem.")
    paused_reason = models.CharField(max_length=300, blank=True)
    refused_webhooks = models.PositiveIntegerField(default=0, editable=False)
    webhook_refusal_recorded_at = models.DateTimeField(null=True, editable=False)
    capture_until = models.DateTimeField(
        null=True,
        editable=False,
        help_text="Until then the next test event is kept, to find out how it is signed.",
    )
    captured_webhook = EncryptedJSONField(null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = "engine account"
        constraints = [
            models.UniqueConstraint(
                fields=["practice"],
                condition=Q(active=True),
                name="one_active_engine_account",
                violation_error_message="The practice has another active engine account. Deactivate that one first.",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def vendor(self) -> str:
        """Who receives the data, as agreements name them."""
        return self.kind

    @property
    def patience(self) -> int:
        """How many times longer to wait between polls: a test key has ten requests a day."""
        return 4 if self.mode == self.Mode.TEST else 1

    def audit_context(self) -> dict[str, Any]:
        return {"practice": self.practice_id}


class EngineEvent(models.Model):
    """The inbox: one row per verified webhook, kept until matched with a submission and handled.

    The payload stays (encrypted) only until then; it is used when the engine no longer has the note.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    account = models.ForeignKey(EngineAccount, on_delete=models.PROTECT, related_name="events")
    note_id = models.CharField(max_length=128)
    event = models.CharField(max_length=60)
    received_at = models.DateTimeField(auto_now_add=True)
    body_sha256 = models.CharField(max_length=64)
    profile = models.CharField(max_length=20)
    payload = EncryptedJSONField(null=True)
    submission = models.ForeignKey(
        "notes.Submission", on_delete=models.PROTECT, null=True, related_name="events"
    )
    handled_at = models.DateTimeField(null=True)
    look_after = models.DateTimeField(
        null=True, help_text="Owned by a worker, or to be tried again, until then."
    )
    deliveries = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["received_at"]
        constraints = [
            models.UniqueConstraint(fields=["account", "note_id", "event"], name="engine_event_once")
        ]
        indexes = [
            models.Index(
                fields=["account", "received_at"], condition=Q(handled_at__isnull=True), name="inbox_open"
            )
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.note_id}"
