"""A change as an event: what it is called, and the few ids that a notification of it carries."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from notes.models import FiledDocument, WebhookEndpoint
from notes.services.rendering import stamp

State, EventType = FiledDocument.State, WebhookEndpoint.EventType
TYPES: dict[str, str] = {
    State.FILED: EventType.FILED,
    State.AMENDED: EventType.AMENDED,
    State.ENTERED_IN_ERROR: EventType.ENTERED_IN_ERROR,
}


class Change(Protocol):
    """What is read of a chart entry: never its body."""

    pk: Any
    note_id: UUID
    version: int
    change_number: int
    state: str
    filed_at: datetime


NEEDED = ("id", "practice_id", "note_id", "version", "change_number", "state", "filed_at")


def event(change: Change) -> dict[str, Any]:
    """The event's id is the id of the version, so that one sent twice can be told by it."""
    return {
        "id": str(change.pk),
        "type": TYPES[change.state],
        "timestamp": stamp(change.filed_at),
        "data": {
            "id": str(change.note_id),
            "version": change.version,
            "change": change.change_number,
            "href": f"/api/v1/notes/{change.note_id}/versions/{change.version}",
        },
    }


def event_body(change: Change) -> bytes:
    """The bytes that are signed and sent: the same at every attempt."""
    return json.dumps(event(change), separators=(",", ":")).encode()
