"""Finding out how a captured webhook was signed, by trying every way that is at all usual."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from notes.soapnoteapi.signature_profiles import PROFILES, ProfileError, SignatureProfile, overrides_of
from notes.soapnoteapi.signatures import digest_of, pairs, secret_key, signed_bytes

SIGNED_FORMATS = (
    "{body}",
    "{ts}.{body}",
    "{id}.{ts}.{body}",
    "{ts}:{body}",
    "v0:{ts}:{body}",
    "{body}{ts}",
    "{ts}{body}",
)
SECRET_MODES = ("whole", "after-prefix", "base64", "hex")
ENCODINGS = ("hex", "base64")

_STAMP = re.compile(r"[0-9]{10}|[0-9]{13}")
_PREFIXED = re.compile(r"([A-Za-z0-9\-]{1,12}[=,])(.+)", re.DOTALL)
_ID = re.compile(r"[!-~]{1,128}")
_MOST_IDS = 20


@dataclass(frozen=True)
class _Place:
    """Where something that may be a signature stands."""

    header: str
    layout: str
    prefix: str
    text: str


@dataclass(frozen=True)
class _Stamp:
    header: str
    key: str
    text: str


def discover(headers: Mapping[str, str], raw_body: bytes, secrets: Sequence[str]) -> list[SignatureProfile]:
    """Every profile under which one of the secrets fits, simplest first; the age is not judged.

    Each carries the name of the shipped profile that it is nearest to.
    """
    sent = {str(name): str(value).strip() for name, value in headers.items() if len(str(value)) < 4096}
    likely = [(name, value) for name, value in sent.items() if _may_be_id(name, value)]
    ids = [("", ""), *likely[:_MOST_IDS]]
    found: dict[SignatureProfile, None] = {}
    for place in _places(sent):
        stamps = [_Stamp("", "", ""), *_stamps(sent, place)]
        for signed_format, stamp, (id_header, event_id) in itertools.product(SIGNED_FORMATS, stamps, ids):
            if ("{ts}" in signed_format) != bool(stamp.text) or ("{id}" in signed_format) != bool(event_id):
                continue
            message = signed_bytes(signed_format, raw_body, stamp=stamp.text, event_id=event_id)
            for mode, encoding in _fitting(place, message, secrets):
                profile = _profile(place, stamp, id_header, signed_format, mode, encoding)
                if profile is not None:
                    found.setdefault(profile)
    return list(found)


def _fitting(place: _Place, message: bytes, secrets: Sequence[str]) -> Iterator[tuple[str, str]]:
    for secret in secrets:
        tried: set[bytes] = set()
        for mode in SECRET_MODES:
            key = secret_key(secret, mode)
            if not key or key in tried:
                continue
            tried.add(key)
            digest = hmac.digest(key, message, hashlib.sha256)
            for encoding in ENCODINGS:
                if hmac.compare_digest(digest, digest_of(place.text, encoding)):
                    yield mode, encoding


def _places(sent: Mapping[str, str]) -> Iterator[_Place]:
    for header, value in sent.items():
        if _is_digest(value):
            yield _Place(header, "plain", "", value)
        elif " " not in value and (match := _PREFIXED.fullmatch(value)) and _is_digest(match[2]):
            yield _Place(header, "list" if match[1].endswith(",") else "plain", match[1], match[2])
        for key, inner in pairs(value):
            if "," in value and _is_digest(inner):
                yield _Place(header, "pairs", f"{key}=", inner)
        for token in value.split() if " " in value else ():
            if (match := _PREFIXED.fullmatch(token)) and _is_digest(match[2]):
                yield _Place(header, "list", match[1], match[2])


def _stamps(sent: Mapping[str, str], place: _Place) -> Iterator[_Stamp]:
    if place.layout == "pairs":
        for key, inner in pairs(sent[place.header]):
            if _STAMP.fullmatch(inner):
                yield _Stamp("", key, inner)
    for header, value in sent.items():
        if _STAMP.fullmatch(value):
            yield _Stamp(header, "", value)


def _profile(
    place: _Place, stamp: _Stamp, id_header: str, signed_format: str, mode: str, encoding: str
) -> SignatureProfile | None:
    settings: dict[str, object] = {
        "signature_headers": (place.header,),
        "layout": place.layout,
        "prefix": place.prefix,
        "encoding": encoding,
        "secret_mode": mode,
        "signed_format": signed_format,
        "timestamp_header": stamp.header,
        "timestamp_key": stamp.key,
        "timestamp_unit": "ms" if len(stamp.text) == 13 else "s",
        "id_header": id_header,
    }
    try:
        made = [replace(base, **settings) for base in PROFILES.values()]  # type: ignore[arg-type]
    except ProfileError:
        return None
    return min(
        (_with_shipped_headers(profile) for profile in made), key=lambda profile: len(overrides_of(profile))
    )


def _with_shipped_headers(profile: SignatureProfile) -> SignatureProfile:
    """Header names ignore case: a name that the shipped profile already reads needs no setting."""
    base = PROFILES[profile.name]
    changes: dict[str, object] = {}
    if profile.signature_headers[0].lower() in map(str.lower, base.signature_headers):
        changes["signature_headers"] = base.signature_headers
    for setting in ("timestamp_header", "id_header"):
        value = getattr(profile, setting).lower()
        if value and value.replace("svix-", "webhook-", 1) == getattr(base, setting).lower():
            changes[setting] = getattr(base, setting)
    return replace(profile, **changes)  # type: ignore[arg-type]


def _is_digest(text: str) -> bool:
    return any(digest_of(text, encoding) for encoding in ENCODINGS)


def _may_be_id(name: str, value: str) -> bool:
    return bool(_ID.fullmatch(value)) and ("id" in name.lower() or value.startswith(("evt_", "msg_")))
