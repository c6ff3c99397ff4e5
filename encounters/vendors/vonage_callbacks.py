"""What Vonage's callbacks say: an archive's status has changed, or a session has begun or ended
(developer.vonage.com/en/video/guides/archiving, "Archive status changes", and /session-monitoring).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from encounters.vendors.errors import NotReadable
from encounters.vendors.protocol import CallRef, Event, EventKind, Found
from encounters.vendors.vonage_api import moment, number, sha256_hex, text

RECORDING = {"started", "paused"}
READY = {"available", "uploaded"}
GONE = {"expired", "deleted"}
# Why an archive stopped, when everybody had left the session.
ENDED = "session ended"
_KINDS = {
    "started": EventKind.RECORDING_STARTED,
    **dict.fromkeys(READY, EventKind.RECORDING_READY),
    **dict.fromkeys(GONE, EventKind.RECORDING_DELETED),
    "failed": EventKind.RECORDING_FAILED,
}
_SESSION_KINDS = {"sessionCreated": EventKind.CALL_STARTED, "sessionDestroyed": EventKind.CALL_ENDED}


def events(content: Mapping[str, Any]) -> tuple[Event, ...]:
    """The events of a verified callback; raises NotReadable. None for what does not matter."""
    name = text(content, "event")
    if name in _SESSION_KINDS:
        return (_session_event(content, name),)
    if name not in {"archive", ""}:
        return ()
    return _archive_events(content)


def found_of(archive: Mapping[str, Any]) -> Found:
    """An archive, in a callback or from the API. After four hours another follows in the same session.

    An empty one is not ready: whoever looks at it again finds that nothing was recorded.
    """
    size = number(archive.get("size"))
    return Found(
        id=text(archive, "id"),
        ready=text(archive, "status") in READY and size != 0,
        final=False,
        started_at=moment(archive.get("createdAt")),
        duration=number(archive.get("duration")) or None,
        bytes=max(int(size or 0), 0) or None,
        sha256=sha256_hex(archive.get("sha256sum")),
        media_type="video/mp4" if archive.get("hasVideo") else "audio/mp4",
    )


def _archive_events(content: Mapping[str, Any]) -> tuple[Event, ...]:
    archive, status, session = text(content, "id"), text(content, "status"), text(content, "sessionId")
    if not (archive and status and session):
        raise NotReadable
    call, changed = CallRef(session=session), content.get("updatedAt")
    said = []
    kind = _KINDS.get(status)
    if kind is not None:
        said.append(
            Event(
                kind=kind,
                key=f"{archive}:{status}:{int(number(changed) or 0)}"[:200],
                call=call,
                found=(found_of(content),) if status in READY | GONE else (),
                occurred_at=moment(changed),
                problem="Vonage could not make the recording." if status == "failed" else "",
            )
        )
    if text(content, "reason") == ENDED and status in READY | {"stopped"}:
        key = f"{archive}:session-ended"[:200]
        said.append(Event(EventKind.CALL_ENDED, key, call, occurred_at=moment(changed)))
    return tuple(said)


def _session_event(content: Mapping[str, Any], name: str) -> Event:
    session, happened = text(content, "sessionId"), content.get("timestamp")
    if not session:
        raise NotReadable
    key = f"{session}:{name}:{int(number(happened) or 0)}"[-200:]
    return Event(_SESSION_KINDS[name], key, CallRef(session=session), occurred_at=moment(happened))
