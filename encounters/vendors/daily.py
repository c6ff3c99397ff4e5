"""Daily.co.

The call is the room, under the name that Daily gave it; its recordings have ids of their own, and there may be several
when recording was started again. Callbacks carry no link: one is asked for right before each download.

Sources: docs.daily.co/reference/rest-api (webhooks and their events, recordings, access-link, meetings),
docs.daily.co/docs/guides/features/recording.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from encounters.vendors.daily_api import (
    delete,
    get,
    moment,
    newest_meeting,
    number,
    post,
    recording_path,
    recordings,
    room_path,
    text,
    webhooks,
)
from encounters.vendors.daily_signature import is_creation_test, is_current, verified_object
from encounters.vendors.errors import BadAnswer, NothingRecorded, NotReadable, NotReady, NotSupported
from encounters.vendors.protocol import (
    AccountField,
    Answer,
    Callback,
    CallRef,
    Download,
    Event,
    EventKind,
    Found,
    Listing,
    Received,
    VideoVendor,
)

# The field that names the room is another one in events about meetings.
_EVENTS = {
    "meeting.started": (EventKind.CALL_STARTED, "room", "start_ts"),
    "meeting.ended": (EventKind.CALL_ENDED, "room", "end_ts"),
    "recording.started": (EventKind.RECORDING_STARTED, "room_name", "start_ts"),
    "recording.ready-to-download": (EventKind.RECORDING_READY, "room_name", "start_ts"),
    "recording.error": (EventKind.RECORDING_FAILED, "room_name", "timestamp"),
}
_WANTED_EVENTS = {"meeting.ended", "recording.ready-to-download"}
_TYPES = ("cloud-audio-only", "cloud", "raw-tracks")
_LINK_SECONDS = 3600
_LONGEST_SECONDS = 3 * 60 * 60
_OK = Answer(200)


class Daily(VideoVendor):
    slug = "daily"
    label = "Daily.co"
    api = "https://api.daily.co"
    api_hosts = ("api.daily.co",)
    media_hosts = ("b.daily.co", ".amazonaws.com")
    account_label = "Domain"
    signed_with = "Webhook secret (base64)"
    fields = (AccountField("api_key", "API key", "Dashboard: Developers."),)
    starts_recording = True

    def receive(self, callback: Callback, secrets: Sequence[str], now: float) -> Received:
        """What was signed too long ago is answered and left to polling: a refused webhook is soon switched off."""
        if is_creation_test(callback):
            return Received(answer=_OK)
        content, signed_at = verified_object(callback, secrets)
        if not is_current(signed_at, now):
            return Received(answer=_OK)
        event = _event(content)
        return Received((event,) if event else (), _OK)

    @classmethod
    def ref(cls, external_id: str) -> CallRef:
        """A room's name, which may be used again."""
        return CallRef(room=external_id)

    def check(self) -> str:
        domain = text(get(self, "/v1/"), "domain_name")
        if self.account.ref and domain != self.account.ref:
            raise BadAnswer("The API key belongs to another Daily domain than the one entered here.")
        ours = [each for each in webhooks(self) if text(each, "url") == self.account.callback_url]
        if not ours:
            raise BadAnswer("The API key works, but no webhook of the domain posts to the callback address.")
        if all(each.get("state") == "FAILED" for each in ours):
            raise BadAnswer(
                "The API key works, but Daily has stopped posting callbacks after failures. Make the webhook again."
            )
        if not any(set(each.get("eventTypes") or ()) >= _WANTED_EVENTS for each in ours):
            raise BadAnswer("The webhook does not report the end of meetings and finished recordings.")
        return "The API key works, and the webhook posts to the callback address."

    def list_call(self, call: CallRef) -> Listing:
        room = call.room or call.session
        found = tuple(
            _found(each) for each in recordings(self, room) if _made(each) and text(each, "room_name") == room
        )
        held = newest_meeting(self, room)
        if held is None:
            return Listing(found)
        if held.get("ongoing"):
            return Listing(found, ended=False)
        ended = (number(held.get("start_time")) or 0.0) + (number(held.get("duration")) or 0.0)
        return Listing(found, ended=True, ended_at=moment(ended))

    def describe(self, found: Found, call: CallRef) -> Found:
        known = get(self, recording_path(found.id))
        if found.locator.get("type") == "raw-tracks" or known.get("tracks"):
            raise NotSupported(
                "Daily recorded every participant apart (raw tracks), which can't be put together here. "
                "Have calls recorded as cloud-audio-only."
            )
        if not _made(known):
            raise NothingRecorded("Nothing was recorded in the room.")
        said = _found(known)
        return replace(
            said, started_at=said.started_at or found.started_at, duration=said.duration or found.duration
        )

    def download(self, found: Found) -> Download:
        path = f"{recording_path(found.id)}/access-link"
        link = text(get(self, path, valid_for_secs=str(_LINK_SECONDS)), "download_link")
        if not link:
            raise BadAnswer("Daily named no place to fetch the recording from.")
        return Download(link)

    def discard(self, found: Found, call: CallRef) -> str:
        """A file in the practice's own bucket is out of Daily's reach, and the evidence says so."""
        if get(self, recording_path(found.id)).get("status") == "in-progress":
            raise NotReady("Daily is still recording.")
        gone = delete(self, recording_path(found.id))
        if gone.get("deleted") is not True:
            raise NotReady("Daily did not confirm the deletion.")
        if any("bucket" in name.lower() for name in gone):
            return "Daily confirmed the deletion; the file itself is in your own bucket, under your own rules"
        return "Daily confirmed the deletion"

    def start_recording(self, call: CallRef) -> None:
        content = {"type": "cloud-audio-only", "maxDuration": _LONGEST_SECONDS}
        post(self, room_path(call.room or call.session, "start"), content)

    def stop_recording(self, call: CallRef) -> None:
        """Whatever is recorded in the room. Daily answers 400 where there is nothing of that type to stop."""
        for kind in _TYPES:
            post(self, room_path(call.room or call.session, "stop"), {"type": kind}, expect=(200, 400))


