from __future__ import annotations

from datetime import datetime
from pathlib import PurePath
from zoneinfo import ZoneInfo

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from config.ids import uuid7


def document_name(baa: BusinessAssociateAgreement, filename: str) -> str:
    """A name of our own: what people call their files can say who they are."""
    return f"baa/{baa.pk}/{uuid7().hex}{PurePath(filename).suffix.lower()[:8]}"


class AgreementQuerySet(models.QuerySet["BusinessAssociateAgreement"]):
    def in_force(self, at: datetime | None = None) -> AgreementQuerySet:
        """Agreements in force at a moment: effective, not expired, not revoked."""
        now = at or timezone.now()
        return self.filter(
            Q(expires_at__isnull=True) | Q(expires_at__gt=now),
            Q(revoked_at__isnull=True) | Q(revoked_at__gt=now),
            effective_at__lte=now,
        )


class BusinessAssociateAgreement(models.Model):
    """The executed contract (45 CFR 164.504(e)) under which a vendor may receive a practice's patient data."""

    class Vendor(models.TextChoices):
        SOAPNOTEAPI = "soapnoteapi", "SOAPNoteAPI"
        SANDBOX = "sandbox", "Sandbox on this machine (demo only)"
        TWILIO = "twilio", "Twilio Video"
        DAILY = "daily", "Daily.co"
        ZOOM = "zoom", "Zoom"
        VONAGE = "vonage", "Vonage Video"
        WEBRTC = "webrtc", "Own WebRTC service"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    practice = models.ForeignKey("encounters.Practice", on_delete=models.PROTECT, related_name="agreements")
    vendor = models.CharField(max_length=20, choices=Vendor.choices)
    executed_on = models.DateField()
    effective_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True, help_text="Empty if it runs until revoked.")
    practice_signatory = models.CharField(max_length=200)
    vendor_signatory = models.CharField(max_length=200)
    document = models.FileField(upload_to=document_name, blank=True)
    document_sha256 = models.CharField("document SHA-256", max_length=64, blank=True, editable=False)
    note = models.CharField(max_length=300, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = AgreementQuerySet.as_manager()

    class Meta:
        verbose_name = "business associate agreement"
        ordering = ["-effective_at"]
        indexes = [models.Index(fields=["practice", "vendor", "effective_at"], name="baa_lookup")]
        constraints = [
            models.CheckConstraint(
                name="baa_expires_after_start",
                condition=Q(expires_at__isnull=True) | Q(expires_at__gt=F("effective_at")),
                violation_error_message="The agreement must expire after it takes effect.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_vendor_display()}, effective {self.effective_at:%Y-%m-%d}"

    @property
    def state_in_words(self) -> str:
        """As of now, the day being the practice's own."""
        now = timezone.now()
        if self.revoked_at and self.revoked_at <= now:
            return f"Revoked {self._day(self.revoked_at)}"
        if self.effective_at > now:
            return f"Takes effect {self._day(self.effective_at)}"
        if self.expires_at and self.expires_at <= now:
            return f"Expired {self._day(self.expires_at)}"
        return "In force"

    def _day(self, moment: datetime) -> str:
        return moment.astimezone(ZoneInfo(self.practice.time_zone)).date().isoformat()
