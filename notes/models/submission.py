from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q

from config.crypto.fields import EncryptedJSONField, EncryptedTextField
from config.ids import uuid7
from consent.transitions import Transitions
from encounters.models.access import PracticeScoped
from notes.models.engine import EngineAccount
from notes.states import LIVE_SUBMISSIONS, SUBMISSION_TRANSITIONS, SubmissionState


class SubmissionQuerySet(PracticeScoped["Submission"]):
    practice_path = "encounter__practice_id"


class Submission(models.Model):
    """The job row: one try to get a note from the engine, out of a recording or typed text.

    This row is the queue. A worker owns it while ``lease_until`` lies ahead and ``lease`` is its own.
    ``result`` is the engine's answer, untouched.
    """

    class Kind(models.TextChoices):
        AUDIO = "audio", "Recording"
        TEXT = "text", "Typed transcript"
        SHORTHAND = "shorthand", "Shorthand notes"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    encounter = models.ForeignKey(
        "encounters.Encounter", on_delete=models.PROTECT, related_name="submissions"
    )
    account = models.ForeignKey(
        EngineAccount, on_delete=models.PROTECT, null=True, related_name="submissions"
    )
    kind = models.CharField(max_length=10, choices=Kind.choices)
    recording = models.ForeignKey(
        "encounters.Recording", on_delete=models.PROTECT, null=True, related_name="submissions"
    )
    text = EncryptedTextField(null=True)
    state = models.CharField(max_length=10, choices=SubmissionState.choices, default=SubmissionState.HELD)
    hold_reasons = models.JSONField(default=list, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    polls = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True)
    lease = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    answer_lost_at = models.DateTimeField(
        null=True,
        help_text="The body was sent and the answer lost: the engine may be writing a note we can't name.",
    )
    body_sent_at = models.DateTimeField(
        null=True,
        help_text="Set just before the last bytes leave: from then on the engine may have accepted them.",
    )
    bytes_sent = models.PositiveBigIntegerField(default=0)
    last_error_code = models.CharField(max_length=60, blank=True)
    last_error = models.CharField(max_length=300, blank=True, help_text="In words for the clinician.")
    failing_since = models.DateTimeField(null=True, help_text="First of the present run of failures.")
    attention = models.BooleanField(default=False, help_text="Under way, but somebody should look at it.")
    upstream_note_id = models.CharField(max_length=128, blank=True)
    completed_note_id = models.CharField(
        max_length=128,
        blank=True,
        help_text="The engine's note that became the draft, for telling a second one.",
    )
    result = EncryptedJSONField(null=True)
    result_tries = models.PositiveSmallIntegerField(
        default=0, help_text="How often taking a result in was begun; one that fails each time is parked."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey("encounters.User", on_delete=models.PROTECT, null=True, related_name="+")
    sent_at = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField(null=True, help_text="The engine has the input and named the note.")
    completed_at = models.DateTimeField(null=True)

    objects = SubmissionQuerySet.as_manager()
    transitions = Transitions(field="state", action="submission.transition", allowed=SUBMISSION_TRANSITIONS)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["recording"],
                condition=Q(state__in=LIVE_SUBMISSIONS) & Q(recording__isnull=False),
                name="one_live_submission_per_recording",
            ),
            models.UniqueConstraint(
                fields=["account", "upstream_note_id"],
                condition=~Q(upstream_note_id=""),
                name="upstream_note_once",
            ),
            models.CheckConstraint(
                name="submission_has_input",
                condition=Q(kind="audio", recording__isnull=False, text__isnull=True)
                | (Q(kind__in=["text", "shorthand"], recording__isnull=True) & Q(text__isnull=False)),
            ),
            models.CheckConstraint(
                name="processing_knows_its_note",
                condition=~Q(state=SubmissionState.PROCESSING) | ~Q(upstream_note_id=""),
            ),
        ]
        indexes = [
            # Not partial: SQLite does not recognise a condition on several states in a query with parameters.
            models.Index(fields=["state", "next_attempt_at"], name="submission_queue"),
            models.Index(fields=["account"], condition=Q(answer_lost_at__isnull=False), name="answers_lost"),
        ]

    def __str__(self) -> str:
        return f"Submission {self.pk}"

    def audit_context(self) -> dict[str, Any]:
        encounter = self.encounter
        return {"practice": encounter.practice_id, "encounter": encounter.pk, "patient": encounter.patient_id}
