"""Proving that a webhook comes from whoever holds the secret, over its raw bytes.

``verify`` either returns ``Verified`` or raises ``SignatureInvalid``, whatever the headers hold. ``sign`` is
its mirror, used by the sandbox. Neither reads the clock, a setting or the database.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from notes.soapnoteapi.signature_profiles import SignatureProfile, profile_named

SECRET_PREFIX = "whsec_"  # noqa: S105 - the public prefix, not a secret

_DIGEST_BYTES = 32
_MOST_SIGNATURES = 16
_LONGEST_HEADER = 8192
_TIMESTAMP = re.compile(r"[0-9]{1,16}")
_EVENT_ID = re.compile(r"[!-~]{1,255}")
_HEX_DIGEST = re.compile(r"[0-9A-Fa-f]{64}")
_PLACEHOLDER = re.compile(rb"(\{ts\}|\{id\}|\{body\})")


@dataclass(frozen=True)
class Verified:
    """``secret_index``: which of the given secrets fits (0: the current one); ``timestamp``: seconds since
    1970 as signed, ``event_id`` as signed, each ``None`` or ``""`` when the profile has none."""

    secret_index: int
    timestamp: float | None = None
    event_id: str = ""


class SignatureInvalid(Exception):
    """``reason``: ``no_profile``, ``no_secret``, ``no_signature``, ``malformed``, ``no_timestamp``,
    ``bad_timestamp``, ``no_id``, ``mismatch``, ``stale`` or ``future``: for logs, not for the sender."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def verify(
    profile: SignatureProfile | None,
    headers: Mapping[str, str],
    raw_body: bytes,
    secrets: Sequence[str],
    now: float,
) -> Verified:
    """Check the signature, then the age. ``secrets``: current first, then previous; blanks are passed over.

    ``now`` is seconds since 1970. Fails closed: without a profile or a usable secret nothing is accepted.
    """
    if profile is None:
        raise SignatureInvalid("no_profile")
    keys = [
        (index, key)
        for index, secret in enumerate(secrets)
        if (key := secret_key(secret, profile.secret_mode))
    ]
    if not keys:
        raise SignatureInvalid("no_secret")
    sent = {str(name).lower(): str(value) for name, value in headers.items()}
    event_id = _event_id(profile, sent)
    offered = [(value, _digests(profile, value)) for value in _signature_values(profile, sent)]
    if not any(candidates for _, candidates in offered):
        raise SignatureInvalid("malformed")
    for value, candidates in offered:
        stamp = _timestamp(profile, sent, value)
        message = signed_bytes(profile.signed_format, raw_body, stamp=stamp, event_id=event_id)
        index = _matching(keys, message, candidates)
        if index is not None:
            return Verified(index, _fresh(profile, stamp, now), event_id)
    raise SignatureInvalid("mismatch")


def sign(
    profile: SignatureProfile | str, secret: str, body: bytes, now: float, event_id: str = ""
) -> dict[str, str]:
    """The headers that ``verify`` accepts. ``ValueError`` when the secret cannot be used with the profile."""
    if isinstance(profile, str):
        profile = profile_named(profile)
    key = secret_key(secret, profile.secret_mode)
    if not key:
        raise ValueError("the secret cannot be used with this signature profile")
    stamp = str(int(now * 1000 if profile.timestamp_unit == "ms" else now))
    digest = hmac.new(
        key, signed_bytes(profile.signed_format, body, stamp=stamp, event_id=event_id), hashlib.sha256
    )
    shown = digest.hexdigest() if profile.encoding == "hex" else base64.b64encode(digest.digest()).decode()
    value = f"{profile.prefix}{shown}"
    if profile.layout == "pairs" and profile.timestamp_key:
        value = f"{profile.timestamp_key}={stamp},{value}"
    headers = {profile.signature_headers[0]: value}
    if profile.timestamp_header:
        headers[profile.timestamp_header] = stamp
    if profile.id_header:
        headers[profile.id_header] = event_id
    return headers


