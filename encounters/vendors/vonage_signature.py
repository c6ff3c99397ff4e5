"""Vonage's secure callbacks: a bearer token whose claims name the account and the hash of the body
(developer.vonage.com/en/video/guides/secure-callbacks).
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from typing import Any

from encounters.vendors.errors import NotGenuine, NotReadable
from encounters.vendors.protocol import Callback
from encounters.vendors.vonage_tokens import verified_claims

WINDOW = 300.0  # seconds, before and after
_ACCOUNT_CLAIMS = ("application_id", "api_key")
# An application's own id; a project's, as text or as a number, under either name.
_ACCOUNT_FIELDS = ("applicationId", "projectId", "partnerId")


def verified_object(
    callback: Callback, secrets: Sequence[str], *, account: str
) -> tuple[dict[str, Any], float]:
    """The signed JSON object, and when it was signed; raises NotGenuine, then NotReadable.

    Vonage may leave out the signature in a fault of its own, and asks for a server error then, so as to try again.
    """
    token = _bearer(callback.headers)
    if not token:
        raise NotGenuine("no_signature", vendor_at_fault=True)
    claims = next(filter(None, (verified_claims(token, secret) for secret in secrets)), None)
    if claims is None:
        raise NotGenuine("wrong_signature")
    hashed = hashlib.sha256(callback.body).hexdigest()
    claimed = str(claims.get("payload_hash", "")).lower()
    if not hmac.compare_digest(hashed.encode(), claimed.encode("utf-8", "replace")):
        raise NotGenuine("wrong_body")
    issued = claims.get("iat")
    if isinstance(issued, bool) or not isinstance(issued, int | float):
        raise NotGenuine("bad_timestamp")
    if account not in {str(claims.get(name, "")) for name in _ACCOUNT_CLAIMS}:
        raise NotGenuine("wrong_account")
    return _content(callback.body, account), float(issued)


def is_current(issued: float, now: float) -> bool:
    return abs(now - issued) <= WINDOW


def _content(body: bytes, account: str) -> dict[str, Any]:
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        raise NotReadable from None
    if not isinstance(content, dict):
        raise NotReadable
    named = {str(content[field]) for field in _ACCOUNT_FIELDS if content.get(field) not in (None, "")}
    if named and account not in named:
        raise NotGenuine("wrong_account")
    return content


def _bearer(headers: Mapping[str, str]) -> str:
    given = {name.lower(): value for name, value in headers.items()}.get("authorization", "")
    scheme, _, token = given.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""
