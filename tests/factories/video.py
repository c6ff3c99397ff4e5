from __future__ import annotations

import factory
from factory.django import DjangoModelFactory

from encounters.models import VideoConnection
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
