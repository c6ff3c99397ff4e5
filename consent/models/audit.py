"""The append-only, hash-chained trail of who did what.

Rows hold plain identifiers instead of foreign keys, so that they outlive what they speak of, and never clinical
text. What a row must tell follows 45 CFR 164.312(b) and ASTM E2147-18 §7.1.
"""

from __future__ import annotations

from django.db import models


class AuditHead(models.Model):
    """The end of one chain: its last sequence number and digest. Locked while events are appended.

    Kept by a trigger-free update in the appending transaction; a head that is ahead of the rows proves that the
    tail was cut off.
    """

    chain = models.UUIDField(primary_key=True)
    seq = models.BigIntegerField(default=0)
    digest = models.CharField(max_length=64, default="")

    class Meta:
        verbose_name = "audit chain"

    def __str__(self) -> str:
        return f"Chain {self.chain}, {self.seq} events"


class AuditEvent(models.Model):
    immutable = True

    class Outcome(models.TextChoices):
        SUCCESS = "success", "Success"
        REFUSED = "refused", "Refused"
        FAILURE = "failure", "Failed"

    id = models.BigAutoField(primary_key=True)
    chain = models.UUIDField(help_text="The practice, or the nil UUID for events that belong to none.")
    seq = models.BigIntegerField()
    at = models.DateTimeField()
    actor_kind = models.CharField(max_length=12)
    actor_id = models.CharField(max_length=40, blank=True)
    actor_label = models.CharField(max_length=200, blank=True)
    action = models.CharField(max_length=60)
    outcome = models.CharField(max_length=10, choices=Outcome.choices, default=Outcome.SUCCESS)
    target_type = models.CharField(max_length=60, blank=True)
    target_id = models.CharField(max_length=40, blank=True)
    encounter_id = models.UUIDField(null=True)
    patient_id = models.UUIDField(null=True)
    reason = models.CharField(max_length=500, blank=True)
    address = models.CharField(max_length=45, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    data = models.TextField(blank=True, help_text="Canonical JSON without clinical text.")
    prev = models.CharField(max_length=64, blank=True)
    digest = models.CharField(max_length=64)

    class Meta:
        verbose_name = "audit event"
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["chain", "seq"], name="audit_chain_seq")]
        indexes = [
            models.Index(fields=["chain", "-at"], name="audit_by_time"),
            models.Index(fields=["chain", "action", "-at"], name="audit_by_action"),
            models.Index(fields=["chain", "actor_id", "-at"], name="audit_by_actor"),
            models.Index(fields=["encounter_id", "seq"], name="audit_by_encounter"),
            models.Index(fields=["patient_id", "seq"], name="audit_by_patient"),
            models.Index(fields=["target_id", "seq"], name="audit_by_target"),
        ]

    def __str__(self) -> str:
        return f"{self.action} #{self.seq}"
