"""I1: a webhook that was acknowledged with 2xx is stored, once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from notes.models import EngineEvent
from tests.soak.invariants import Violation
from tests.soak.ledger import Acknowledged

NOTE_EVENTS = {"note.generated", "note.failed"}


def check(acknowledged: Iterable[Acknowledged]) -> list[Violation]:
    """`acknowledged` was taken down before the database is read: the row is older than the answer."""
    stored = Counter(EngineEvent.objects.values_list("note_id", "event"))
    found = []
    for webhook in acknowledged:
        rows = stored[webhook.note_id, webhook.event]
        if webhook.event in NOTE_EVENTS and rows != 1:
            what = f"{webhook.event} was acknowledged and is stored {rows} times"
            found.append(Violation("I1", what, (webhook.note_id,)))
    return found
