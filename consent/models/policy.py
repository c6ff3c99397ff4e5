from __future__ import annotations

from django.db import models
from django.db.models import Q

from config.ids import uuid7


class ConsentPolicy(models.Model):
    """The rule for recording a visit in one jurisdiction and kind of visit, as dated, sourced, editable data.

    Not legal advice: a practice reviews it with its counsel. Where no rule fits, all parties must agree.
    """

    class Parties(models.TextChoices):
        ALL = "all", "Everyone taking part must agree"
        ONE = "one", "One party must agree (the practice still asks the patient)"

    class Method(models.TextChoices):
        VERBAL = "verbal", "Verbal, noted by staff"
        WRITTEN = "written", "Written and signed"
        TAP = "tap", "Confirmed on own device"

    class VisitKind(models.TextChoices):
        ANY = "any", "Any visit"
        GENERAL = "general", "General visit"
        PSYCHOTHERAPY = "psychotherapy", "Psychotherapy"
        MINOR = "minor", "Patient under age"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    jurisdiction = models.CharField(
        max_length=12,
        default="US",
        help_text="Country, or country and state: US, US-CA. US covers every state without a rule.",
    )
    visit_kind = models.CharField(max_length=20, choices=VisitKind.choices, default=VisitKind.ANY)
    parties = models.CharField(max_length=5, choices=Parties.choices, default=Parties.ALL)
    method = models.CharField(
        "method needed",
        max_length=10,
        choices=Method.choices,
        default=Method.VERBAL,
        help_text="The least that counts. Written and own device also satisfy a rule that asks for verbal.",
    )
    script = models.TextField(help_text="What is read to the patient.")
    script_version = models.CharField(max_length=20)
    language = models.CharField(max_length=12, default="en")
    effective_from = models.DateField()
    effective_to = models.DateField(
        null=True, blank=True, help_text="Last day in force; empty while it is current."
    )
    source = models.CharField(max_length=300, help_text="The statute or guidance that this rule follows.")
    last_reviewed = models.DateField()

    class Meta:
        verbose_name = "consent policy"
        verbose_name_plural = "consent policies"
        ordering = ["jurisdiction", "visit_kind", "-effective_from"]
        constraints = [
            models.UniqueConstraint(
                fields=["jurisdiction", "visit_kind", "language", "effective_from"], name="policy_once_a_day"
            ),
            models.CheckConstraint(
                name="policy_dates_in_order",
                condition=Q(effective_to__isnull=True) | Q(effective_to__gte=models.F("effective_from")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.jurisdiction}, {self.get_visit_kind_display()}, script {self.script_version}"
