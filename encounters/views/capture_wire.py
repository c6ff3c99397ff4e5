"""How a capture is spoken of over HTTP, the same for our own page and for platforms'."""

from __future__ import annotations

import base64
import binascii
import json
import re
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

from encounters.models import Recording
from encounters.services.capture_finishing import Segment
from encounters.services.capturing import LARGEST_SLICE, SLICE_SECONDS, SentSlice, device_key, received
from encounters.services.uploads import UploadProblem
from encounters.views.slices import header_number, malformed

_DIGEST = re.compile(r"sha-256=:([A-Za-z0-9+/]{43}=):")
_MEDIA_TYPE = re.compile(r"(audio|video)/[a-z0-9.+-]{1,20}(; ?codecs=[\"a-z0-9.,-]{1,30})?")
_ENDINGS = frozenset({"stopped", "recovered", "permission"})


def sent_slice(request: HttpRequest, segment: int, number: int) -> SentSlice:
    """What a request says of the slice in its body. Raises UploadProblem (malformed)."""
    return SentSlice(segment, number, header_number(request, "Content-Length"), _digest(request))


def standing(recording: Recording, session: str, *, status: int = 200) -> HttpResponse:
    """Where a capture stands; `session` is its address, below which its slices and its end are."""
    data = {
        "session": str(recording.pk),
        "encounter": str(recording.encounter_id),
        "state": recording.state,
        "problem": recording.problem,
        "began_at": recording.created_at.isoformat(),
        "slice_ms": SLICE_SECONDS * 1000,
        "largest_slice": LARGEST_SLICE,
        "key": base64.b64encode(device_key(recording)).decode() if recording.wrapped_key else "",
        "received": {str(segment): slices for segment, slices in received(recording).items()},
        "url": session,
        "finish": f"{session}finish/",
        "discard": f"{session}discard/",
    }
    return JsonResponse(data, status=status)


def _digest(request: HttpRequest) -> str:
    found = _DIGEST.fullmatch(request.headers.get("Content-Digest", ""))
    try:
        return base64.b64decode(found[1], validate=True).hex() if found else _no_digest()
    except binascii.Error:
        return _no_digest()


def _no_digest() -> str:
    raise UploadProblem(
        "malformed",
        "The header Content-Digest must carry the SHA-256 of the piece.",
        "Reload the page.",
        status=400,
    )


def claimed(request: HttpRequest) -> tuple[list[Segment], str]:
    """The segments that a browser says it recorded, and why it stopped. Raises UploadProblem (malformed)."""
    try:
        given = json.loads(request.body)
        return [_segment(each) for each in given["segments"]], _one_of(given["ended_reason"])
    except (ValueError, KeyError, TypeError):
        raise malformed() from None


def _segment(given: dict[str, Any]) -> Segment:
    numbers = [given[name] for name in ("segment", "slices", "duration_ms")]
    if not all(type(each) is int and 0 <= each < 10**9 for each in numbers):
        raise ValueError
    media_type, sha256 = str(given["mime"]), str(given["sha256"])
    if not _MEDIA_TYPE.fullmatch(media_type) or not re.fullmatch(r"[0-9a-f]{64}", sha256):
        raise ValueError
    return Segment(numbers[0], numbers[1], sha256, media_type, numbers[2])


def _one_of(ending: object) -> str:
    if ending not in _ENDINGS:
        raise ValueError
    return str(ending)
