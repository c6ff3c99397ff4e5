"""Daily's REST API as far as recordings need it (docs.daily.co/reference/rest-api)."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

from config.http import Response, json_body
from encounters.vendors.errors import BadAnswer
from encounters.vendors.http import call_api, read_json
from encounters.vendors.protocol import VideoVendor

_PAGE = 100
_PAGES = 40


def get(vendor: VideoVendor, path: str, **query: str) -> dict[str, Any]:
    return read_json(vendor, _get(vendor, path, query))


def post(
    vendor: VideoVendor, path: str, content: Mapping[str, Any], *, expect: tuple[int, ...] = (200,)
) -> Response:
    return call_api(vendor, "POST", path, headers=_headers(vendor), body=json_body(content), expect=expect)


def delete(vendor: VideoVendor, path: str) -> dict[str, Any]:
    return read_json(vendor, call_api(vendor, "DELETE", path, headers=_headers(vendor)))


def recording_path(recording_id: str) -> str:
    return f"/v1/recordings/{quote(recording_id, safe='')}"


def room_path(room: str, action: str) -> str:
    return f"/v1/rooms/{quote(room, safe='')}/recordings/{action}"


def recordings(vendor: VideoVendor, room: str) -> Iterator[Mapping[str, Any]]:
    """Every recording made in a room of that name, page by page."""
    after: dict[str, str] = {}
    for _ in range(_PAGES):
        content = get(vendor, "/v1/recordings", room_name=room, limit=str(_PAGE), **after)
        page = objects(content.get("data"))
        yield from page
        last = text(page[-1], "id") if page else ""
        if len(page) < _PAGE or not last:
            return
        after = {"starting_after": last}
    raise BadAnswer("Daily's list of recordings does not end.")


def newest_meeting(vendor: VideoVendor, room: str) -> Mapping[str, Any] | None:
    """The last time that somebody was in the room."""
    held = objects(get(vendor, "/v1/meetings", room=room).get("data"))
    return max(held, key=lambda meeting: number(meeting.get("start_time")) or 0.0, default=None)


def webhooks(vendor: VideoVendor) -> list[Mapping[str, Any]]:
    """The domain's webhooks; the answer is a bare list."""
    answer = _get(vendor, "/v1/webhooks", {})
    try:
        return objects(json.loads(answer.body))
    except (ValueError, RecursionError):
        raise BadAnswer("Daily gave an answer that can't be read.") from None


def objects(value: object) -> list[Mapping[str, Any]]:
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []


def text(content: Mapping[str, Any], key: str) -> str:
    value = content.get(key)
    return value if isinstance(value, str) else ""


def number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) else None


def moment(value: object) -> datetime | None:
    """Unix time in seconds, whole or not."""
    seconds = number(value)
    try:
        return datetime.fromtimestamp(seconds, UTC) if seconds else None
    except (ValueError, OverflowError, OSError):
        return None


def _get(vendor: VideoVendor, path: str, query: Mapping[str, str]) -> Response:
    whole = f"{path}?{urlencode(query)}" if query else path
    return call_api(vendor, "GET", whole, headers=_headers(vendor))


def _headers(vendor: VideoVendor) -> dict[str, str]:
    return {"Authorization": f"Bearer {vendor.account.credentials.get('api_key', '')}"}
