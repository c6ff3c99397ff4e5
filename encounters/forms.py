"""What people type about patients and visits, checked. Services do the writing."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils import timezone

from consent.models import ConsentRecord
from encounters.models import Encounter, Membership, Participant, Patient, Practice, Role, User
from encounters.places import US_STATES
from encounters.selectors import providers_of
from encounters.services.encounters import VisitFields
from encounters.specialties import SPECIALTIES

LINES_AT_MOST = 100
CONTEXT = ("reason", "history", "medications", "allergies", "instructions")


class PatientSearchForm(forms.Form):
    query = forms.CharField(
        label="Name or medical record number",
        min_length=2,
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True, "type": "search"}),
        help_text="The beginning of each is enough, in any order: rivera an, or MRN-10.",
    )


class PatientForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Patient
        fields = ("mrn", "given_name", "family_name", "birth_date", "gender")
        widgets = {
            "mrn": forms.TextInput(attrs={"autocomplete": "off"}),
            "given_name": forms.TextInput(attrs={"autocomplete": "off"}),
            "family_name": forms.TextInput(attrs={"autocomplete": "off"}),
            "birth_date": forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        }

    def validate_unique(self) -> None:
        """The service checks the number within its practice."""


class Lines(forms.CharField):
    """A list of text, one entry a line."""

    widget = forms.Textarea

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> Any:
        lines = [" ".join(line.split()) for line in str(super().clean(value)).splitlines()]
        found = [line for line in lines if line]
        if len(found) > LINES_AT_MOST:
            raise ValidationError(f"At most {LINES_AT_MOST} lines. Keep those that matter for this visit.")
        return found


def area(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows, "spellcheck": "true"})


class VisitForm(forms.Form):
    """A visit and what the engine should know about it. Times are in the practice's time zone."""

    provider = forms.ModelChoiceField(queryset=User.objects.none(), empty_label=None)
    scheduled_at = forms.DateTimeField(
        label="Date and time",
        widget=forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"}),
    )
    modality = forms.ChoiceField(choices=Encounter.Modality.choices)
    visit_kind = forms.ChoiceField(
        label="Kind of visit",
        choices=[
            choice for choice in Encounter._meta.get_field("visit_kind").choices or [] if choice[0] != "any"
        ],
    )
    patient_location = forms.ChoiceField(label="Where the patient is", choices=US_STATES.items())
    provider_location = forms.ChoiceField(label="Where the provider is", choices=US_STATES.items())
    specialty = forms.ChoiceField(choices=SPECIALTIES.items())
    reason = forms.CharField(label="Reason for the visit", required=False, max_length=1000)
    history = forms.CharField(
        label="Relevant history", required=False, max_length=20_000, widget=area(4),
        help_text="What the engine should know besides the conversation.",
    )  # fmt: skip
    medications = Lines(required=False, max_length=10_000, widget=area(4), help_text="One per line.")
    allergies = Lines(required=False, max_length=10_000, widget=area(4), help_text="One per line.")
    instructions = forms.CharField(
        label="Wishes for the note", required=False, max_length=5000, widget=area(2),
        help_text="For example: keep the plan as a list.",
    )  # fmt: skip
    template = forms.RegexField(
        r"^[a-z0-9][a-z0-9_-]{0,59}$",
        help_text="“standard”, or the id of a template of your SOAPNoteAPI account.",
        error_messages={"invalid": "A template id has small letters, digits, - and _ only."},
    )
    include_billing_codes = forms.BooleanField(label="Suggest billing codes", required=False)
    include_patient_summary = forms.BooleanField(label="Write a summary for the patient", required=False)
    include_transcript = forms.BooleanField(label="Return the transcript", required=False)

    def __init__(self, *args: Any, practice: Practice, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        provider = self.fields["provider"]
        assert isinstance(provider, forms.ModelChoiceField)
        provider.queryset = providers_of(practice.pk)

    def details(self) -> VisitFields:
        """The cleaned values as the services take them."""
        values = dict(self.cleaned_data)
        context = {name: values.pop(name) for name in CONTEXT}
        return {**values, "clinical_context": context}  # type: ignore[typeddict-item]

    def option_fields(self) -> list[forms.BoundField]:
        return [
            self[name] for name in ("include_billing_codes", "include_patient_summary", "include_transcript")
        ]


def visit_initial(practice: Practice, patient: Patient, user: User) -> dict[str, Any]:
    """What a new visit most likely is: now, with the person who books it, where the practice is."""
    own = Membership.objects.filter(user=user, practice=practice, role=Role.PROVIDER, active=True).first()
    now = timezone.localtime().replace(second=0, microsecond=0)
    return {
        "provider": user.pk if own else None,
        "scheduled_at": now,
        "modality": Encounter.Modality.VIDEO,
        "visit_kind": "minor" if patient.age < 18 else "general",
        "patient_location": practice.state,
        "provider_location": practice.state,
        "specialty": own.specialty if own and own.specialty in SPECIALTIES else "generic",
        "template": "standard",
        "include_billing_codes": True,
        "include_patient_summary": True,
        "include_transcript": True,
    }


def visit_values(encounter: Encounter) -> dict[str, Any]:
    """The form's values of a visit that exists."""
    names = [name for name in VisitForm.base_fields if name not in CONTEXT]
    values: dict[str, Any] = {name: getattr(encounter, name) for name in names}
    return {**values, "provider": encounter.provider_id, **encounter.clinical_context}


class ConsentForm(forms.Form):
    participant = forms.ModelChoiceField(queryset=Participant.objects.none())
    decision = forms.ChoiceField(choices=ConsentRecord.Decision.choices)
    method = forms.ChoiceField(choices=ConsentRecord.Method.choices)
    language = forms.CharField(max_length=12, required=False)

    def __init__(self, *args: Any, encounter: Encounter, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        participant = self.fields["participant"]
        assert isinstance(participant, forms.ModelChoiceField)
        participant.queryset = encounter.participants.all()


class ParticipantForm(forms.Form):
    role = forms.ChoiceField(choices=Participant.Kind.choices)
    name = forms.CharField(max_length=200, required=False)


class CancelForm(forms.Form):
    """Reasons are chosen, not typed: they go into the audit trail, which carries nothing clinical."""

    REASONS = {
        "no_show": "The patient did not come",
        "rescheduled": "Booked for another time",
        "mistake": "Booked by mistake",
        "other": "Another reason",
    }
    reason = forms.ChoiceField(choices=REASONS.items())


class LinkForm(forms.Form):
    encounter = forms.ModelChoiceField(queryset=Encounter.objects.none())

    def __init__(self, *args: Any, encounters: QuerySet[Encounter], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["encounter"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = encounters


class NobodysForm(forms.Form):
    """Why a recording that matches no visit is deleted; chosen, because it goes into the audit trail."""

    REASONS = {
        "test": "A test call",
        "nobodys": "It belongs to no visit here",
        "unwanted": "Nobody should have recorded",
        "other": "Another reason",
    }
    reason = forms.ChoiceField(choices=REASONS.items())
