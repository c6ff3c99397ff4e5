"""What telehealth platforms send, and what they are answered."""

from __future__ import annotations

from rest_framework import serializers as s

from encounters.models import Encounter, Patient, VideoConnection
from encounters.places import US_STATES
from encounters.specialties import SPECIALTIES
from encounters.states import EncounterStatus
from notes.api.shapes import FlagField, TextField, WordsField

KINDS = [kind for kind in Encounter._meta.get_field("visit_kind").choices or [] if kind[0] != "any"]


class NewPatient(s.Serializer[None]):
    mrn = WordsField(min_length=1, max_length=60, help_text="The practice's medical record number.")
    given_name = WordsField(min_length=1, max_length=100)
    family_name = WordsField(min_length=1, max_length=100)
    birth_date = s.DateField()
    gender = s.ChoiceField(choices=Patient.Gender.values, required=False)


class PlatformPatient(NewPatient):
    id = s.UUIDField()


class NewContext(s.Serializer[None]):
    """What the engine should know besides the conversation. It is sent along with the recording."""

    reason = TextField(required=False, allow_blank=True, max_length=1000)
    history = TextField(required=False, allow_blank=True, max_length=20_000)
    medications = s.ListField(child=WordsField(min_length=1, max_length=300), required=False, max_length=200)
    allergies = s.ListField(child=WordsField(min_length=1, max_length=300), required=False, max_length=200)
    instructions = TextField(required=False, allow_blank=True, max_length=5000)


class NewEncounter(s.Serializer[None]):
    patient = s.UUIDField(help_text="The id that POST /api/v1/patients answered.")
    provider = WordsField(
        min_length=1, max_length=254, help_text="Their id here, or the e-mail address they sign in with."
    )
    scheduled_at = s.DateTimeField(required=False, help_text="Now, if it is left out.")
    modality = s.ChoiceField(choices=Encounter.Modality.values, required=False)
    visit_kind = s.ChoiceField(choices=KINDS, required=False)
    patient_location = s.ChoiceField(
        choices=list(US_STATES), required=False, help_text="The practice's own, if it is left out."
    )
    provider_location = s.ChoiceField(choices=list(US_STATES), required=False)
    specialty = s.ChoiceField(choices=list(SPECIALTIES), required=False)
    template = s.RegexField(r"^[a-z0-9][a-z0-9_-]{0,59}$", required=False)
    include_billing_codes = FlagField(required=False)
    include_patient_summary = FlagField(required=False)
    include_transcript = FlagField(required=False)
    clinical_context = NewContext(required=False)


class GateReason(s.Serializer[None]):
    code = s.CharField()
    text = s.CharField()
    remedy = s.CharField(help_text="What opens the gate.")


class GateDecision(s.Serializer[None]):
    allowed = s.BooleanField()
    reasons = GateReason(many=True)


class EncounterProvider(s.Serializer[None]):
    id = s.UUIDField()
    name = s.CharField()


class EncounterLinks(s.Serializer[None]):
    self = s.CharField()
    page = s.CharField(help_text="Where the provider goes on, signed in.")
    capture = s.CharField()


class PlatformEncounter(s.Serializer[None]):
    id = s.UUIDField()
    status = s.ChoiceField(choices=EncounterStatus.values)
    patient = s.UUIDField()
    provider = EncounterProvider()
    scheduled_at = s.DateTimeField()
    started_at = s.DateTimeField(allow_null=True)
    ended_at = s.DateTimeField(allow_null=True)
    modality = s.ChoiceField(choices=Encounter.Modality.values)
    visit_kind = s.ChoiceField(choices=KINDS)
    may_record = GateDecision(help_text="Whether everybody taking part has agreed to be recorded, as of now.")
    links = EncounterLinks()


class NewCall(s.Serializer[None]):
    connection = s.UUIDField(help_text="The video connection's id, as administration shows it.")
    external_id = s.RegexField(
        r"^[\x21-\x7e]{1,200}$", help_text="The vendor's id of the room, session or meeting."
    )


class NewCaptureToken(s.Serializer[None]):
    origin = WordsField(
        min_length=1,
        max_length=200,
        help_text="The site whose page records, as https://video.clinic.example; one of those that administration "
        "lists for the integration.",
    )


class CaptureToken(s.Serializer[None]):
    token = s.CharField(help_text="For the page. Get a new one when it has ended; the recording goes on.")
    expires_at = s.DateTimeField()
    module = s.CharField(help_text="The ES module to import.")


class PlatformCall(s.Serializer[None]):
    id = s.UUIDField()
    encounter = s.UUIDField()
    connection = s.UUIDField()
    vendor = s.ChoiceField(choices=VideoConnection.Vendor.values)
    external_id = s.CharField()
    callback_url = s.CharField(help_text="Where the vendor posts what becomes of the call.")
