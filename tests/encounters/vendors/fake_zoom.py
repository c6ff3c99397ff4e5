"""Zoom as documented: tokens of a Server-to-Server OAuth app, a meeting's recording by UUID (encoded twice) or number,
files behind a token that lead on to storage, deletion to the trash or past it, and in-meeting controls.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from tests.encounters.vendors.fake import HTML, Asked, FakeVendor, Reply, SignedCallback, json_reply

SCOPES = (
    "cloud_recording:read:list_recording_files:admin",
    "cloud_recording:delete:recording_file:admin",
    "cloud_recording:delete:meeting_recording:admin",
    "meeting:update:in_meeting_controls:admin",
)


@dataclass
class Meeting:
    uuid: str
    number: str
    began: float
    files: list[dict[str, Any]] = field(default_factory=list)
    personal: list[dict[str, Any]] = field(default_factory=list)
    ended: bool = False
    orders: list[str] = field(default_factory=list)


class FakeZoom(FakeVendor):
    slug = "zoom"
    secret = "zoom-demo-secret-token"
    account = "AAAAAABBBB1111222233ab"
    client = ("client-id", "client-secret")
    # What a hostile or a lucky UUID looks like.
    uuid_prefix = "/aj//"

    def __init__(self) -> None:
        self.meetings: dict[str, Meeting] = {}
        self.tokens: set[str] = set()
        self.scopes: tuple[str, ...] = SCOPES
        self.audio_only = True
        super().__init__()

    def connection(self) -> dict[str, Any]:
        return {
            "account_ref": self.account,
            "credentials": {"client_id": self.client[0], "client_secret": self.client[1]},
            "webhook_secret": self.secret,
        }

    def new_call(self) -> str:
        return self.new_meeting(str(80_000_000_000 + secrets.randbelow(10**9))).uuid

    def new_meeting(self, number: str) -> Meeting:
        uuid = self.uuid_prefix + base64.b64encode(secrets.token_bytes(9)).decode()
        self.meetings[uuid] = Meeting(uuid, number, time.time() - 600)
        return self.meetings[uuid]

    def end_call(self, call: str, audio: Sequence[bytes]) -> None:
        meeting = self.meetings[call]
        meeting.ended = True
        for number, data in enumerate(audio):
            began = meeting.began + 60 * number
            kinds = [
                ("MP4", "shared_screen_with_speaker_view", data + b"\0" * 9),
                ("CHAT", "chat_file", b"hi"),
            ]
            if self.audio_only:
                kinds.append(("M4A", "audio_only", data))
            for kind, type_, content in kinds:
                meeting.files.append(self._file(meeting, kind, type_, began, content))
            meeting.personal.append(self._file(meeting, "M4A", "", began, data))
        meeting.files.reverse()  # Zoom promises no order

    def _file(self, meeting: Meeting, kind: str, type_: str, began: float, content: bytes) -> dict[str, Any]:
        name = secrets.token_hex(8)
        self.media[name] = content
        return {
            "id": name,
            "meeting_id": meeting.uuid,
            "recording_start": iso(began),
            "recording_end": iso(began + 60),
            "file_type": kind,
            "file_size": len(content),
            "download_url": f"{self.api_server.origin}/rec/download/{name}",
            "status": "completed",
            **({"recording_type": type_} if type_ else {}),
        }

    def copies(self, call: str) -> int:
        meeting = self.meetings[call]
        return len(meeting.files) + len(meeting.personal)

    def callbacks(self, call: str, callback_url: str) -> list[SignedCallback]:
        meeting = self.meetings[call]
        said = [self.event("meeting.started", meeting, start_time=iso(meeting.began))]
        if meeting.ended:
            ended = iso(meeting.began + 300)
            said.append(self.event("meeting.ended", meeting, end_time=ended, start_time=iso(meeting.began)))
        if meeting.files:
            said.append(self.event("recording.completed", meeting, **self.recording(meeting)))
        return said

    def recording(self, meeting: Meeting) -> dict[str, Any]:
        return {
            "uuid": meeting.uuid,
            "id": int(meeting.number),
            "account_id": self.account,
            "topic": "Visit",
            "start_time": iso(meeting.began),
            "recording_files": meeting.files,
            "participant_audio_files": meeting.personal,
        }

    def event(self, name: str, meeting: Meeting, **more: Any) -> SignedCallback:
        named = {"uuid": meeting.uuid, "id": meeting.number, "host_id": "h", "topic": "Visit", "type": 2}
        payload = {"account_id": self.account, "object": {**named, **more}}
        ts = int(meeting.began * 1000)
        return self.signed({"event": name, "event_ts": ts, "payload": payload, "download_token": "jwt"})

    def signed(self, content: object, *, at: float | None = None, secret: str = "") -> SignedCallback:
        stamp = str(int(time.time() if at is None else at))
        body = json.dumps(content).replace("/", "\\/").encode()  # as some JSON writers do
        text = f"v0:{stamp}:{body.decode()}".encode()
        mac = hmac.new((secret or self.secret).encode(), text, hashlib.sha256).hexdigest()
        return SignedCallback(body, {"x-zm-request-timestamp": stamp, "x-zm-signature": f"v0={mac}"})

    def api(self, asked: Asked) -> Reply:
        if asked.path == "/oauth/token":
            return self._token(asked)
        bearer = asked.headers.get("authorization", "").removeprefix("Bearer ")
        if asked.path.startswith("/rec/download/"):
            return self._download(asked.path.rpartition("/")[2], bearer)
        if bearer not in self.tokens:
            return json_reply({"code": 124, "message": "Invalid access token."}, 401)
        routes = (
            ("GET", r"/v2/meetings/([^/]+)/recordings", self._recording),
            ("DELETE", r"/v2/meetings/([^/]+)/recordings", self._delete_all),
            ("DELETE", r"/v2/meetings/([^/]+)/recordings/([^/]+)", self._delete),
            ("PATCH", r"/v2/live_meetings/(\d+)/events", self._control),
        )
        for method, pattern, handler in routes:
            match = re.fullmatch(pattern, asked.path)
            if match and asked.method == method:
                return handler(asked, *match.groups())
        return json_reply({"code": 300}, 404)

    def _token(self, asked: Asked) -> Reply:
        basic = "Basic " + base64.b64encode(":".join(self.client).encode()).decode()
        if "keys_refused" in self.faults or asked.headers.get("authorization") != basic:
            return json_reply(
                {"reason": "Invalid client_id or client_secret", "error": "invalid_client"}, 401
            )
        if asked.query != {"grant_type": "account_credentials", "account_id": self.account}:
            return json_reply({"reason": "Bad Request", "error": "invalid_request"}, 400)
        token = secrets.token_hex(8)
        self.tokens.add(token)
        return json_reply(
            {
                "access_token": token,
                "token_type": "bearer",
                "expires_in": 3599,
                "scope": " ".join(self.scopes),
            }
        )

    def _download(self, name: str, bearer: str) -> Reply:
        if (
            self.once("token_expires") or bearer not in self.tokens
        ):  # Zoom shows its sign-in page instead of an error
            return Reply(200, HTML, {"Content-Type": "text/html"})
        return Reply(302, b"", {"Location": self.media_link(name)})

    def _recording(self, _: Asked, named: str) -> Reply:
        meeting = self._meeting(named)
        if meeting is None or not meeting.files:
            return json_reply({"code": 3301, "message": "There is no recording for this meeting."}, 404)
        return json_reply(self.recording(meeting))

    def _delete_all(self, asked: Asked, named: str) -> Reply:
        meeting = self._meeting(named)
        if "delete_refused" in self.faults:
            return Reply(500)
        if meeting is None or not meeting.files:
            return json_reply({"code": 3301}, 404)
        if asked.query.get("action") == "delete":
            meeting.files, meeting.personal = [], []
        return Reply(204)

    def _delete(self, asked: Asked, named: str, file: str) -> Reply:
        meeting = self._meeting(named)
        if "delete_refused" in self.faults:
            return Reply(500)
        if meeting is None or asked.query.get("action") != "delete":
            return json_reply({"code": 3301}, 404)
        meeting.files = [each for each in meeting.files if each["id"] != file]
        meeting.personal = [each for each in meeting.personal if each["id"] != file]
        return Reply(204)

    def _control(self, asked: Asked, number: str) -> Reply:
        live = [each for each in self.meetings.values() if each.number == number and not each.ended]
        if not live:
            return json_reply({"code": 3001}, 404)
        live[-1].orders.append(asked.json["method"])
        return Reply(202)

    def _meeting(self, named: str) -> Meeting | None:
        """By the UUID as Zoom wants it, encoded twice; by number, the latest."""
        plain = unquote(unquote(named))
        same = [each for each in self.meetings.values() if plain in (each.uuid, each.number)]
        return same[-1] if same else None


def iso(moment: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment))
