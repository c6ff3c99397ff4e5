"""Vonage Video as documented, as an application or as an OpenTok project: archives, their links, and callbacks with a
bearer token. Tokens of either kind are checked here by what RFC 7515 says, and not by the code under test.
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
from functools import cache
from typing import Any
from uuid import uuid4

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from encounters.audio.probe import probe
from tests.encounters.vendors.fake import Asked, FakeVendor, Reply, SignedCallback, json_reply

LATER = {"stopped": 1_000, "available": 2_000, "uploaded": 2_000, "deleted": 3_000, "expired": 3_000}


@cache
def private_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def pem() -> str:
    form = serialization.PrivateFormat.PKCS8
    plain = serialization.NoEncryption()
    return private_key().private_bytes(serialization.Encoding.PEM, form, plain).decode()


def bearer(claims: dict[str, Any], secret: str, algorithm: str = "HS256") -> str:
    """A token of three parts, signed with HMAC-SHA256 whatever it says."""

    def part(data: bytes) -> str:
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

    head = part(json.dumps({"alg": algorithm, "typ": "JWT"}).encode())
    signed = f"{head}.{part(json.dumps(claims).encode())}"
    return f"{signed}.{part(hmac.new(secret.encode(), signed.encode(), hashlib.sha256).digest())}"


@dataclass
class Session:
    id: str
    began: int = field(default_factory=lambda: int(time.time() * 1000) - 60_000)
    connected: bool = True
    archives: list[str] = field(default_factory=list)


class FakeVonage(FakeVendor):
    slug = "vonage"
    secret = "vonage-demo-signature-secret-0123456789ab"
    application = "78d335fa-323d-0114-9c3d-d6f0d48968cf"
    project = "123456"
    project_secret = "the secret of the OpenTok project"
    application_key: rsa.RSAPrivateKey | None = None

    def __init__(self, *, opentok: bool = False) -> None:
        self.opentok = opentok
        self.account = self.project if opentok else self.application
        self.sessions: dict[str, Session] = {}
        self.archives: dict[str, dict[str, Any]] = {}
        super().__init__()

    def connection(self) -> dict[str, Any]:
        held = {"api_secret": self.project_secret} if self.opentok else {"private_key": pem()}
        return {"account_ref": self.account, "credentials": held, "webhook_secret": self.secret}

    def new_call(self) -> str:
        session = Session(f"1_MX5{secrets.token_urlsafe(30)}~X")
        self.sessions[session.id] = session
        return session.id

    def end_call(self, call: str, audio: Sequence[bytes]) -> None:
        for number, data in enumerate(audio, start=1):
            last = number == len(audio)
            self.record(call, data, reason="session ended" if last else "maximum duration exceeded")
        self.sessions[call].connected = False

    def record(self, call: str, data: bytes, **said: Any) -> str:
        """An archive of a session; returns its id."""
        session, archive_id = self.sessions[call], str(uuid4())
        self.media[archive_id] = data
        digest = base64.b64encode(hashlib.sha256(data).digest()).decode()
        named = (
            {"projectId": self.project, "partnerId": int(self.project)}
            if self.opentok
            else {"applicationId": self.application, "hasTranscription": False}
        )
        seconds = round(probe(io.BytesIO(data)).duration_seconds) if data else 0
        self.archives[archive_id] = {
            "id": archive_id,
            "status": "available",
            "name": "visit",
            "reason": "user initiated",
            "sessionId": call,
            **named,
            "createdAt": session.began + 1_000 * len(session.archives),
            "size": len(data),
            "duration": seconds,
            "outputMode": "composed",
            "streamMode": "auto",
            "hasAudio": True,
            "hasVideo": False,
            "sha256sum": digest,
            "password": "",
            **said,
        }
        session.archives.append(archive_id)
        return archive_id

    def shown(self, archive_id: str) -> dict[str, Any]:
        """An archive as the API gives it: with a link of ten minutes while there is something to fetch."""
        known = self.archives[archive_id]
        link = self.media_link(archive_id) if known["status"] == "available" else None
        changed = self.sessions[known["sessionId"]].began + LATER.get(known["status"], 0)
        return {"updatedAt": changed, "url": link, **known}

    def copies(self, call: str) -> int:
        kept = [each for each in self.archives.values() if each["sessionId"] == call]
        return sum(each["status"] not in {"deleted", "expired"} for each in kept)

    def callbacks(self, call: str, callback_url: str) -> list[SignedCallback]:
        session = self.sessions[call]
        said = [self.session_event(call, "sessionCreated", session.began)]
        for archive_id in session.archives:
            now = self.archives[archive_id]["status"]
            path = ["started", "stopped", "available", *([now] if now == "deleted" else [])]
            reached = path[: path.index(now) + 1] if now in path else [now]
            said += [self.archive_event(archive_id, status) for status in reached]
        if not session.connected:
            said.append(self.session_event(call, "sessionDestroyed", session.began + 60_000))
        return said

    def session_event(self, call: str, event: str, at: int) -> SignedCallback:
        named = {"projectId": self.project} if self.opentok else {"applicationId": self.application}
        return self.signed(json.dumps({"sessionId": call, **named, "event": event, "timestamp": at}).encode())

    def archive_event(self, archive_id: str, status: str, **more: Any) -> SignedCallback:
        known = {**self.shown(archive_id), "event": "archive", "status": status}
        changed = self.sessions[known["sessionId"]].began + LATER.get(status, 0)
        reason = "" if status == "started" else known["reason"]
        content = {**known, "reason": reason, "updatedAt": changed, **more}
        return self.signed(json.dumps(content).encode())

    def signed(
        self, body: bytes, *, secret: str = "", at: float | None = None, **more: Any
    ) -> SignedCallback:
        account = {"api_key": self.project} if self.opentok else {"application_id": self.application}
        claims = {
            "iat": int(time.time() if at is None else at),
            "jti": str(uuid4()),
            "iss": "Vonage",
            "payload_hash": hashlib.sha256(body).hexdigest(),
            "api_key": "a1b2c3d4",
            **account,
            **more,
        }
        return SignedCallback(body, {"Authorization": f"Bearer {bearer(claims, secret or self.secret)}"})

    def forged(self, callback: SignedCallback) -> SignedCallback:
        return self.signed(callback.body, secret="somebody else's secret of some length")

    def api(self, asked: Asked) -> Reply:
        if "keys_refused" in self.faults or not self._authenticated(asked.headers):
            return json_reply({"code": -1, "message": "Invalid token"}, 403)
        routes = (
            ("GET", r"/archive", self._list),
            ("POST", r"/archive", self._start),
            ("GET", r"/archive/([^/]+)", self._archive),
            ("POST", r"/archive/([^/]+)/stop", self._stop),
            ("DELETE", r"/archive/([^/]+)", self._delete),
        )
        base = f"/v2/project/{self.account}"
        for method, pattern, handler in routes:
            match = re.fullmatch(base + pattern, asked.path)
            if match and asked.method == method:
                return handler(asked, *match.groups())
        return json_reply({"code": 404}, 404)

    def _authenticated(self, headers: dict[str, str]) -> bool:
        given = headers.get("x-opentok-auth" if self.opentok else "authorization", "").removeprefix("Bearer ")
        if given.count(".") != 2:
            return False
        signed, _, signature = given.rpartition(".")
        head, body, mac = (
            base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
            for part in (*signed.split("."), signature)
        )
        claims, algorithm = json.loads(body), json.loads(head)["alg"]
        lasts = claims["exp"] - claims["iat"]
        if abs(claims["iat"] - time.time()) > 60 or not claims["jti"]:
            return False
        if self.opentok:
            wanted = hmac.new(self.project_secret.encode(), signed.encode(), hashlib.sha256).digest()
            named = (algorithm, claims["iss"], claims["ist"]) == ("HS256", self.project, "project")
            return named and lasts <= 300 and mac == wanted
        try:
            (self.application_key or private_key()).public_key().verify(
                mac, signed.encode(), padding.PKCS1v15(), hashes.SHA256()
            )
        except InvalidSignature:
            return False
        return (algorithm, claims["application_id"]) == ("RS256", self.application) and lasts <= 24 * 3600

    def _list(self, asked: Asked) -> Reply:
        """The newest first, without deleted ones."""
        session = asked.query.get("sessionId")
        made = [each["id"] for each in self.archives.values() if each["status"] != "deleted"]
        mine = [each for each in reversed(made) if session in (None, self.archives[each]["sessionId"])]
        offset, count = int(asked.query.get("offset", 0)), int(asked.query.get("count", 50))
        items = [self.shown(each) for each in mine[offset : offset + count]]
        return json_reply({"count": len(mine), "items": items})

    def _archive(self, _: Asked, archive_id: str) -> Reply:
        known = archive_id in self.archives
        return json_reply(self.shown(archive_id)) if known else json_reply({"code": 404}, 404)

    def _start(self, asked: Asked) -> Reply:
        content = asked.json
        session = self.sessions.get(content["sessionId"])
        if session is None or not session.connected:
            return json_reply({"message": "No clients are actively connected"}, 404)
        if any(self.archives[each]["status"] == "started" for each in session.archives):
            return json_reply({"message": "The session is already being recorded"}, 409)
        modes = {name: content[name] for name in ("hasAudio", "hasVideo", "outputMode")}
        made = self.record(session.id, b"", status="started", reason="", sha256sum="", **modes)
        return json_reply(self.shown(made))

    def _stop(self, _: Asked, archive_id: str) -> Reply:
        if self.archives[archive_id]["status"] not in {"started", "paused"}:
            return json_reply({"code": 15002}, 409)
        self.archives[archive_id].update(status="stopped", reason="user initiated")
        return json_reply(self.shown(archive_id))

    def _delete(self, _: Asked, archive_id: str) -> Reply:
        if "delete_refused" in self.faults:
            return Reply(500)
        known = self.archives.get(archive_id)
        if known is None:
            return json_reply({"code": 404}, 404)
        if known["status"] not in {"available", "uploaded", "deleted"}:
            return json_reply({"code": 15004}, 409)
        known["status"] = "deleted"
        return Reply(204)
