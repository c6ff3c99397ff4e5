"""Calls to a vendor's API, and fetching media: what is alike for all of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urljoin

from config.http import (
    Aborted,
    AnswerTooLarge,
    Body,
    Door,
    ForbiddenTarget,
    HttpFailure,
    Limits,
    Response,
    UnsendableRequest,
    Watch,
)
from encounters.vendors.errors import (
    BadAnswer,
    BadMedia,
    KeysRefused,
    LinkExpired,
    NotFound,
    NotReady,
    RateLimited,
    Unreachable,
    VendorError,
)
from encounters.vendors.protocol import Download, VideoVendor

API_LIMITS = Limits(connect=10, read=20, write=20, total=45, answer_bytes=2 * 1024 * 1024)
# A recording of four hours over a slow line.
MEDIA_LIMITS = Limits(connect=10, read=60, write=30, total=3 * 60 * 60)
HOPS = 3
_LONGEST_WAIT = 60 * 60.0


def call_api(
    vendor: VideoVendor,
    method: str,
    path: str,
    *,
    headers: Mapping[str, str],
    body: Body | None = None,
    expect: tuple[int, ...] = (200,),
) -> Response:
    """Call the account's API under ``path`` (which begins with a slash); raises VendorError for any other status.

    A redirect is not followed: an API has no reason for one, and credentials are with the request.
    """
    answer = send(vendor, method, f"{vendor.account.api}{path}", headers=headers, body=body)
    if answer.status not in expect:
        raise refusal(vendor, answer)
    return answer


def send(
    vendor: VideoVendor, method: str, url: str, *, headers: Mapping[str, str], body: Body | None = None
) -> Response:
    """One request to the vendor, whatever its status; raises VendorError when there is no answer."""
    try:
        return vendor.door.send(method, url, headers=headers, body=body, limits=API_LIMITS)
    except HttpFailure as failure:
        raise _failure(vendor, failure) from None


def read_json(vendor: VideoVendor, answer: Response) -> dict[str, Any]:
    """The answer's JSON object; raises BadAnswer."""
    try:
        content = json.loads(answer.body)
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise BadAnswer(f"{vendor.label} gave an answer that can't be read.")
    return content


def refusal(vendor: VideoVendor, answer: Response) -> VendorError:
    """An HTTP error of the API as the error that says what to do."""
    status, label = answer.status, vendor.label
    if status in (401, 403):
        return KeysRefused(f"{label} refused the keys of this connection (HTTP {status}).")
    if status in (404, 410):
        return NotFound(f"{label} does not have it any more.")
    if status == 409:
        return NotReady(f"{label} can't do that just now.")
    if status == 429:
        return RateLimited(f"{label} asks to slow down.", retry_after=_retry_after(answer))
    if status >= 500:
        words = f"{label} has a problem of its own (HTTP {status})."
        return Unreachable(words, retry_after=_retry_after(answer))
    return BadAnswer(f"{label} did not accept the request (HTTP {status}).")


def fetch(
    vendor: VideoVendor,
    download: Download,
    sink: Callable[[bytes], object],
    *,
    media_door: Door,
    max_bytes: int,
    watch: Watch,
) -> Response:
    """Bring the bytes to ``sink``, over at most HOPS redirects; returns the headers of the last answer.

    A download with headers begins at the vendor's own door. Where it leads on, and without headers from the start,
    requests go through ``media_door``, which knows other hosts, and carry no credentials: a signed link needs none,
    and a storage that gets a second kind of authentication refuses both.
    """
    url, headers = download.url, download.headers
    door = vendor.door if headers else media_door
    for _ in range(HOPS + 1):
        answer = _download(vendor, door, url, sink, headers, max_bytes, watch)
        if answer.status == 200:
            return answer
        leads_to = answer.headers.get("location", "")
        if not (300 <= answer.status < 400 and leads_to):
            raise _media_refusal(vendor, answer)
        url, headers, door = urljoin(url, leads_to), {}, media_door
    raise BadMedia(f"{vendor.label} redirects the download again and again.")


def _download(
    vendor: VideoVendor,
    door: Door,
    url: str,
    sink: Callable[[bytes], object],
    headers: Mapping[str, str],
    max_bytes: int,
    watch: Watch,
) -> Response:
    try:
        return door.download(
            url, sink, headers=headers, max_bytes=max_bytes, limits=MEDIA_LIMITS, watch=watch
        )
    except Aborted:
        raise
    except HttpFailure as failure:
        raise _failure(vendor, failure) from None


def _media_refusal(vendor: VideoVendor, answer: Response) -> VendorError:
    if answer.status in (401, 403, 410):
        return LinkExpired(f"{vendor.label}'s link to the recording no longer works.")
    return refusal(vendor, answer)


def _failure(vendor: VideoVendor, failure: HttpFailure) -> VendorError:
    if isinstance(failure, ForbiddenTarget | UnsendableRequest):
        return BadAnswer(f"{vendor.label} leads to an address that may not be called.")
    if isinstance(failure, AnswerTooLarge):
        return BadAnswer(f"{vendor.label} sent more than can be taken in.")
    return Unreachable(f"{vendor.label} can't be reached.")


def _retry_after(answer: Response) -> float | None:
    value = answer.headers.get("retry-after", "")
    return min(float(value), _LONGEST_WAIT) if value.isdecimal() else None
