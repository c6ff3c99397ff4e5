"""Verification after Standard Webhooks 1.0 (github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md).

The signature is an HMAC-SHA256 over ``id.timestamp.body``, with a secret of 24 to 64 bytes that is written as
``whsec_`` and base64. The header may hold several, so that the sender can change its secret.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Sequence

from encounters.vendors.errors import NotGenuine
from encounters.vendors.protocol import Callback

WINDOW = 300
_PREFIX = "whsec_"
_ID = re.compile(r"[!-~]{1,150}")
_TIME = re.compile(r"[0-9]{1,12}")
_MOST_SIGNATURES = 10


def verified_id(callback: Callback, secrets: Sequence[str], now: float) -> str:
    """The message's id, which is the same at each delivery; raises NotGenuine."""
    headers = {name.lower(): value for name, value in callback.headers.items()}
    message, time = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    given = headers.get("webhook-signature", "").split(" ")[:_MOST_SIGNATURES]
    if not _ID.fullmatch(message) or not _TIME.fullmatch(time):
        raise NotGenuine("no_signature")
    keys = [key for key in map(key_of, secrets) if key]
    if not keys:
        raise NotGenuine("unusable_secret")
    expected = [signature(callback.body, message, time, key) for key in keys]
    claims = [each.encode("utf-8", "replace") for each in given]
    # No short cut: every pair is compared.
    if not sum(hmac.compare_digest(ours, theirs) for ours in expected for theirs in claims):
        raise NotGenuine("wrong_signature")
    if abs(now - int(time)) > WINDOW:
        raise NotGenuine("stale")
    return message


def signature(body: bytes, message: str, time: str, key: bytes) -> bytes:
    """As it stands in the header, with its version."""
    mac = hmac.new(key, f"{message}.{time}.".encode() + body, hashlib.sha256)
    return b"v1," + base64.b64encode(mac.digest())


def key_of(secret: str) -> bytes:
    """The secret's bytes, with or without prefix and padding; empty for one that is not base64."""
    text = secret.removeprefix(_PREFIX).rstrip("=")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return b""
