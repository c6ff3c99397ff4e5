"""A service of one's own that speaks the contract of encounters/vendors/README.md: signed callbacks (by the library of
Standard Webhooks), and the small API.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from standardwebhooks import Webhook

from tests.encounters.vendors.fake import Asked, FakeVendor, Reply, SignedCallback, json_reply


@dataclass
class OwnCall:
    id: str
    began: datetime
    ended_at: str = ""
    encounter: str = ""
    recordings: dict[str, dict[str, Any]] = field(default_factory=dict)
    recording: list[bool] = field(default_factory=list)


class FakeWebRtc(FakeVendor):
    slug = "webrtc"
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    token = "the service's token"

    def __init__(self) -> None:
        self.calls: dict[str, OwnCall] = {}
        super().__init__()

    def connection(self) -> dict[str, Any]:
        return {
            "account_ref": "media.clinic.example",
            "credentials": {"api_token": self.token},
            "webhook_secret": self.secret,
        }

    def new_call(self) -> str:
        call = OwnCall(f"call_{secrets.token_hex(6)}", datetime.now(tz=UTC) - timedelta(minutes=10))
        self.calls[call.id] = call
        return call.id

    def end_call(self, call: str, audio: Sequence[bytes]) -> None:
        held = self.calls[call]
        held.ended_at = datetime.now(tz=UTC).isoformat()
        for number, data in enumerate(audio):
            name = f"rec_{secrets.token_hex(6)}"
            self.media[name] = data
            held.recordings[name] = {
                "recording_id": name,
                "started_at": (held.began + timedelta(minutes=number)).isoformat(),
                "duration_s": 7,
                "media_type": "audio/wav",
                "part": number + 1,
                "more_follow": number + 1 < len(audio),
                "size": len(data),
                "sha256": hashlib.sha256(data).hexdigest(),
                "url": f"{self.api_server.origin}/recordings/{name}/media",
            }

    def copies(self, call: str) -> int:
        return len(self.calls[call].recordings)

    def callbacks(self, call: str, callback_url: str) -> list[SignedCallback]:
        held = self.calls[call]
        said = [self.event("call.started", held)]
        said += [self.event("recording.ready", held, **each) for each in held.recordings.values()]
        if held.ended_at:
            said.append(self.event("call.ended", held))
        return said

    def event(self, kind: str, call: OwnCall, **data: Any) -> SignedCallback:
        of = {"encounter": call.encounter} if call.encounter else {"call_id": call.id}
        message = "msg_" + hashlib.sha256(f"{kind} {call.id} {data.get('recording_id')}".encode()).hexdigest()
        return self.signed({"type": kind, "timestamp": stamp(), "data": {**of, **data}}, message)

    def signed(self, content: object, message: str, *, secret: str = "") -> SignedCallback:
        body, now = json.dumps(content), datetime.now(tz=UTC)
        headers = {
            "webhook-id": message,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(secret or self.secret).sign(message, now, body),
        }
        return SignedCallback(body.encode(), headers)

    def api(self, asked: Asked) -> Reply:
        if "keys_refused" in self.faults or asked.headers.get("authorization") != f"Bearer {self.token}":
            return Reply(401)
        head, *rest = asked.path.strip("/").split("/")
        if head == "recordings" and not rest:
            return self._list(asked.query.get("call", ""))
        if head == "calls":
            self.calls[rest[0]].recording.append(asked.json["recording"])
            return Reply(204)
        for call in self.calls.values():
            if rest[0] in call.recordings:
                return self._one(asked, call, *rest)
        return Reply(404)

    def _list(self, named: str) -> Reply:
        call = self.calls.get(named) or OwnCall("", datetime.now(tz=UTC))
        return json_reply({"recordings": list(call.recordings.values()), "ended_at": call.ended_at or None})

    def _one(self, asked: Asked, call: OwnCall, name: str, *media: str) -> Reply:
        if media:
            return Reply(302, b"", {"Location": self.media_link(name)})
        if asked.method == "GET":
            return json_reply(call.recordings[name])
        if "delete_refused" in self.faults:
            return Reply(500)
        del call.recordings[name]
        return Reply(204)


def stamp() -> str:
    return datetime.now(tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