def secret_key(secret: str, mode: str) -> bytes:
    """The HMAC key in a secret; ``b""`` when there is none, which must never be used."""
    secret = secret.strip()
    stripped = secret.removeprefix(SECRET_PREFIX)
    if not stripped:
        return b""
    try:
        if mode == "base64":
            return base64.b64decode(stripped + "=" * (-len(stripped) % 4), validate=True)
        if mode == "hex":
            return bytes.fromhex(stripped)
    except ValueError:
        return b""
    return (secret if mode == "whole" else stripped).encode("utf-8", "replace")


def signed_bytes(signed_format: str, body: bytes, *, stamp: str = "", event_id: str = "") -> bytes:
    """The message that is signed, from ``{ts}``, ``{id}``, ``{body}`` and literal text."""
    values = {b"{ts}": stamp.encode(), b"{id}": event_id.encode("utf-8", "replace"), b"{body}": body}
    return b"".join(values.get(part, part) for part in _PLACEHOLDER.split(signed_format.encode()))


def _matching(keys: Sequence[tuple[int, bytes]], message: bytes, candidates: Sequence[bytes]) -> int | None:
    """Every key is tried against every candidate, so that the time tells nothing about which one fits."""
    found: int | None = None
    for index, key in keys:
        expected = hmac.digest(key, message, hashlib.sha256)
        for candidate in candidates:
            if hmac.compare_digest(expected, candidate) and found is None:
                found = index
    return found


def _signature_values(profile: SignatureProfile, sent: Mapping[str, str]) -> list[str]:
    values = [sent[name.lower()] for name in profile.signature_headers if sent.get(name.lower(), "").strip()]
    if not values:
        raise SignatureInvalid("no_signature")
    if any(len(value) > _LONGEST_HEADER for value in values):
        raise SignatureInvalid("malformed")
    return values


def _event_id(profile: SignatureProfile, sent: Mapping[str, str]) -> str:
    if not profile.id_header:
        return ""
    event_id = sent.get(profile.id_header.lower(), "") or _svix(sent, profile.id_header)
    if not _EVENT_ID.fullmatch(event_id):
        raise SignatureInvalid("no_id")
    return event_id


def _timestamp(profile: SignatureProfile, sent: Mapping[str, str], value: str) -> str:
    if not profile.is_timed:
        return ""
    if profile.timestamp_header:
        stamp = sent.get(profile.timestamp_header.lower(), "") or _svix(sent, profile.timestamp_header)
    else:
        stamp = dict(pairs(value)).get(profile.timestamp_key, "")
    if not stamp:
        raise SignatureInvalid("no_timestamp")
    if not _TIMESTAMP.fullmatch(stamp):
        raise SignatureInvalid("bad_timestamp")
    return stamp


def _svix(sent: Mapping[str, str], header: str) -> str:
    """The older spelling of the Standard Webhooks headers."""
    return sent.get(header.lower().replace("webhook-", "svix-", 1), "")


def _fresh(profile: SignatureProfile, stamp: str, now: float) -> float | None:
    if not stamp:
        return None
    at = int(stamp) / 1000 if profile.timestamp_unit == "ms" else float(stamp)
    if at < now - profile.tolerance:
        raise SignatureInvalid("stale")
    if at > now + profile.tolerance:
        raise SignatureInvalid("future")
    return at


def _digests(profile: SignatureProfile, value: str) -> list[bytes]:
    parts = [value.strip()]
    if profile.layout == "pairs":
        parts = [part.strip() for part in value.split(",")]
    elif profile.layout == "list":
        parts = value.split()
    shown = [part.removeprefix(profile.prefix) for part in parts if part.startswith(profile.prefix)]
    return [digest for text in shown[:_MOST_SIGNATURES] if (digest := digest_of(text, profile.encoding))]


def pairs(value: str) -> list[tuple[str, str]]:
    """``t=1,v1=a`` as pairs, last first: in a dict the first of two equal keys wins."""
    split = [part.strip().partition("=") for part in value.split(",")]
    return [(key, rest) for key, separator, rest in reversed(split) if separator]


def digest_of(text: str, encoding: str) -> bytes:
    """The 32 bytes of a SHA-256 digest, or ``b""``."""
    if encoding == "hex":
        return bytes.fromhex(text) if _HEX_DIGEST.fullmatch(text) else b""
    try:
        digest = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, ValueError):
        return b""
    return digest if len(digest) == _DIGEST_BYTES else b""
