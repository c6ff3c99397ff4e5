"""The shapes of receipts, events, webhooks and the rest: for the schema, and for reading what is sent."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.validators import RegexValidator
from rest_framework import serializers as s

from notes.api.parameters import MOMENT, moment
from notes.models import Delivery, FiledDocument, Receipt, WebhookEndpoint


class MomentField(s.DateTimeField):
    """A time with its zone; one without would be guessed at."""

    def to_internal_value(self, value: Any) -> datetime:
        found = moment(value) if isinstance(value, str) else None
        if found is None:
            raise s.ValidationError(MOMENT)
        return found


class TextField(s.CharField):
    """A text as it is: numbers are none, and spaces at the ends stay."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(trim_whitespace=False, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


# Spelt out, because blanks are not the same in Python and in JSON schemas.
VISIBLE = r"[^\u0000-\u0020\u007f-\u00a0\u1680\u2000-\u200f\u2028-\u202f\u205f\u3000\ufeff]"


class WordsField(TextField):
    """A text that says something: not empty, not blanks alone."""

    def __init__(self, **kwargs: Any) -> None:
        something = RegexValidator(VISIBLE, "This field may not be blank.")
        super().__init__(validators=[something], **kwargs)


class FlagField(s.BooleanField):
    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class VersionLinksSerializer(s.Serializer[None]):
    self = s.CharField()
    text = s.CharField()
    html = s.CharField()
    pdf = s.CharField()
    receipt = s.CharField()


class VersionSerializer(s.Serializer[None]):
    version = s.IntegerField()
    change = s.IntegerField()
    state = s.ChoiceField(choices=FiledDocument.State.values)
    filed_at = s.DateTimeField()
    etag = s.CharField()
    links = VersionLinksSerializer()


class VersionsSerializer(s.Serializer[None]):
    data = VersionSerializer(many=True)  # type: ignore[assignment]


class ReceiptErrorSerializer(s.Serializer[None]):
    code = TextField(min_length=1, max_length=60)
    message = TextField(max_length=2000, required=False, allow_blank=True)


class ReceiptSentSerializer(s.Serializer[None]):
    status = s.ChoiceField(choices=Receipt.Status.values)
    external_id = TextField(
        max_length=200, required=False, allow_blank=True, help_text="The entry's id on your side."
    )
    at = MomentField(required=False, help_text="When it happened, with its zone. Left out: now.")
    error = ReceiptErrorSerializer(required=False, allow_null=True, help_text="Why it was rejected.")


class ReceiptSerializer(s.Serializer[None]):
    note = s.UUIDField()
    version = s.IntegerField()
    change = s.IntegerField()
    status = s.ChoiceField(choices=[*Receipt.Status.values, "missing"])
    external_id = s.CharField(required=False, allow_blank=True)
    at = s.DateTimeField(required=False)
    error = ReceiptErrorSerializer(required=False, allow_null=True)
    created_at = s.DateTimeField(required=False)
    updated_at = s.DateTimeField(required=False)


class ReceiptAnswerSerializer(ReceiptSerializer):
    latest_version = s.IntegerField(help_text="Higher than version: there is a newer one to fetch.")


class ReceiptsSerializer(s.Serializer[None]):
    data = ReceiptSerializer(many=True)  # type: ignore[assignment]
    next_cursor = s.CharField()
    has_more = s.BooleanField()


class EventDataSerializer(s.Serializer[None]):
    id = s.UUIDField(help_text="The note.")
    version = s.IntegerField()
    change = s.IntegerField()
    href = s.CharField(help_text="Where to read it.")


class EventSerializer(s.Serializer[None]):
    """Also the body of a webhook, signed as Standard Webhooks say. It holds nothing of a patient."""

    id = s.UUIDField(help_text="The same at every attempt, and the webhook-id header.")
    type = s.ChoiceField(choices=WebhookEndpoint.EventType.values)
    timestamp = s.DateTimeField()
    data = EventDataSerializer()  # type: ignore[assignment]


class EventsSerializer(s.Serializer[None]):
    data = EventSerializer(many=True)  # type: ignore[assignment]
    next_cursor = s.CharField()
    has_more = s.BooleanField()


class RedeliveredSerializer(s.Serializer[None]):
    event = s.UUIDField()
    endpoints = s.IntegerField(help_text="To how many of your webhooks it goes again.")


class EndpointSentSerializer(s.Serializer[None]):
    url = TextField(min_length=1, max_length=500, help_text="Public, over https.")
    types = s.ListField(
        child=s.ChoiceField(choices=WebhookEndpoint.EventType.values),
        required=False,
        min_length=1,
        help_text="Left out: all.",
    )


class EndpointChangedSerializer(s.Serializer[None]):
    url = TextField(min_length=1, max_length=500, required=False)
    types = s.ListField(
        child=s.ChoiceField(choices=WebhookEndpoint.EventType.values), required=False, min_length=1
    )
    enabled = FlagField(required=False, help_text="true starts it again after it was switched off.")


class EndpointSerializer(s.Serializer[None]):
    id = s.UUIDField()
    url = s.CharField()
    types = s.ListField(child=s.ChoiceField(choices=WebhookEndpoint.EventType.values))
    state = s.ChoiceField(choices=["enabled", "failing", "disabled"])
    disabled_reason = s.CharField(allow_null=True)
    created_at = s.DateTimeField()
    old_secret_until = s.DateTimeField(
        allow_null=True, help_text="Until then the previous secret signs along."
    )


class EndpointWithSecretSerializer(EndpointSerializer):
    secret = s.CharField(help_text="whsec_…, shown this once.")


class EndpointsSerializer(s.Serializer[None]):
    data = EndpointSerializer(many=True)  # type: ignore[assignment]


class DeliverySerializer(s.Serializer[None]):
    event = s.UUIDField()
    state = s.ChoiceField(choices=Delivery.State.values)
    attempts = s.IntegerField()
    status = s.IntegerField(allow_null=True, help_text="What your server answered last.")
    error = s.CharField(allow_null=True)
    last_attempt_at = s.DateTimeField(allow_null=True)
    next_attempt_at = s.DateTimeField(allow_null=True)
    delivered_at = s.DateTimeField(allow_null=True)


class DeliveriesSerializer(s.Serializer[None]):
    data = DeliverySerializer(many=True)  # type: ignore[assignment]


class FeedStandingSerializer(s.Serializer[None]):
    head = s.IntegerField(help_text="The newest change number.")
    pulled_through = s.IntegerField(help_text="The last change that you read from the feed.")
    lag = s.IntegerField()
    pulled_at = s.DateTimeField(allow_null=True)


class ReceiptCountsSerializer(s.Serializer[None]):
    received = s.IntegerField()
    filed = s.IntegerField()
    rejected = s.IntegerField()


class PracticeSerializer(s.Serializer[None]):
    id = s.UUIDField()
    name = s.CharField()


class MeSerializer(s.Serializer[None]):
    id = s.UUIDField(help_text="Also the OAuth client id.")
    name = s.CharField()
    practice = PracticeSerializer()
    scopes = s.ListField(child=s.CharField(), help_text="What this very key or token may do.")
    allowed_networks = s.ListField(child=s.CharField())
    expires_at = s.DateTimeField(allow_null=True)
    feed = FeedStandingSerializer()
    receipts = ReceiptCountsSerializer()


class HealthSerializer(s.Serializer[None]):
    status = s.CharField()
    time = s.DateTimeField()
