"""Twilio Video as documented: rooms, recording rules, compositions, media by redirect, deletion. Its callbacks are
signed by Twilio's own library.
"""

from __future__ import annotations

import base64
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from twilio.request_validator import RequestValidator

from tests.encounters.vendors.fake import Asked, FakeVendor, Reply, SignedCallback, json_reply

FORM = "application/x-www-form-urlencoded"


@dataclass
class Room:
    sid: str
    name: str
    status: str = "in-progress"
    audio: bytes = b""
    tracks: list[str] = field(default_factory=list)
    rules: str = ""


class FakeTwilio(FakeVendor):
    slug = "twilio"
    secret = "0123456789abcdef0123456789abcdef"
    account = "AC" + "0f" * 16
    key = ("SK" + "1" * 32, "the key's secret")

    def __init__(self) -> None:
        self.rooms: dict[str, Room] = {}
        self.compositions: dict[str, dict[str, Any]] = {}
        super().__init__()

    def connection(self) -> dict[str, Any]:
        return {
            "account_ref": self.account,
            "credentials": {"key_sid": self.key[0], "key_secret": self.key[1]},
            "webhook_secret": self.secret,
        }

    def new_call(self) -> str:
        room = Room(f"RM{secrets.token_hex(16)}", f"visit-{secrets.token_hex(4)}")
        self.rooms[room.sid] = room
        return room.sid

    def end_call(self, call: str, audio: Sequence[bytes]) -> None:
        room = self.rooms[call]
        room.status, room.audio = "completed", b"".join(audio)
        room.tracks = [f"RT{secrets.token_hex(16)}" for _ in range(2)] if audio else []

    def copies(self, call: str) -> int:
        made = [each for each in self.compositions.values() if each["room_sid"] == call]
        return len(self.rooms[call].tracks) + sum(each["status"] != "deleted" for each in made)

    def callbacks(self, call: str, callback_url: str) -> list[SignedCallback]:
        room = self.rooms[call]
        named = {"RoomSid": room.sid, "RoomName": room.name, "RoomType": "group"}
        said = [
            {
                **named,
                "StatusCallbackEvent": "room-created",
                "RoomStatus": "in-progress",
                "SequenceNumber": "0",
            }
        ]
        said += [
            {**named, "StatusCallbackEvent": "recording-completed", "RecordingSid": track, "Type": "audio"}
            for track in room.tracks
        ]
        if room.status == "completed":
            ended = {"RoomStatus": "completed", "RoomDuration": "1265", "SequenceNumber": "14"}
            said.append({**named, "StatusCallbackEvent": "room-ended", **ended})
        for made in self.compositions.values():
            if made["room_sid"] == call and made["status"] != "deleted":
                made["status"] = "completed"
                said.append(
                    {
                        "RoomSid": call,
                        "CompositionSid": made["sid"],
                        "StatusCallbackEvent": "composition-available",
                        "MediaUri": f"/v1/Compositions/{made['sid']}/Media",
                    }
                )
        return [self.signed(fields, callback_url) for fields in said]

    def signed(self, fields: dict[str, str], url: str, *, secret: str = "") -> SignedCallback:
        whole = {"AccountSid": self.account, "Timestamp": "2026-03-04T15:21:07.412Z", **fields}
        signature = RequestValidator(secret or self.secret).compute_signature(url, whole)
        return SignedCallback(
            urlencode(whole).encode(), {"Content-Type": FORM, "X-Twilio-Signature": signature}
        )

    def api(self, asked: Asked) -> Reply:
        basic = "Basic " + base64.b64encode(":".join(self.key).encode()).decode()
        if "keys_refused" in self.faults or asked.headers.get("authorization") != basic:
            return json_reply({"code": 20003, "message": "Authenticate"}, 401)
        routes = (
            ("GET", r"/v1/Rooms", self._rooms),
            ("GET", r"/v1/Rooms/([^/]+)", self._room),
            ("POST", r"/v1/Rooms/([^/]+)/RecordingRules", self._rules),
            ("GET", r"/v1/Rooms/([^/]+)/Recordings", self._tracks),
            ("GET", r"/v1/Compositions", self._list),
            ("POST", r"/v1/Compositions", self._compose),
            ("GET", r"/v1/Compositions/(CJ\w+)/Media", self._link),
            ("DELETE", r"/v1/Compositions/(CJ\w+)", self._delete_composition),
            ("DELETE", r"/v1/Recordings/(RT\w+)", self._delete_track),
        )
        for method, pattern, handler in routes:
            match = re.fullmatch(pattern, asked.path)
            if match and asked.method == method:
                return handler(asked, *match.groups())
        return json_reply({"code": 20404}, 404)

    def _rooms(self, _: Asked) -> Reply:
        return json_reply({"rooms": [], "meta": {"next_page_url": None}})

    def _room(self, _: Asked, sid: str) -> Reply:
        room = self.rooms.get(sid)
        if room is None:
            return json_reply({"code": 20404}, 404)
        ended = "2026-03-04T15:21:07Z" if room.status == "completed" else None
        return json_reply(
            {"sid": room.sid, "unique_name": room.name, "status": room.status, "end_time": ended}
        )

    def _rules(self, asked: Asked, sid: str) -> Reply:
        self.rooms[sid].rules = asked.form["Rules"]
        return json_reply({"room_sid": sid}, 202)

    def _tracks(self, asked: Asked, sid: str) -> Reply:
        """One to a page, so that the list has to be read to its end."""
        tracks, page = self.rooms[sid].tracks, int(asked.query.get("Page", 0))
        entries = [
            {"sid": track, "type": "audio", "status": "completed"} for track in tracks[page : page + 1]
        ]
        more = f"{self.api_server.origin}{asked.path}?Page={page + 1}" if page + 1 < len(tracks) else None
        return json_reply({"recordings": entries, "meta": {"next_page_url": more}})

    def _list(self, asked: Asked) -> Reply:
        made = [each for each in self.compositions.values() if each["room_sid"] == asked.query.get("RoomSid")]
        reply = json_reply({"compositions": made, "meta": {"next_page_url": None}})
        for each in made:  # a composition goes on while it is looked at
            each["status"] = {"enqueued": "processing", "processing": "completed"}.get(
                each["status"], each["status"]
            )
        return reply

    def _compose(self, asked: Asked) -> Reply:
        form = asked.form
        room = self.rooms.get(form.get("RoomSid", ""))
        if room is None or room.status != "completed" or not room.tracks or form.get("AudioSources") != "*":
            return json_reply({"code": 53006, "message": "Invalid"}, 400)
        sid = f"CJ{secrets.token_hex(16)}"
        self.media[sid] = room.audio
        made = {
            "sid": sid,
            "room_sid": room.sid,
            "status": "enqueued",
            "size": len(room.audio),
            "duration": 7,
        }
        self.compositions[sid] = {**made, "date_created": "2026-03-04T15:21:09Z", "format": "mp4"}
        return json_reply(self.compositions[sid], 201)

    def _link(self, _: Asked, sid: str) -> Reply:
        link = self.media_link(sid)
        return json_reply({"redirect_to": link}, 302, Location=link)

    def _delete_composition(self, _: Asked, sid: str) -> Reply:
        if "delete_refused" in self.faults:
            return Reply(500)
        self.compositions[sid]["status"] = "deleted"
        return Reply(204)

    def _delete_track(self, _: Asked, sid: str) -> Reply:
        for room in self.rooms.values():
            if sid in room.tracks:
                room.tracks.remove(sid)
                return Reply(204)
        return Reply(404)
