"""A practice's accounts at video vendors, the calls held there, and what the vendors report and keep of them."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone

from config.crypto.fields import EncryptedJSONField, EncryptedTextField
from config.ids import uuid7
from consent.transitions import Transitions
from encounters.models.access import OVERSIGHT, PracticeScoped, Role
from encounters.models.encounter import Encounter
from encounters.models.people import Practice, User
from encounters.models.recording import Recording
from encounters.states import VENDOR_RECORDING_TRANSITIONS, VENDOR_WAITING, VendorRecordingState


class VideoConnectionQuerySet(PracticeScoped["VideoConnection"]):
    roles = (*OVERSIGHT, Role.ADMIN)


class VideoConnection(models.Model):
    """A practice's account at a video vendor. Secrets are encrypted and never shown again.

    ``account_ref`` is the vendor's public name of the account (Account SID, application id …); ``credentials`` holds
    what the vendor's adapter lists in ``fields``, ``options`` what is no secret (own media hosts, for instance).
    ``webhook_secret`` signs callbacks; the previous one verifies until it is forgotten.
    """

    class Vendor(models.TextChoices):
        TWILIO = "twilio", "Twilio Video"
        DAILY = "daily", "Daily.co"
        ZOOM = "zoom", "Zoom"
        VONAGE = "vonage", "Vonage Video"
        WEBRTC = "webrtc", "Own WebRTC service"

    class State(models.TextChoices):
        UNTESTED = "untested", "Not tested yet"
        WORKING = "working", "Working"
        TROUBLE = "trouble", "Needs attention"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    practice = models.ForeignKey(Practice, on_delete=models.PROTECT, related_name="video_connections")
    vendor = models.CharField(max_length=20, choices=Vendor.choices)
    name = models.CharField(max_length=100)
    account_ref = models.CharField("account", max_length=200, blank=True)
    host = models.URLField(
        "API address",
        blank=True,
        help_text="Empty for the vendor's usual one. Changing it needs the keys again.",
    )
    credentials = EncryptedJSONField(default=dict)
    options = models.JSONField(default=dict, blank=True)
    webhook_secret = EncryptedTextField(default="", blank=True)
    previous_webhook_secret = EncryptedTextField(default="", blank=True)
    active = models.BooleanField(default=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.UNTESTED, editable=False)
    checked_at = models.DateTimeField(null=True, editable=False)
    last_error_code = models.CharField(max_length=60, blank=True, editable=False)
    last_error = models.CharField(
        max_length=500, blank=True, editable=False, help_text="In words for people."
    )
    refused_callbacks = models.PositiveIntegerField(default=0, editable=False)
    callback_refusal_recorded_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = VideoConnectionQuerySet.as_manager()

    class Meta:
        verbose_name = "video connection"
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def audit_context(self) -> dict[str, Any]:
        return {"practice": self.practice_id}


class CallQuerySet(PracticeScoped["Call"]):
    practice_path = "encounter__practice_id"


class Call(models.Model):
    """Which encounter a vendor's room, session or meeting belongs to; stored before the call where possible.

    ``external_id`` names either one occurrence (a Twilio room SID, a Zoom meeting UUID) or something that can be
    used again (a room name, a meeting number); see ``encounters.services.video.calls`` for how each is matched.
    """

    class Origin(models.TextChoices):
        SERVER = "server", "This system"
        PLATFORM = "platform", "Telehealth platform"
        PERSON = "person", "Linked by hand"
        VENDOR = "vendor", "Reported by the vendor"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    encounter = models.ForeignKey(Encounter, on_delete=models.PROTECT, related_name="calls")
    connection = models.ForeignKey(VideoConnection, on_delete=models.PROTECT, related_name="calls")
    external_id = models.CharField("room, session or meeting", max_length=200)
    origin = models.CharField(max_length=10, choices=Origin.choices)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    recording_started_at = models.DateTimeField(
        null=True, help_text="When recording was asked for, or reported."
    )
    poll_at = models.DateTimeField(
        null=True,
        default=timezone.now,
        help_text="When the vendor is asked next; empty once nothing more is expected.",
    )
    polls = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    objects = CallQuerySet.as_manager()

    class Meta:
        ordering = ["created_at"]
        constraints = [models.UniqueConstraint(fields=["connection", "external_id"], name="call_once")]
        indexes = [models.Index(fields=["poll_at"], condition=Q(poll_at__isnull=False), name="calls_to_poll")]

    def __str__(self) -> str:
        return f"Call {self.pk}"

    def audit_context(self) -> dict[str, Any]:
        return self.encounter.audit_context()


class VendorEvent(models.Model):
    """The inbox: one row per verified callback, without its body.

    ``facts`` is what the adapter read from it, ids and times only, kept until the event is handled.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    connection = models.ForeignKey(VideoConnection, on_delete=models.PROTECT, related_name="events")
    dedupe_key = models.CharField(max_length=200)
    kind = models.CharField(max_length=30)
    occurred_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField(auto_now_add=True)
    body_sha256 = models.CharField(max_length=64)
    facts = EncryptedJSONField(null=True)
    deliveries = models.PositiveIntegerField(default=1)
    attempts = models.PositiveSmallIntegerField(default=0)
    look_after = models.DateTimeField(
        null=True, help_text="Owned by a worker, or to be tried again, until then."
    )
    handled_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["received_at"]
        constraints = [models.UniqueConstraint(fields=["connection", "dedupe_key"], name="vendor_event_once")]
        indexes = [
            models.Index(
                fields=["connection", "received_at"],
                condition=Q(handled_at__isnull=True),
                name="vendor_inbox_open",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    def audit_context(self) -> dict[str, Any]:
        return {"practice": self.connection.practice_id}


class VendorRecordingQuerySet(PracticeScoped["VendorRecording"]):
    practice_path = "connection__practice_id"
    roles = OVERSIGHT

    def quarantined(self) -> VendorRecordingQuerySet:
        """Those that match no call. They are not downloaded until a person has linked them."""
        return self.filter(call__isnull=True, state__in=VENDOR_WAITING)


class VendorRecording(models.Model):
    """One file that a vendor has, or makes, of a call. Several of one call become parts of one Recording, in order.

    ``session_ref`` and ``room_ref`` are the vendor's ids by which its call is found. ``locator`` is the adapter's own
    knowledge of how to ask for the file. ``lease`` names the worker that has it; ``next_attempt_at`` is when it is
    looked at again: to ask the vendor, the gate, for the download, or for the deletion of the vendor's copy.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    connection = models.ForeignKey(VideoConnection, on_delete=models.PROTECT, related_name="recordings")
    vendor_id = models.CharField(max_length=200)
    session_ref = models.CharField(max_length=200, blank=True)
    room_ref = models.CharField(max_length=200, blank=True)
    call = models.ForeignKey(Call, on_delete=models.PROTECT, null=True, related_name="recordings")
    recording = models.ForeignKey(
        Recording, on_delete=models.PROTECT, null=True, related_name="vendor_recordings"
    )
    state = models.CharField(
        max_length=12, choices=VendorRecordingState.choices, default=VendorRecordingState.FOUND
    )
    started_at = models.DateTimeField(null=True)
    position = models.PositiveIntegerField(default=0, help_text="Order among files that started together.")
    final = models.BooleanField(
        default=True, help_text="The vendor says that the call's recording ends with it."
    )
    pushed = models.BooleanField(
        default=False, help_text="Sent to us by the vendor instead of being fetched."
    )
    media_type = models.CharField(max_length=60, blank=True)
    duration_seconds = models.FloatField(null=True)
    expected_bytes = models.PositiveBigIntegerField(null=True)
    expected_sha256 = models.CharField(max_length=64, blank=True)
    locator = EncryptedJSONField(default=dict)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True, default=timezone.now)
    lease = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    last_error_code = models.CharField(max_length=60, blank=True)
    last_error = models.CharField(max_length=300, blank=True, help_text="In words for people.")
    found_at = models.DateTimeField(auto_now_add=True)
    stored_at = models.DateTimeField(null=True)
    discarded_at = models.DateTimeField(
        null=True, help_text="When the vendor confirmed that its copy is gone."
    )
    linked_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    objects = VendorRecordingQuerySet.as_manager()
    transitions = Transitions(
        field="state", action="vendor_recording.transition", allowed=VENDOR_RECORDING_TRANSITIONS
    )

    class Meta:
        verbose_name = "vendor's recording"
        ordering = ["started_at", "position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["connection", "vendor_id"], name="vendor_recording_once"),
            models.CheckConstraint(
                name="vendor_recording_taken_has_call",
                condition=~Q(state__in=["downloading", "stored"])
                | (Q(call__isnull=False) & Q(recording__isnull=False)),
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_attempt_at"],
                condition=Q(next_attempt_at__isnull=False),
                name="vendor_recordings_due",
            ),
            models.Index(fields=["connection", "session_ref"], name="vendor_recording_session"),
        ]

    def __str__(self) -> str:
        return f"Vendor's recording {self.pk}"

    def audit_context(self) -> dict[str, Any]:
        if self.call is None:
            return {"practice": self.connection.practice_id}
        return self.call.audit_context()