def _event(content: Mapping[str, Any]) -> Event | None:
    """What a signed callback says, if it matters and tells which room it is about."""
    name = text(content, "type")
    if name not in _EVENTS:
        return None
    payload = content.get("payload")
    if not isinstance(payload, Mapping):
        raise NotReadable
    kind, room_field, time_field = _EVENTS[name]
    room, recording = text(payload, room_field), text(payload, "recording_id")
    if kind == EventKind.RECORDING_READY and not (room and recording):
        raise NotReadable
    if not room:  # "recording.started" does not always tell the room
        return None
    return Event(
        kind=kind,
        key=f"{name}:{text(content, 'id') or recording or text(payload, 'meeting_id')}"[:200],
        call=CallRef(room=room),
        found=(_announced(payload),) if kind == EventKind.RECORDING_READY else (),
        occurred_at=moment(payload.get(time_field)),
        problem="Daily reported an error of the recording." if kind == EventKind.RECORDING_FAILED else "",
    )


def _announced(payload: Mapping[str, Any]) -> Found:
    """A finished recording. Raw tracks have to be looked at first, and are then refused with words."""
    found = _found({**payload, "id": payload["recording_id"], "status": "finished"})
    raw = payload.get("type") == "raw-tracks"
    return replace(found, ready=not raw, locator={"type": "raw-tracks"} if raw else {})


def _found(recording: Mapping[str, Any]) -> Found:
    """Another may follow while the call lasts: recording can be stopped and started again."""
    return Found(
        id=text(recording, "id"),
        ready=recording.get("status") == "finished",
        final=False,
        started_at=moment(recording.get("start_ts")),
        duration=number(recording.get("duration")),
    )


def _made(recording: Mapping[str, Any]) -> bool:
    """Whether there is, or will be, anything to hear in it."""
    if recording.get("status") == "in-progress":
        return True
    return recording.get("status") == "finished" and number(recording.get("duration")) != 0
