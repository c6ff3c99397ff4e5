"""Twilio's Video API as far as recordings need it: lists to their end, deletion, and how values are written
(twilio.com/docs/video/api).
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

from config.http import Response
from encounters.vendors.errors import BadAnswer, NotFound
from encounters.vendors.http import call_api, read_json
from encounters.vendors.protocol import VideoVendor

_PAGE = 50
_PAGES = 40


def compositions(vendor: VideoVendor, room: str) -> Iterator[Mapping[str, Any]]:
    return _pages(vendor, "/v1/Compositions", "compositions", RoomSid=room)


def recordings(vendor: VideoVendor, room: str) -> Iterator[Mapping[str, Any]]:
    """The tracks of a room that still exist."""
    tracks = _pages(vendor, f"/v1/Rooms/{quote(room, safe='')}/Recordings", "recordings")
    return (track for track in tracks if track.get("status") != "deleted")


def get(vendor: VideoVendor, path: str) -> dict[str, Any]:
    return read_json(vendor, call_api(vendor, "GET", path, headers=headers(vendor)))


def delete(vendor: VideoVendor, path: str) -> Response | None:
    """None for what is gone already."""
    try:
        return call_api(vendor, "DELETE", path, headers=headers(vendor), expect=(200, 204))
    except NotFound:
        return None


def headers(vendor: VideoVendor) -> dict[str, str]:
    held = vendor.account.credentials
    pair = f"{held.get('key_sid', '')}:{held.get('key_secret', '')}"
    return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}


def moment(value: object) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        when = datetime.fromisoformat(value)
    except ValueError:
        return None
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def number(value: object) -> float | None:
    try:
        return float(str(value))
    except ValueError:
        return None


def text(content: Mapping[str, Any], key: str) -> str:
    value = content.get(key)
    return value if isinstance(value, str) else ""


def _pages(vendor: VideoVendor, path: str, key: str, **query: str) -> Iterator[Mapping[str, Any]]:
    """Every entry of a list, page by page; Twilio's own next address is checked to be at the API."""
    at = f"{path}?{urlencode({**query, 'PageSize': str(_PAGE)})}"
    for _ in range(_PAGES):
        content = get(vendor, at)
        yield from (entry for entry in content.get(key) or [] if isinstance(entry, Mapping))
        following = str((content.get("meta") or {}).get("next_page_url") or "")
        if not following:
            return
        if not following.startswith(f"{vendor.account.api}/"):
            raise BadAnswer("Twilio's list goes on at another address.")
        at = following.removeprefix(vendor.account.api)
    raise BadAnswer("Twilio's list does not end.")
