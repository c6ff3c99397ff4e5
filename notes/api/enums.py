"""Names for value sets that several parts of the API share, as the OpenAPI schema calls them (SPECTACULAR_SETTINGS)."""

from __future__ import annotations

from encounters.places import US_STATES
from encounters.states import EncounterStatus
from notes.models import Delivery, FiledDocument, Receipt, WebhookEndpoint

PLACES = list(US_STATES)
ENCOUNTER_STATUS = EncounterStatus.values
DOCUMENT_STATE = FiledDocument.State.values
RECEIPT_STATUS = Receipt.Status.values
LAG_STATUS = [*Receipt.Status.values, "missing"]
DELIVERY_STATE = Delivery.State.values
ENDPOINT_STATE = ["enabled", "failing", "disabled"]
EVENT_TYPE = WebhookEndpoint.EventType.values
