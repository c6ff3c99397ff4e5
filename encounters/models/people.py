from __future__ import annotations

import zoneinfo
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser, BaseUserManager
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from config.ids import uuid7
from encounters.models.access import PracticeScoped, Role, memberships_of

NPI = RegexValidator(r"^\d{10}$", "An NPI has ten digits.")
STATE = RegexValidator(r"^US-[A-Z]{2}$", "Use the form US-CA.")


def validate_time_zone(value: str) -> None:
    if value not in zoneinfo.available_timezones():
        raise ValidationError("Unknown time zone. Use a name such as America/Chicago.")


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractUser):
    """A person who signs in by e-mail address. What they may do comes from their memberships."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    username = None  # type: ignore[assignment]
    email = models.EmailField("e-mail address", unique=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    audit_kind = "user"
    objects = UserManager()  # type: ignore[misc,assignment]

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_once")]

    def __str__(self) -> str:
        return self.get_full_name() or self.email

    def audit_label(self) -> str:
        return str(self)


class PracticeQuerySet(PracticeScoped["Practice"]):
    practice_path = "pk"
    roles = tuple(Role.values)


class Practice(models.Model):
    """The covered entity that everything belongs to."""

    class Filing(models.TextChoices):
        MANUAL = "manual", "The provider files each note"
        AUTOMATIC = "automatic", "Notes file themselves when the release hold ends"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=200)
    time_zone = models.CharField(max_length=60, default="America/New_York", validators=[validate_time_zone])
    state = models.CharField(max_length=8, validators=[STATE], help_text="US-CA, for instance.")
    address = models.TextField(blank=True)
    npi = models.CharField("NPI", max_length=10, blank=True, validators=[NPI])
    release_hold_seconds = models.PositiveIntegerField(
        "release hold (seconds)",
        default=300,
        help_text="How long a signature can be taken back before the note is filed.",
    )
    filing = models.CharField(max_length=10, choices=Filing.choices, default=Filing.MANUAL)
    send_patient_name = models.BooleanField(
        default=False, help_text="Send the patient's name to the engine. Notes are as good without it."
    )

    label_ai_drafts = models.BooleanField(
        "label notes that AI drafted (AIAST)",
        default=False,
        help_text="Adds HL7's security label for content that an AI asserted to FHIR documents. Without it, too, "
        "each says in its Provenance what the AI and what the clinician did.",
    )

    objects = PracticeQuerySet.as_manager()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """What a user is in a practice. One row per role, so that duties can be told apart."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    practice = models.ForeignKey(Practice, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=12, choices=Role.choices)
    credentials = models.CharField(
        max_length=60, blank=True, help_text="As printed under a signature: MD, NP, LCSW."
    )
    npi = models.CharField("NPI", max_length=10, blank=True, validators=[NPI])
    specialty = models.CharField(max_length=40, blank=True)
    clinical_access = models.BooleanField(
        default=False,
        help_text="Lets a compliance officer read clinical text. Providers and assistants always can.",
    )
    active = models.BooleanField(default=True)

    class Meta:
        ordering = ["user__last_name", "role"]
        constraints = [models.UniqueConstraint(fields=["user", "practice", "role"], name="membership_once")]

    def __str__(self) -> str:
        return f"{self.user}, {self.get_role_display()}"


class PatientQuerySet(PracticeScoped["Patient"]):
    pass


class Patient(models.Model):
    class Gender(models.TextChoices):
        FEMALE = "female", "Female"
        MALE = "male", "Male"
        OTHER = "other", "Other"
        UNKNOWN = "unknown", "Not stated"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    practice = models.ForeignKey(Practice, on_delete=models.PROTECT, related_name="patients")
    mrn = models.CharField("medical record number", max_length=60)
    given_name = models.CharField(max_length=100)
    family_name = models.CharField(max_length=100)
    birth_date = models.DateField("date of birth")
    gender = models.CharField(max_length=10, choices=Gender.choices, default=Gender.UNKNOWN)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = PatientQuerySet.as_manager()

    class Meta:
        ordering = ["family_name", "given_name"]
        constraints = [models.UniqueConstraint(fields=["practice", "mrn"], name="patient_mrn_once")]
        indexes = [
            models.Index("practice", Lower("family_name"), Lower("given_name"), name="patient_by_name")
        ]

    def __str__(self) -> str:
        return f"{self.family_name}, {self.given_name}"

    @property
    def name(self) -> str:
        return f"{self.given_name} {self.family_name}".strip()

    @property
    def age(self) -> int:
        """Completed years today."""
        today, born = timezone.localdate(), self.birth_date
        return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


__all__ = ["Membership", "Patient", "Practice", "Role", "User", "memberships_of"]
