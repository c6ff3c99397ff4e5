"""A WebRTC service of one's own: whatever records calls and can tell us, in our words, that a recording is ready.

Callbacks are signed after Standard Webhooks. Where the service offers the small API that is described in README.md, it
is also polled, asked for fresh links, told to start and stop recording, and told to delete what has been picked up.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from config.http import json_body
from encounters.vendors.errors import BadAnswer, NotFound, NotReadable, NotSupported
from encounters.vendors.http import call_api, read_json
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
from encounters.vendors.standard_webhooks import verified_id
from encounters.vendors.webrtc_files import Misdescribed, call_from, found_from, moment, origin_of

_EVENTS = {
    "call.started": EventKind.CALL_STARTED,
    "call.ended": EventKind.CALL_ENDED,
    "recording.started": EventKind.RECORDING_STARTED,
    "recording.ready": EventKind.RECORDING_READY,
    "recording.failed": EventKind.RECORDING_FAILED,
}


class WebRtc(VideoVendor):
    slug = "webrtc"
    label = "Your WebRTC service"
    api = ""
    api_hosts = ()
    self_hosted = True
    account_label = "Name of the service"
    signed_with = "Signing secret"
    fields = (
        AccountField(
            "api_token",
            "API token",
            "Sent as a bearer token to the service's own address only.",
            required=False,
        ),
    )
    starts_recording = True

    def receive(self, callback: Callback, secrets: Sequence[str], now: float) -> Received:
        """What can't be used is refused with a reason: the developer of such a service has nobody else to ask."""
        message = verified_id(callback, secrets, now)
        content = _content(callback.body)
        kind = _EVENTS.get(str(content.get("type")))
        if kind is None:
            return Received()
        data = content.get("data")
        try:
            if not isinstance(data, Mapping):
                raise Misdescribed("data has to be an object.")
            found = (self._fetchable(found_from(data)),) if kind == EventKind.RECORDING_READY else ()
            call = call_from(data)
        except Misdescribed as problem:
            return Received(answer=Answer(422, {"error": {"code": "misdescribed", "message": problem.words}}))
        at = "started_at" if kind == EventKind.RECORDING_READY else "timestamp"
        return Received(
            (
                Event(
                    kind=kind,
                    key=f"{kind}:{message}",
                    call=call,
                    found=found,
                    occurred_at=moment(data.get(at)) or moment(content.get("timestamp")),
                    problem="The service could not make the recording."
                    if kind == EventKind.RECORDING_FAILED
                    else "",
                ),
            )
        )

    def check(self) -> str:
        if not self.account.api:
            return (
                "Callbacks can be verified. Without the service's address, recordings that are not reported are not "
                "looked for, and its copies have to be deleted by hand."
            )
        self._list("connection-test")
        return "The service answers and accepts the token."

    def list_call(self, call: CallRef) -> Listing:
        if not self.account.api:
            return Listing()
        content = self._list(call.session)
        ended_at = moment(content.get("ended_at"))
        return Listing(
            found=tuple(self._read(each) for each in content["recordings"]),
            ended=True if ended_at else None,
            ended_at=ended_at,
            session=call.session,
        )

    def describe(self, found: Found, call: CallRef) -> Found:
        """As the service has it now; without its API, as its signed callback said."""
        if not self.account.api:
            return found
        now = self._read(read_json(self, call_api(self, "GET", _path(found), headers=self._headers())))
        if now.id != found.id:
            raise BadAnswer("The service described another recording than the one it was asked for.")
        return now

    def download(self, found: Found) -> Download:
        """With the token where the file is at the service's own address, without it anywhere else."""
        url = str(found.locator.get("url") or "")
        return Download(url, self._headers() if self._is_own(url) else {})

    def discard(self, found: Found, call: CallRef) -> str:
        if not self.account.api:
            raise NotSupported(
                "Delete the recording at your service: its address for doing so is not entered."
            )
        try:
            call_api(self, "DELETE", _path(found), headers=self._headers(), expect=(200, 202, 204))
        except NotFound:
            return "The service no longer has it"
        return "The service confirmed the deletion"

    def start_recording(self, call: CallRef) -> None:
        self._control(call, recording=True)

    def stop_recording(self, call: CallRef) -> None:
        self._control(call, recording=False)

    def _control(self, call: CallRef, *, recording: bool) -> None:
        if not self.account.api:
            raise NotSupported(
                "Your service's address is not entered, so it can't be told to record or to stop."
            )
        path = f"/calls/{quote(call.session, safe='')}/recording"
        body = json_body({"recording": recording})
        call_api(self, "PUT", path, headers=self._headers(), body=body, expect=(200, 202, 204))

    def _list(self, call: str) -> dict[str, Any]:
        path = f"/recordings?{urlencode({'call': call})}"
        content = read_json(self, call_api(self, "GET", path, headers=self._headers()))
        if not isinstance(content.get("recordings"), list):
            raise BadAnswer("The service's answer has no list of recordings.")
        return content

    def _read(self, data: object) -> Found:
        try:
            found = found_from(data if isinstance(data, Mapping) else {})
        except Misdescribed as problem:
            raise BadAnswer(f"The service describes a recording wrongly: {problem.words}") from None
        if found.pushed:
            raise BadAnswer("The service describes a recording without the address to fetch it from.")
        return found

    def _fetchable(self, found: Found) -> Found:
        """Raises Misdescribed where the door would not open; said at once, the sender can put it right."""
        if found.pushed:
            return found
        url = str(found.locator["url"])
        options, host = self.account.options, urlsplit(url).hostname or ""
        listed = [str(each).lower() for each in options.get("media_hosts") or []]
        allowed = any(host == each or (each.startswith(".") and host.endswith(each)) for each in listed)
        demo = origin_of(url) in (options.get("media_origins") or [])
        if not (self._is_own(url) or demo or (allowed and url.lower().startswith("https://"))):
            raise Misdescribed("url is not at an https address that this connection allows.")
        return found

    def _is_own(self, url: str) -> bool:
        return bool(self.account.api) and origin_of(url) == origin_of(self.account.api)

    def _headers(self) -> dict[str, str]:
        token = self.account.credentials.get("api_token", "")
        return {"Authorization": f"Bearer {token}"} if token else {}


def _path(found: Found) -> str:
    return f"/recordings/{quote(found.id, safe='')}"


def _content(body: bytes) -> Mapping[str, Any]:
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        raise NotReadable from None
    if not isinstance(content, dict):
        raise NotReadable
    return content
