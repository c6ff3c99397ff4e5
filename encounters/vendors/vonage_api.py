"""The Video API of a Vonage application, and the same of an OpenTok project: another host, another kind of token
(developer.vonage.com/en/api/video, /en/opentok/rest-api).
"""

from __future__ import annotations

import base64
import binascii
import math
import re
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

from config.http import Response, json_body
from encounters.vendors.errors import BadAnswer, KeysRefused
from encounters.vendors.http import call_api, read_json
from encounters.vendors.protocol import VideoVendor
from encounters.vendors.vonage_tokens import UnusableKey, application_token, project_token

_PAGE = 1000
_PAGES = 20


def is_project(account: str) -> bool:
    """Whether the account is an OpenTok project: those have numbers, applications have UUIDs."""
    return account.isascii() and account.isdecimal()


def archives(vendor: VideoVendor, session: str) -> Iterator[Mapping[str, Any]]:
    """Every archive of a session that was not deleted, the newest first."""
    for page in range(_PAGES):
        query = {"sessionId": session, "offset": str(page * _PAGE), "count": str(_PAGE)}
        items = read_json(vendor, api_call(vendor, "GET", f"/archive?{urlencode(query)}")).get("items")
        entries = [each for each in items or [] if isinstance(each, Mapping)]
        yield from entries
        if len(entries) < _PAGE:
            return
    raise BadAnswer("Vonage's list of archives does not end.")


def archive(vendor: VideoVendor, archive_id: str) -> dict[str, Any]:
    return read_json(vendor, api_call(vendor, "GET", archive_path(archive_id)))


def archive_path(archive_id: str) -> str:
    return f"/archive/{quote(archive_id, safe='')}"


def api_call(
    vendor: VideoVendor,
    method: str,
    path: str,
    content: Mapping[str, Any] | None = None,
    *,
    expect: tuple[int, ...] = (200,),
) -> Response:
    """One call under the account's own address."""
    whole = f"/v2/project/{quote(vendor.account.ref, safe='')}{path}"
    body = None if content is None else json_body(content)
    return call_api(vendor, method, whole, headers=_headers(vendor), body=body, expect=expect)


def _headers(vendor: VideoVendor) -> dict[str, str]:
    held, account, now = vendor.account.credentials, vendor.account.ref, time.time()
    if is_project(account):
        secret = held.get("api_secret", "")
        if not secret:
            raise KeysRefused("An OpenTok project needs its project secret.")
        return {"X-OPENTOK-AUTH": project_token(account, secret, now)}
    try:
        return {"Authorization": f"Bearer {application_token(account, held.get('private_key', ''), now)}"}
    except UnusableKey:
        raise KeysRefused(
            "A Vonage application needs its private key: the whole text of private.key."
        ) from None


def text(content: Mapping[str, Any], key: str) -> str:
    value = content.get(key)
    return value if isinstance(value, str) else ""


def number(value: object) -> float | None:
    """A number, which some of Vonage's interfaces write as text."""
    try:
        said = float(str(value))
    except ValueError:
        return None
    return said if math.isfinite(said) else None


def moment(value: object) -> datetime | None:
    """Unix time in milliseconds."""
    milliseconds = number(value)
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC) if milliseconds else None
    except (ValueError, OverflowError, OSError):
        return None


def sha256_hex(value: object) -> str:
    """A base64 SHA-256 as hex; nothing for what is none."""
    if not isinstance(value, str) or re.fullmatch(r"[A-Za-z0-9+/]{43}=", value) is None:
        return ""
    try:
        return base64.b64decode(value, validate=True).hex()
    except binascii.Error:
        return ""
