"""What Zoom's events say of meetings and their recordings."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from encounters.vendors.errors import NotReadable
from encounters.vendors.protocol import CallRef, Event, EventKind, Found
from encounters.vendors.zoom_files import found_in, moment, part, text

# "recording.trashed" and "recording.deleted" don't matter: what is no longer there is seen when it is asked for.
_EVENTS = {
    "meeting.started": EventKind.CALL_STARTED,
    "meeting.ended": EventKind.CALL_ENDED,
    "recording.started": EventKind.RECORDING_STARTED,
    "recording.completed": EventKind.RECORDING_READY,
}


def read_event(content: Mapping[str, Any]) -> Event | None:
    """None for a kind that does not matter; raises NotReadable for one that names no meeting."""
    name, meeting = text(content, "event"), part(part(content, "payload"), "object")
    kind, uuid = _EVENTS.get(name), text(meeting, "uuid")
    if kind is None:
        return None
    if not uuid:
        raise NotReadable
    found = found_in(meeting) if kind == EventKind.RECORDING_READY else ()
    return Event(
        kind=kind,
        key=_key(name, uuid, found, text(content, "event_ts")),
        call=CallRef(session=uuid, room=text(meeting, "id")),
        found=found,
        occurred_at=_occurred(kind, content, meeting, found),
    )


def _key(name: str, uuid: str, found: Sequence[Found], at: str) -> str:
    """A meeting's files by their ids, whatever time a repetition bears; anything else by its time."""
    of = hashlib.sha256("\n".join(sorted(each.id for each in found)).encode()).hexdigest() if found else at
    return f"{name}:{uuid}:{of}"[:200]


def _occurred(
    kind: EventKind, content: Mapping[str, Any], meeting: Mapping[str, Any], found: Sequence[Found]
) -> datetime | None:
    """When it was in the meeting. A recording can be ready a day later; it belongs to the time it was made."""
    if kind == EventKind.RECORDING_READY:
        starts = [each.started_at for each in found if each.started_at]
        return min(starts, default=None) or moment(meeting.get("start_time"))
    named = {EventKind.CALL_STARTED: "start_time", EventKind.CALL_ENDED: "end_time"}.get(kind, "")
    return moment(meeting.get(named)) or moment(content.get("event_ts"))
