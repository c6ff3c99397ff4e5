"""Daily.co as documented: rooms, recordings, access links, meetings, webhooks. No library of Daily's signs callbacks;
the published form of the signature is written out here.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
import json
import re
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from encounters.audio.probe import probe
from tests.encounters.vendors.fake import Asked, FakeVendor, Reply, SignedCallback, json_reply


@dataclass
class Room:
    name: str
    meeting: str = field(default_factory=lambda: str(uuid4()))
    began: int = field(default_factory=lambda: int(time.time()) - 60)
    ended: int | None = None
    recording: set[str] = field(default_factory=set)


class FakeDaily(FakeVendor):
    slug = "daily"
    secret = "ZGFpbHktZGVtby1zZWNyZXQtMzItYnl0ZXMtbG9uZyE="
    domain = "clinic-example"
    key = "the domain's API key"
    page = 100

    def __init__(self) -> None:
        self.rooms: dict[str, Room] = {}
        self.recordings: dict[str, dict[str, Any]] = {}
        self.webhooks: list[dict[str, Any]] = []
        self.own_bucket = False
        super().__init__()

    def connection(self) -> dict[str, Any]:
        return {
            "account_ref": self.domain,
            "credentials": {"api_key": self.key},
            "webhook_secret": self.secret,
        }

    def subscribe(self, url: str) -> dict[str, Any]:
        """A webhook of the domain, as ``POST /webhooks`` makes it."""
        hook = {
            "uuid": str(uuid4()),
            "url": url,
            "hmac": self.secret,
            "state": "ACTIVE",
            "eventTypes": ["meeting.ended", "recording.started", "recording.ready-to-download"],
        }
        self.webhooks.append(hook)
        return hook

    def new_call(self) -> str:
        room = Room(secrets.token_urlsafe(15))
        self.rooms[room.name] = room
        return room.name

    def end_call(self, call: str, audio: Sequence[bytes]) -> None:
        for number, data in enumerate(audio):
            self.record(call, data, start=self.rooms[call].began + number)
        self.rooms[call].ended = int(time.time())

    def record(self, call: str, data: bytes, **said: Any) -> str:
        """A finished recording of a room; returns its id."""
        recording_id = str(uuid4())
        start = said.pop("start", self.rooms[call].began)
        self.media[recording_id] = data
        self.recordings[recording_id] = {
            "id": recording_id,
            "room_name": call,
            "start_ts": start,
            "status": "finished",
            "max_participants": 2,
            "duration": round(probe(io.BytesIO(data)).duration_seconds),
            "s3key": f"{self.domain}/{call}/{start}042",
            "mtgSessionId": self.rooms[call].meeting,
            **said,
        }
        return recording_id

    def copies(self, call: str) -> int:
        return sum(each["room_name"] == call for each in self.recordings.values())

    def callbacks(self, call: str, callback_url: str) -> list[SignedCallback]:
        room = self.rooms[call]
        meeting = {"room": room.name, "meeting_id": room.meeting, "start_ts": room.began}
        said = [self.event("meeting.started", meeting)]
        if room.ended:
            said.append(self.event("meeting.ended", {**meeting, "end_ts": room.ended}))
        made = [each for each in self.recordings.values() if each["room_name"] == call]
        said += [self.ready(each) for each in made if each["status"] == "finished"]
        return said

    def ready(self, recording: dict[str, Any], **more: Any) -> SignedCallback:
        payload = {
            "type": "cloud-audio-only",
            "recording_id": recording["id"],
            **{name: recording[name] for name in ("room_name", "start_ts", "status", "duration")},
            "s3_key": recording["s3key"],
            **more,
        }
        return self.event("recording.ready-to-download", payload)

    def event(self, kind: str, payload: dict[str, Any]) -> SignedCallback:
        """The same event twice has the same id."""
        digest = hashlib.sha256(json.dumps([kind, payload]).encode()).hexdigest()[:32]
        content = {"version": "1.0.0", "type": kind, "id": f"evt-{digest}", "payload": payload}
        return self.signed(json.dumps({**content, "event_ts": time.time()}).encode())

    def signed(self, body: bytes, *, secret: str = "", at: float | None = None) -> SignedCallback:
        stamp = str(int(time.time() if at is None else at))
        key = base64.b64decode(secret or self.secret)
        mac = hmac.new(key, f"{stamp}.".encode() + body, hashlib.sha256)
        return SignedCallback(
            body,
            {
                "X-Webhook-Timestamp": stamp,
                "X-Webhook-Signature": base64.b64encode(mac.digest()).decode(),
            },
        )

    def api(self, asked: Asked) -> Reply:
        if "keys_refused" in self.faults or asked.headers.get("authorization") != f"Bearer {self.key}":
            return json_reply({"error": "authentication-error"}, 401)
        routes = (
            ("GET", r"/v1/", lambda _: json_reply({"domain_name": self.domain, "config": {}})),
            ("GET", r"/v1/webhooks", lambda _: json_reply(self.webhooks)),
            ("GET", r"/v1/meetings", self._meetings),
            ("GET", r"/v1/recordings", self._list),
            ("GET", r"/v1/recordings/([^/]+)", self._recording),
            ("GET", r"/v1/recordings/([^/]+)/access-link", self._link),
            ("DELETE", r"/v1/recordings/([^/]+)", self._delete),
            ("POST", r"/v1/rooms/([^/]+)/recordings/start", self._start),
            ("POST", r"/v1/rooms/([^/]+)/recordings/stop", self._stop),
        )
        for method, pattern, handler in routes:
            match = re.fullmatch(pattern, asked.path)
            if match and asked.method == method:
                return handler(asked, *match.groups())
        return json_reply({"error": "not-found"}, 404)

    def _meetings(self, asked: Asked) -> Reply:
        room = self.rooms.get(asked.query["room"])
        if room is None:
            return json_reply({"total_count": 0, "data": []})
        held = {"id": room.meeting, "room": room.name, "start_time": room.began, "max_participants": 2}
        length = (room.ended or int(time.time())) - room.began
        earlier = {**held, "id": str(uuid4()), "start_time": room.began - 7 * 86_400, "ongoing": False}
        now = {**held, "duration": length, "ongoing": room.ended is None}
        return json_reply({"total_count": 2, "data": [now, {**earlier, "duration": 600}]})

    def _list(self, asked: Asked) -> Reply:
        made = [each for each in self.recordings.values() if each["room_name"] == asked.query["room_name"]]
        after = asked.query.get("starting_after")
        at = next((n for n, each in enumerate(made, 1) if each["id"] == after), 0)
        return json_reply({"total_count": len(made), "data": made[at : at + self.page]})

    def _recording(self, _: Asked, recording_id: str) -> Reply:
        known = self.recordings.get(recording_id)
        return json_reply(known) if known else json_reply({"error": "not-found"}, 404)

    def _link(self, asked: Asked, recording_id: str) -> Reply:
        if recording_id not in self.recordings:
            return json_reply({"error": "not-found"}, 404)
        expires = int(time.time()) + int(asked.query["valid_for_secs"])
        return json_reply({"download_link": self.media_link(recording_id), "expires": expires})

    def _delete(self, _: Asked, recording_id: str) -> Reply:
        if "delete_refused" in self.faults:
            return Reply(500)
        if self.recordings.pop(recording_id, None) is None:
            return json_reply({"error": "not-found"}, 404)
        bucket = {"s3_bucket": "clinic-recordings", "s3_region": "us-east-1"} if self.own_bucket else {}
        return json_reply({"deleted": True, "id": recording_id, **bucket})

    def _start(self, asked: Asked, room: str) -> Reply:
        kind = asked.json["type"]
        if kind in self.rooms[room].recording:
            return json_reply({"error": "invalid-request-error", "info": "has an active stream"}, 400)
        self.rooms[room].recording.add(kind)
        return json_reply({})

    def _stop(self, asked: Asked, room: str) -> Reply:
        kind = asked.json["type"]
        if kind not in self.rooms[room].recording:
            return json_reply(
                {"error": "invalid-request-error", "info": "does not have an active stream"}, 400
            )
        self.rooms[room].recording.discard(kind)
        return json_reply({})
