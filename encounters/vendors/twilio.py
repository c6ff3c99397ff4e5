"""Twilio Video.

A room's tracks are recorded apart. When the room has ended we ask for one composition of its audio, fetch that, and
delete both. What we call a file is therefore the room: its id is the room's SID.

Sources: twilio.com/docs/video/api (status-callbacks, compositions-resource, recordings-resource, recording-rules),
twilio.com/docs/usage/security for signatures.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from config.http import form_body
from encounters.vendors.errors import (
    BadAnswer,
    NotFound,
    NothingRecorded,
    NotReadable,
    NotReady,
    NotSupported,
)
from encounters.vendors.http import call_api, read_json, refusal, send
from encounters.vendors.protocol import (
    AccountField,
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
from encounters.vendors.twilio_api import compositions, delete, get, headers, moment, number, recordings, text
from encounters.vendors.twilio_signature import verified_fields

_ROOM = re.compile(r"RM[0-9a-f]{32}", re.IGNORECASE)
_LINK_SECONDS = 3600
_MAKING = {"enqueued", "processing"}
_EVENTS = {
    "room-created": EventKind.CALL_STARTED,
    "room-ended": EventKind.CALL_ENDED,
    "recording-started": EventKind.RECORDING_STARTED,
    "recording-completed": EventKind.RECORDING_READY,
    "recording-failed": EventKind.RECORDING_FAILED,
    "composition-available": EventKind.RECORDING_READY,
    "composition-failed": EventKind.RECORDING_FAILED,
}
_ALL_AUDIO = '[{"type":"include","kind":"audio"}]'
_NOTHING = '[{"type":"exclude","all":true}]'


class Twilio(VideoVendor):
    slug = "twilio"
    label = "Twilio Video"
    api = "https://video.twilio.com"
    api_hosts = ("video.twilio.com",)
    media_hosts = (".amazonaws.com",)
    account_label = "Account SID"
    signed_with = "Primary auth token"
    fields = (
        AccountField("key_sid", "API key SID", "Begins with SK. Console: Account, API keys & tokens."),
        AccountField("key_secret", "API key secret", "Shown once, when the key is made."),
    )
    starts_recording = True

    def receive(self, callback: Callback, secrets: Sequence[str], now: float) -> Received:
        fields = verified_fields(callback, secrets, account=self.account.ref)
        event = fields.get("StatusCallbackEvent", "")
        room = fields.get("RoomSid", "")
        kind = _EVENTS.get(event)
        if kind is None or (event == "recording-completed" and fields.get("Type", "audio") != "audio"):
            return Received()
        if not _ROOM.fullmatch(room):
            raise NotReadable
        made = self._found(room, ready=event == "composition-available")
        return Received(
            (
                Event(
                    kind=kind,
                    key=_key(event, fields),
                    call=CallRef(session=room, room=fields.get("RoomName", "")),
                    found=(made,) if kind == EventKind.RECORDING_READY else (),
                    occurred_at=moment(fields.get("Timestamp")),
                    problem="The composition failed." if event == "composition-failed" else "",
                ),
            )
        )

    @classmethod
    def ref(cls, external_id: str) -> CallRef:
        return CallRef(session=external_id) if _ROOM.fullmatch(external_id) else CallRef(room=external_id)

    def check(self) -> str:
        get(self, "/v1/Rooms?PageSize=1")
        return "The keys work: rooms can be listed."

    def list_call(self, call: CallRef) -> Listing:
        """By room SID, or by the room's name where that is all we know: the newest room of that name."""
        try:
            room = get(self, f"/v1/Rooms/{quote(call.session or call.room, safe='')}")
        except NotFound:
            return Listing()
        sid = text(room, "sid")
        if room.get("status") not in {"completed", "failed"}:
            return Listing(ended=False, session=sid)
        return Listing(
            found=(self._found(sid, ready=False),) if self._sounds(sid) else (),
            ended=True,
            ended_at=moment(room.get("end_time")),
            session=sid,
        )

    def prepare(self, found: Found, call: CallRef) -> Found:
        """The room's composition, asked for if there is none; NothingRecorded for a room without sound."""
        made = self._composition(found.id)
        if made is None:
            if not self._sounds(found.id):
                raise NothingRecorded("Nobody's voice was recorded in the room.")
            made = self._compose(found.id)
        return self._described(found, made)

    def describe(self, found: Found, call: CallRef) -> Found:
        made = self._composition(found.id)
        if made is None:
            raise NotFound("Twilio has no composition of the room.")
        return self._described(found, made)

    def download(self, found: Found) -> Download:
        """Twilio answers with a redirect to a signed link at its storage, which is fetched without our keys."""
        path = (
            f"/v1/Compositions/{quote(str(found.locator['composition']), safe='')}/Media?Ttl={_LINK_SECONDS}"
        )
        answer = send(self, "GET", f"{self.account.api}{path}", headers=headers(self))
        if answer.status >= 400:
            raise refusal(self, answer)
        link = answer.headers.get("location", "") or text(read_json(self, answer), "redirect_to")
        if not link:
            raise BadAnswer("Twilio named no place to fetch the composition from.")
        return Download(link)

    def discard(self, found: Found, call: CallRef) -> str:
        """The composition is a copy, so the room's recorded tracks go as well."""
        composed = [made for made in compositions(self, found.id) if made.get("status") != "deleted"]
        if any(made.get("status") in _MAKING for made in composed):
            raise NotReady("Twilio is still composing the recording.")
        tracks = list(recordings(self, found.id))
        for made in composed:
            delete(self, f"/v1/Compositions/{text(made, 'sid')}")
        for track in tracks:
            delete(self, f"/v1/Recordings/{text(track, 'sid')}")
        return f"Twilio confirmed: {len(composed)} compositions and {len(tracks)} tracks deleted"

    def start_recording(self, call: CallRef) -> None:
        self._rules(call, _ALL_AUDIO)

    def stop_recording(self, call: CallRef) -> None:
        self._rules(call, _NOTHING)

    def _rules(self, call: CallRef, rules: str) -> None:
        if not call.session:
            raise NotSupported("Twilio needs the room's SID to start or stop recording.")
        path = f"/v1/Rooms/{quote(call.session, safe='')}/RecordingRules"
        call_api(
            self, "POST", path, headers=headers(self), body=form_body([("Rules", rules)]), expect=(200, 202)
        )

    def _found(self, room: str, *, ready: bool) -> Found:
        return Found(id=room, ready=ready, media_type="audio/mp4")

    def _described(self, found: Found, made: Mapping[str, Any]) -> Found:
        return replace(
            found,
            ready=made.get("status") == "completed",
            started_at=found.started_at or moment(made.get("date_created")),
            duration=number(made.get("duration")),
            bytes=int(number(made.get("size")) or 0) or None,
            locator={"composition": text(made, "sid")},
        )

    def _composition(self, room: str) -> Mapping[str, Any] | None:
        """The finished one, else one on its way. Failed and deleted ones don't count."""
        known = list(compositions(self, room))
        finished = [made for made in known if made.get("status") == "completed"]
        making = [made for made in known if made.get("status") in _MAKING]
        return next(iter([*finished, *making]), None)

    def _compose(self, room: str) -> Mapping[str, Any]:
        fields = [
            ("RoomSid", room),
            ("AudioSources", "*"),
            ("Format", "mp4"),
            ("StatusCallback", self.account.callback_url),
            ("StatusCallbackMethod", "POST"),
        ]
        answer = send(
            self,
            "POST",
            f"{self.account.api}/v1/Compositions",
            headers=headers(self),
            body=form_body(fields),
        )
        if answer.status == 400:  # the room or its tracks are not complete yet
            raise NotReady("Twilio can't compose the room's audio yet.")
        if answer.status not in (200, 201):
            raise refusal(self, answer)
        return read_json(self, answer)

    def _sounds(self, room: str) -> bool:
        return any(
            track.get("type") == "audio" and track.get("status") != "deleted"
            for track in recordings(self, room)
        )


def _key(event: str, fields: Mapping[str, str]) -> str:
    """Compositions and tracks report each status once; a room numbers its events."""
    for sid in ("CompositionSid", "RecordingSid"):
        if fields.get(sid):
            return f"{fields[sid]}:{event}"[:200]
    return f"{fields['RoomSid']}:{event}:{fields.get('SequenceNumber', '')}"[:200]
