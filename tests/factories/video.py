from __future__ import annotations

import factory
from factory.django import DjangoModelFactory

from encounters.models import Call, VideoConnection
from tests.factories.encounters import EncounterFactory
from tests.factories.people import PracticeFactory


class VideoConnectionFactory(DjangoModelFactory[VideoConnection]):
    class Meta:
        model = VideoConnection

    practice = factory.SubFactory(PracticeFactory)
    vendor = "twilio"
    name = "Video visits"
    account_ref = "AC" + "0" * 32
    credentials = factory.LazyFunction(lambda: {"key_sid": "SK" + "0" * 32, "key_secret": "key secret"})
    webhook_secret = "a callback secret"


class CallFactory(DjangoModelFactory[Call]):
    class Meta:
        model = Call

    encounter = factory.SubFactory(EncounterFactory, consented=True)
    connection = factory.SubFactory(
        VideoConnectionFactory, practice=factory.SelfAttribute("..encounter.practice")
    )
    external_id = factory.Sequence(lambda n: f"RM{n:032x}")
    origin = "platform"
