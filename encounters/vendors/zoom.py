"""Zoom meetings with cloud recording, through a Server-to-Server OAuth app of the practice's account.

A meeting has a number, which can be used again, and a UUID for each time it takes place. Zoom makes several files of a
meeting; the audio-only ones are taken, and with them everything else of the meeting is deleted.

Sources: developers.zoom.us/docs/api (webhooks, meetings, cloud recording), zoom/rivet-javascript for the shapes of
events, zoom/webhook-sample for verification.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from config.http import Door, json_body
from encounters.vendors.errors import (
    BadAnswer,
    KeysRefused,
    NotFound,
    NotGenuine,
    NotReady,
    NotSupported,
)
from encounters.vendors.protocol import (
    Account,
    AccountField,
    Answer,
    Callback,
    CallRef,
    Download,
    Found,
    Listing,
    Received,
    VideoVendor,
)
from encounters.vendors.zoom_api import ZoomApi, meeting_path
from encounters.vendors.zoom_events import read_event
from encounters.vendors.zoom_files import files_of, found_in, part, sound_of, text
from encounters.vendors.zoom_signature import handshake, verified

_NUMBER = re.compile(r"[0-9]{9,12}")
# Each with the older, coarser scope that holds the same.
_SCOPES = {
    "cloud_recording:read:list_recording_files:admin": "recording:read:admin",
    "cloud_recording:delete:recording_file:admin": "recording:write:admin",
    "cloud_recording:delete:meeting_recording:admin": "recording:write:admin",
    "meeting:update:in_meeting_controls:admin": "meeting:write:admin",
}


class Zoom(VideoVendor):
    slug = "zoom"
    label = "Zoom"
    api = "https://api.zoom.us"
    # Files are asked for, with our token, where Zoom's own web servers are; they lead on to its storage.
    api_hosts = ("zoom.us", ".zoom.us", "zoomgov.com", ".zoomgov.com")
    media_hosts = ("zoom.us", ".zoom.us", "zoomgov.com", ".zoomgov.com")
    account_label = "Account ID"
    signed_with = "Secret token"
    fields = (
        AccountField("client_id", "Client ID", "Of the Server-to-Server OAuth app."),
        AccountField("client_secret", "Client secret"),
    )
    starts_recording = True

    def __init__(self, account: Account, door: Door) -> None:
        super().__init__(account, door)
        self._zoom = ZoomApi(self)

    def receive(self, callback: Callback, secrets: Sequence[str], now: float) -> Received:
        """A genuine request that is too old or too early changes nothing: what a late retry says, polling finds."""
        said = verified(callback, secrets, now)
        event, payload = text(said.content, "event"), part(said.content, "payload")
        if event == "endpoint.url_validation":
            answer = handshake(payload.get("plainToken"), said.secret)
            return Received(answer=Answer(200, answer)) if said.fresh else Received()
        if text(payload, "account_id") != self.account.ref:
            raise NotGenuine("wrong_account")
        read = read_event(said.content) if said.fresh else None
        return Received((read,)) if read else Received()

    @classmethod
    def ref(cls, external_id: str) -> CallRef:
        return CallRef(room=external_id) if _NUMBER.fullmatch(external_id) else CallRef(session=external_id)

    def check(self) -> str:
        granted = self._zoom.scopes()
        missing = [scope for scope, older in _SCOPES.items() if not granted & {scope, older}]
        if missing:
            raise KeysRefused(f"The keys work, but the app lacks these scopes: {', '.join(missing)}.")
        return "The keys work, and the app has every scope that is needed."

    def list_call(self, call: CallRef) -> Listing:
        """By UUID; by number, the latest meeting under it. Whether one without a recording has ended is not known."""
        try:
            meeting = self._meeting(call.session or call.room)
        except NotFound:
            return Listing()
        sound = sound_of(meeting)
        if not sound:
            return Listing(session=text(meeting, "uuid"))
        ended_at = max((each.end for each in sound if each.end), default=None)
        return Listing(found_in(meeting), ended=True, ended_at=ended_at, session=text(meeting, "uuid"))

    def describe(self, found: Found, call: CallRef) -> Found:
        try:
            meeting = self._finished(_meeting_of(found, call))
        except NotFound:
            meeting = {}
        for each in found_in(meeting):
            if each.id == found.id:
                return each
        raise NotFound(
            "Zoom no longer has the recording. If somebody moved it to Zoom's trash, restore it there."
        )

    def download(self, found: Found) -> Download:
        """With our token instead of the callback's, which may have expired when Zoom is late."""
        meeting = self._meeting(_meeting_of(found, CallRef()))
        files = meeting.get("recording_files")
        for entry in files if isinstance(files, list) else []:
            if isinstance(entry, Mapping) and text(entry, "id") == found.id and text(entry, "download_url"):
                return Download(text(entry, "download_url"), self._zoom.headers())
        raise BadAnswer("Zoom named no place to fetch the recording from. It must be a cloud recording.")

    def discard(self, found: Found, call: CallRef) -> str:
        """The file and all else of its stretch of the meeting: video, transcript, chat, participants' own audio.

        The sound of other stretches has rows of its own; with the last of them everything goes at once. Past Zoom's
        trash, which would keep it for 30 days.
        """
        uuid = _meeting_of(found, call)
        try:
            meeting = self._finished(uuid)
        except NotFound:
            return "Zoom no longer lists it (what a person moved to its trash stays there for up to 30 days)"
        kept = {
            each.id for each in sound_of(meeting) if each.id != found.id and each.start != found.started_at
        }
        if not kept:
            self._delete(f"{meeting_path(uuid)}?action=delete")
            return "Zoom confirmed: the meeting's recording deleted, past its trash"
        gone = [
            each.id for each in files_of(meeting) if each.start == found.started_at or each.id == found.id
        ]
        # The file itself last, so that a deletion that stops halfway is gone on with.
        for file in sorted(gone, key=lambda each: each == found.id):
            self._delete(f"{meeting_path(uuid)}/{quote(file, safe='')}?action=delete")
        return f"Zoom confirmed: {len(gone)} files deleted, past its trash"

    def start_recording(self, call: CallRef) -> None:
        self._control(call, "recording.start")

    def stop_recording(self, call: CallRef) -> None:
        self._control(call, "recording.stop")

    def _control(self, call: CallRef, method: str) -> None:
        if not call.room:
            raise NotSupported("Zoom needs the meeting's number to start or stop recording.")
        path = f"/v2/live_meetings/{quote(call.room, safe='')}/events"
        self._zoom.call("PATCH", path, body=json_body({"method": method}))

    def _meeting(self, meeting: str) -> dict[str, Any]:
        return self._zoom.get(meeting_path(meeting))

    def _finished(self, uuid: str) -> dict[str, Any]:
        """The meeting's recording once Zoom has made all of its files; raises NotReady."""
        meeting = self._meeting(uuid)
        if not all(each.ready for each in files_of(meeting)):
            raise NotReady("Zoom is still working on the recording. That can take up to a day.")
        return meeting

    def _delete(self, path: str) -> None:
        try:
            self._zoom.call("DELETE", path)
        except NotFound:
            return


def _meeting_of(found: Found, call: CallRef) -> str:
    return str(found.locator.get("meeting") or call.session or call.room)
