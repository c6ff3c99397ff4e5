"""Zoom's signature, and the handshake by which Zoom validates an address
(developers.zoom.us/docs/api/webhooks, "Verify with Zoom's header" and "Validate your webhook endpoint").

The handshake asks for an HMAC, under the secret that also signs requests, of a text that the asker chooses. Whoever
answered it unverified, or for any text, would sign forged callbacks for anybody: ``v0:<time>:<body>`` is such a text.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from encounters.vendors.errors import NotGenuine, NotReadable
from encounters.vendors.protocol import Callback

WINDOW = 300
_TIME = re.compile(r"[0-9]{1,12}")
_PLAIN_TOKEN = re.compile(r"[A-Za-z0-9_-]{8,128}")


@dataclass(frozen=True)
class Verified:
    """A callback that is Zoom's. Where it is not ``fresh``, it is a late retry, or a replay."""

    content: Mapping[str, Any] = field(repr=False)
    secret: str = field(repr=False)
    fresh: bool


def verified(callback: Callback, secrets: Sequence[str], now: float) -> Verified:
    """The callback's JSON; raises NotGenuine, and NotReadable once the signature holds."""
    headers = {name.lower(): value for name, value in callback.headers.items()}
    given, time = headers.get("x-zm-signature", ""), headers.get("x-zm-request-timestamp", "")
    if not given or not _TIME.fullmatch(time):
        raise NotGenuine("no_signature")
    claimed = given.encode("utf-8", "replace")
    signed_with = [
        key for key in secrets if hmac.compare_digest(signature(callback.body, time, key), claimed)
    ]
    if not signed_with:
        raise NotGenuine("wrong_signature")
    return Verified(_content(callback.body), signed_with[0], abs(now - int(time)) <= WINDOW)


def signature(body: bytes, time: str, secret: str) -> bytes:
    """Of the raw body: written out again, the same JSON has other bytes."""
    text = b"v0:" + time.encode() + b":" + body
    return b"v0=" + hmac.new(secret.encode(), text, hashlib.sha256).hexdigest().encode()


def handshake(plain_token: object, secret: str) -> dict[str, str]:
    """The answer to a verified ``endpoint.url_validation``; raises NotReadable for a token that Zoom would not make."""
    if not isinstance(plain_token, str) or not _PLAIN_TOKEN.fullmatch(plain_token):
        raise NotReadable
    encrypted = hmac.new(secret.encode(), plain_token.encode(), hashlib.sha256).hexdigest()
    return {"plainToken": plain_token, "encryptedToken": encrypted}


def _content(body: bytes) -> Mapping[str, Any]:
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        raise NotReadable from None
    if not isinstance(content, dict):
        raise NotReadable
    return content
