from notes.models.access import AccessToken, UsedAssertion
from notes.models.chart import Addendum, ChangeCounter, FiledDocument, Rendering, Signature
from notes.models.delivery import Delivery, Receipt, WebhookEndpoint
from notes.models.engine import EngineAccount, EngineEvent
from notes.models.export import Export
from notes.models.fhir import FhirDocument
from notes.models.idempotency import IdempotentRequest
from notes.models.integration import Integration
from notes.models.note import Note, Revision
from notes.models.submission import Submission

__all__ = [
    "AccessToken",
    "Addendum",
    "ChangeCounter",
    "Delivery",
    "EngineAccount",
    "EngineEvent",
    "Export",
    "FhirDocument",
    "FiledDocument",
    "IdempotentRequest",
    "Integration",
    "Note",
    "Receipt",
    "Rendering",
    "Revision",
    "Signature",
    "Submission",
    "UsedAssertion",
    "WebhookEndpoint",
]
