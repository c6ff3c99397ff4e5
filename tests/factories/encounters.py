from __future__ import annotations

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from encounters.models import Encounter, Participant, Recording
from tests.factories.consent import AgreementFactory, ConsentFactory
from tests.factories.people import MembershipFactory, PatientFactory, PracticeFactory


class ParticipantFactory(DjangoModelFactory[Participant]):
    class Meta:
        model = Participant

    role = Participant.Kind.PATIENT


class EncounterFactory(DjangoModelFactory[Encounter]):
    """An ended visit with its patient listed; ``consented`` and ``agreement`` open the gate."""

    class Meta:
        model = Encounter
        skip_postgeneration_save = True

    practice = factory.SubFactory(PracticeFactory)
    patient = factory.SubFactory(PatientFactory, practice=factory.SelfAttribute("..practice"))
    provider = factory.LazyAttribute(lambda o: MembershipFactory(practice=o.practice).user)
    patient_location = "US-CA"
    provider_location = "US-CA"
    status = "ended"
    specialty = "physician"
    started_at = factory.LazyFunction(timezone.now)
    ended_at = factory.LazyFunction(timezone.now)

    @factory.post_generation
    def patient_present(obj: Encounter, create: bool, extracted: object, **_: object) -> None:  # noqa: N805
        if create and extracted is not False:
            ParticipantFactory(encounter=obj)

    @factory.post_generation
    def consented(obj: Encounter, create: bool, extracted: object, **_: object) -> None:  # noqa: N805
        if create and extracted:
            for participant in obj.participants.all():
                ConsentFactory(participant=participant)

    @factory.post_generation
    def agreement(obj: Encounter, create: bool, extracted: object, **_: object) -> None:  # noqa: N805
        if create and extracted:
            AgreementFactory(practice=obj.practice)


class RecordingFactory(DjangoModelFactory[Recording]):
    """A row without stored bytes. For one with audio use the ``stored_recording`` fixture."""

    class Meta:
        model = Recording

    encounter = factory.SubFactory(EncounterFactory, consented=True, agreement=True)
    source = "upload"
    wrapped_key = b"not a key"
