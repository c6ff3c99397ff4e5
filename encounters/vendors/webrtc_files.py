"""How a service of one's own (Janus, mediasoup, anything) describes a recording, in its callbacks and its API alike.

    {"recording_id": "rec_01HTZ6", "encounter": "<our encounter's id>", "call_id": "<the service's own id of it>",
     "size": 7554048, "sha256": "<64 hex digits>", "url": "https://media.clinic.example/rec/01HTZ6.ogg",
     "started_at": "2026-03-04T15:00:31Z", "duration_s": 1259, "media_type": "audio/ogg",
     "part": 1, "more_follow": false}

``encounter`` or ``call_id`` has to be there, and ``recording_id``, ``size`` and ``sha256``; the rest may be. Without
``url`` the service sends the file to the address that it is answered.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from encounters.vendors.protocol import CallRef, Found

_PRINTABLE = re.compile(r"[!-~]{1,200}")
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")
_LONGEST_URL = 2000
_MOST_PARTS = 1000
_MOST_SECONDS = 7 * 24 * 60 * 60
_MOST_BYTES = 2**40


class Misdescribed(ValueError):
    """``words`` tell the service's developer what is wrong with a description."""

    def __init__(self, words: str) -> None:
        super().__init__("misdescribed")
        self.words = words


def found_from(data: Mapping[str, Any]) -> Found:
    """The file; raises Misdescribed."""
    pushed = "url" not in data
    if pushed and ("part" in data or data.get("more_follow") is True):
        raise Misdescribed(
            "A file that is sent to us has to be the whole recording: leave out part and more_follow."
        )
    return Found(
        id=_printable(data, "recording_id"),
        final=data.get("more_follow") is not True,
        started_at=moment(data.get("started_at")),
        position=_whole(data, "part", least=0, most=_MOST_PARTS) if "part" in data else 0,
        duration=_seconds(data),
        bytes=_whole(data, "size", least=1, most=_MOST_BYTES),
        sha256=_sha256(data),
        media_type=str(data.get("media_type") or "").partition(";")[0].strip(),
        pushed=pushed,
        locator={} if pushed else {"url": _url(data)},
    )


def call_from(data: Mapping[str, Any]) -> CallRef:
    """Whose it is: the service's id of the call, or else our encounter's; raises Misdescribed."""
    encounter = _printable(data, "encounter") if data.get("encounter") else ""
    call = _printable(data, "call_id") if data.get("call_id") else encounter
    if not call:
        raise Misdescribed("encounter or call_id is missing.")
    return CallRef(session=call, encounter=encounter)


def moment(value: object) -> datetime | None:
    """ISO 8601; without a zone it is UTC."""
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return at.replace(tzinfo=UTC) if at and at.tzinfo is None else at


def origin_of(url: str) -> str:
    """Scheme, host and port of an address, with whatever else stands between them; empty where it can't be read."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc}".lower() if parts.netloc else ""


def _printable(data: Mapping[str, Any], name: str) -> str:
    value = data.get(name)
    if not isinstance(value, str) or not _PRINTABLE.fullmatch(value):
        raise Misdescribed(f"{name} has to be a text of 1 to 200 characters without spaces.")
    return value


def _whole(data: Mapping[str, Any], name: str, *, least: int, most: int) -> int:
    value = data.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise Misdescribed(f"{name} has to be a whole number from {least} to {most}.")
    return value


def _seconds(data: Mapping[str, Any]) -> float | None:
    value = data.get("duration_s")
    if value is None:
        return None
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= _MOST_SECONDS:
        raise Misdescribed("duration_s has to be the length in seconds.")
    return float(value)


def _sha256(data: Mapping[str, Any]) -> str:
    value = data.get("sha256")
    if not isinstance(value, str) or not _SHA256.fullmatch(value):
        raise Misdescribed("sha256 has to be the file's SHA-256 in 64 hex digits.")
    return value.lower()


def _url(data: Mapping[str, Any]) -> str:
    value = data.get("url")
    if not isinstance(value, str) or len(value) > _LONGEST_URL or not origin_of(value):
        raise Misdescribed("url has to be the address to fetch the file from.")
    return value
