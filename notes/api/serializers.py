"""The shapes of the API's answers, for the schema at /api/schema/ alone: bodies are stored, not serialised here.

A test holds what filing renders against this schema, so that the two can't drift apart.
"""

from __future__ import annotations

from rest_framework import serializers as s

from consent.models import ConsentRecord
from encounters.models import Encounter, Patient
from notes.models import Addendum, FiledDocument, Signature

DECISIONS = [*ConsentRecord.Decision.values, "not_asked"]


class CodingSerializer(s.Serializer[None]):
    system = s.CharField()
    code = s.CharField()
    display = s.CharField()


class IdentifierSerializer(s.Serializer[None]):
    type = s.CharField(help_text="MR: the practice's medical record number.")
    value = s.CharField()


class PersonNameSerializer(s.Serializer[None]):
    given = s.CharField()
    family = s.CharField()


class PatientSerializer(s.Serializer[None]):
    id = s.UUIDField()
    identifiers = IdentifierSerializer(many=True)
    name = PersonNameSerializer()
    birth_date = s.DateField()
    gender = s.ChoiceField(choices=Patient.Gender.values)


class ProviderSerializer(s.Serializer[None]):
    id = s.UUIDField()
    name = s.CharField()


class EncounterSerializer(s.Serializer[None]):
    id = s.UUIDField()
    started_at = s.DateTimeField(allow_null=True)
    ended_at = s.DateTimeField(allow_null=True)
    scheduled_at = s.DateTimeField()
    modality = s.ChoiceField(choices=Encounter.Modality.values)
    specialty = s.CharField()
    provider = ProviderSerializer(help_text="Whose visit it was.")


class AuthorSerializer(s.Serializer[None]):
    id = s.UUIDField()
    name = s.CharField(help_text="As printed under the signature.")
    credentials = s.CharField(allow_blank=True)
    npi = s.CharField(allow_null=True)


class SignerSerializer(AuthorSerializer):
    meaning = s.ChoiceField(choices=Signature.Meaning.values)
    attestation = s.CharField(help_text="What the signer stated.")
    content_sha256 = s.CharField(help_text="SHA-256 of the content that was signed.")


class OrganizationSerializer(s.Serializer[None]):
    id = s.UUIDField()
    name = s.CharField()
    npi = s.CharField(allow_null=True)


class SectionsSerializer(s.Serializer[None]):
    subjective = s.CharField(allow_blank=True)
    objective = s.CharField(allow_blank=True)
    assessment = s.CharField(allow_blank=True)
    plan = s.CharField(allow_blank=True)


class BillingCodeSerializer(s.Serializer[None]):
    system = s.CharField(allow_blank=True)
    code = s.CharField(allow_blank=True)
    description = s.CharField(allow_blank=True)


class AddendumSerializer(s.Serializer[None]):
    number = s.IntegerField()
    kind = s.ChoiceField(choices=Addendum.Kind.values)
    reason = s.CharField()
    text = s.CharField()
    signed_by = SignerSerializer()
    signed_at = s.DateTimeField()


class ReplacedSerializer(s.Serializer[None]):
    version = s.IntegerField()
    change = s.IntegerField()


class ProvenanceSerializer(s.Serializer[None]):
    source = s.ChoiceField(  # type: ignore[assignment]
        choices=["audio", "transcript", "shorthand", "manual"]
    )
    ai_generated = s.BooleanField(help_text="Whether an engine wrote the first draft. A clinician signed it.")
    engine = s.CharField(allow_null=True)
    upstream_note_id = s.CharField(allow_null=True)
    edited_by_clinician = s.BooleanField()


class StatementsSerializer(s.Serializer[None]):
    telehealth = s.CharField(required=False, help_text="Left out for a visit in person.")
    consent = s.CharField()


class ConsentSerializer(s.Serializer[None]):
    recording = s.ChoiceField(
        choices=DECISIONS, help_text="The most restrictive answer of everybody taking part."
    )


class HashSerializer(s.Serializer[None]):
    algorithm = s.CharField()
    of = s.CharField(help_text="The field that was hashed.")
    value = s.CharField()


class LinksSerializer(s.Serializer[None]):
    """Relative to this server."""

    self = s.CharField(help_text="The note as it stands.")
    text = s.CharField(help_text="This version as plain text.")
    html = s.CharField(help_text="This version as XHTML.")
    pdf = s.CharField(help_text="This version as PDF.")
    fhir = s.CharField(help_text="The note over FHIR.")


class NoteSerializer(s.Serializer[None]):
    """One version of a filed note. It never changes; an amendment is a new version under a new change number."""

    id = s.UUIDField(help_text="The note. Every version has the same.")
    version = s.IntegerField()
    change = s.IntegerField(
        help_text="The practice's change number: 1, 2, 3 … without gaps, in commit order."
    )
    state = s.ChoiceField(choices=FiledDocument.State.values)
    replaces = ReplacedSerializer(allow_null=True, help_text="The version that this one takes the place of.")
    type = CodingSerializer()
    patient = PatientSerializer()
    encounter = EncounterSerializer()
    author = AuthorSerializer()
    signed_by = SignerSerializer()
    signed_at = s.DateTimeField()
    filed_at = s.DateTimeField()
    organization = OrganizationSerializer()
    sections = SectionsSerializer()
    addenda = AddendumSerializer(many=True)
    billing_codes = BillingCodeSerializer(many=True)
    patient_summary = s.CharField(allow_blank=True)
    text = s.CharField(help_text="All of it as plain text, with signatures.")
    language = s.CharField()
    provenance = ProvenanceSerializer()
    consent = ConsentSerializer()
    statements = StatementsSerializer(help_text="Rendered from the records at filing, never typed.")
    sandbox = s.BooleanField(help_text="True: drafted by the sandbox engine, not for clinical use.")
    notice = s.CharField(required=False, help_text="Present when sandbox is true.")
    hash = HashSerializer()
    links = LinksSerializer()


class NotePageSerializer(s.Serializer[None]):
    data = NoteSerializer(many=True)  # type: ignore[assignment]
    next_cursor = s.CharField(
        help_text="Send it as after. Given on the last page too: to go on from there later."
    )
    has_more = s.BooleanField(help_text="True: ask again at once. False: this was the end for now.")


class ProblemErrorSerializer(s.Serializer[None]):
    parameter = s.CharField(required=False, help_text="Of the query.")
    pointer = s.CharField(required=False, allow_blank=True, help_text="Into the body: a JSON pointer.")
    detail = s.CharField()


class ProblemSerializer(s.Serializer[None]):
    """RFC 9457."""

    type = s.CharField(help_text="urn:countersign:problem:<code>, for programs.")
    title = s.CharField()
    status = s.IntegerField()
    detail = s.CharField(help_text="What to do, for people.")
    instance = s.CharField()  # type: ignore[assignment]
    request_id = s.CharField(help_text="Name it when you ask for help.")
    errors = ProblemErrorSerializer(many=True, required=False)  # type: ignore[assignment]


class TranscriptSegmentSerializer(s.Serializer[None]):
    speaker = s.CharField(allow_blank=True)
    start = s.FloatField(allow_null=True, help_text="Seconds from the beginning of the recording.")
    end = s.FloatField(allow_null=True)
    text = s.CharField()


class TranscriptSerializer(s.Serializer[None]):
    id = s.UUIDField(help_text="The note.")
    sandbox = s.BooleanField(help_text="Transcribed by the sandbox: not for clinical use.")
    transcript = TranscriptSegmentSerializer(many=True)
