"""Daily's signature: HMAC-SHA256 with the decoded secret over the timestamp and the raw body (docs.daily.co,
reference/rest-api/webhooks). The unit of the timestamp is not documented; both in use are understood.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Sequence
from typing import Any

from encounters.vendors.errors import NotGenuine, NotReadable
from encounters.vendors.protocol import Callback

WINDOW = 300.0  # seconds, before and after
_MILLISECONDS = 10**12
_TEST = {"test": "test"}
_LONGEST_TEST = 64


def is_creation_test(callback: Callback) -> bool:
    """Whether this is what Daily posts, unsigned, when a webhook is made; it wants 200 and says nothing else."""
    if len(callback.body) > _LONGEST_TEST:
        return False
    try:
        return bool(json.loads(callback.body) == _TEST)
    except (ValueError, RecursionError):
        return False


def verified_object(callback: Callback, secrets: Sequence[str]) -> tuple[dict[str, Any], float]:
    """The signed JSON object, and when it was signed; raises NotGenuine, then NotReadable."""
    headers = {name.lower(): value for name, value in callback.headers.items()}
    given, stamp = headers.get("x-webhook-signature", ""), headers.get("x-webhook-timestamp", "")
    if not given or not stamp:
        raise NotGenuine("no_signature")
    signed_at = _seconds(stamp)
    if not any(is_signed(callback.body, stamp, secret, given) for secret in secrets):
        raise NotGenuine("wrong_signature")
    try:
        content = json.loads(callback.body)
    except (ValueError, RecursionError):
        raise NotReadable from None
    if not isinstance(content, dict):
        raise NotReadable
    return content, signed_at


def is_signed(body: bytes, stamp: str, secret: str, given: str) -> bool:
    """Whether ``given`` is the signature. A secret that is not base64 signs nothing."""
    expected = signature(body, stamp, secret)
    return expected is not None and hmac.compare_digest(expected, given.encode("utf-8", "replace"))


def signature(body: bytes, stamp: str, secret: str) -> bytes | None:
    try:
        key = base64.b64decode(secret, validate=True)
    except (binascii.Error, ValueError):
        return None
    if not key:
        return None
    return base64.b64encode(hmac.new(key, stamp.encode() + b"." + body, hashlib.sha256).digest())


def is_current(signed_at: float, now: float) -> bool:
    return abs(now - signed_at) <= WINDOW


def _seconds(stamp: str) -> float:
    """The header as Unix time; only plain digits are a timestamp."""
    if not (stamp.isascii() and stamp.isdecimal() and len(stamp) <= 16):
        raise NotGenuine("bad_timestamp")
    value = int(stamp)
    return value / 1000 if value >= _MILLISECONDS else float(value)
