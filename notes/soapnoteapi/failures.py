"""Turning an HTTP status, a failure at the door or a failed job into an ``EngineError``."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from config.http import (
    Aborted,
    AnswerRefused,
    ConnectFailed,
    ForbiddenTarget,
    HttpFailure,
    UnsendableRequest,
)
from notes.soapnoteapi.errors import (
    RECORDING_KEPT,
    AccessRefused,
    AddressProblem,
    AnswerLost,
    BadAnswer,
    EngineError,
    InputRefused,
    InvalidRequest,
    KeyRejected,
    NoteFailed,
    NoteNotFound,
    OutOfFunds,
    RateLimited,
    ServiceDown,
    TooLarge,
    Unreachable,
    UnsupportedAudio,
    Withdrawn,
)

LONGEST_WAIT = 24 * 3600.0

_CODE = re.compile(r"[A-Z][A-Z0-9_]{1,63}")
_FIELD = re.compile(r"[A-Za-z][A-Za-z0-9_.\[\]]{0,79}")
_REQUEST_ID = re.compile(r"[A-Za-z0-9._=\-]{1,128}")
_REQUEST_ID_HEADERS = ("x-request-id", "request-id", "x-amzn-requestid", "x-amz-apigw-id")
_FUNDS = ("BALANCE", "CREDIT", "FUNDS", "PAYMENT")

# The engine advises to go by its code; the HTTP status decides when the code is missing or unknown.
_BY_CODE: dict[str, type[EngineError]] = {
    "VALIDATION_ERROR": InputRefused,
    "AUTHENTICATION_ERROR": KeyRejected,
    "UNAUTHORIZED": KeyRejected,
    "AUTHORIZATION_ERROR": AccessRefused,
    "FORBIDDEN": AccessRefused,
    "NOT_FOUND": NoteNotFound,
    "METHOD_NOT_ALLOWED": InputRefused,
    "PAYLOAD_TOO_LARGE": TooLarge,
    "UNSUPPORTED_MEDIA_TYPE": UnsupportedAudio,
    "RATE_LIMIT_EXCEEDED": RateLimited,
    "INTERNAL_ERROR": ServiceDown,
    "SERVICE_UNAVAILABLE": ServiceDown,
}
_BY_STATUS: dict[int, type[EngineError]] = {
    401: KeyRejected,
    402: OutOfFunds,
    403: AccessRefused,
    404: NoteNotFound,
    408: ServiceDown,
    413: TooLarge,
    415: UnsupportedAudio,
    425: ServiceDown,
    429: RateLimited,
}
_PERHAPS_CARRIED_OUT = frozenset({500, 502, 504})
PERHAPS_MADE = (
    f"The note service is out of order at the moment. {RECORDING_KEPT} "
    "It is tried again by itself, unless its note comes before."
)
_BEFORE_SENDING: tuple[tuple[type[HttpFailure], type[EngineError]], ...] = (
    (ForbiddenTarget, AddressProblem),
    (UnsendableRequest, InvalidRequest),
    (ConnectFailed, Unreachable),
)


def from_answer(
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    *,
    about_note: bool = False,
    writes: bool = False,
    now: datetime | None = None,
) -> EngineError:
    """The error that a non-2xx answer means. ``about_note``: the request named one note. ``writes``: it would have
    made one, and may have done so where a crash or a gateway answered in place of the engine.

    Any body will do: the current envelope, the one of the earlier product generation, HTML, nothing.
    """
    code, fields = _envelope(body)
    kind = _kind(code, status)
    details = {
        "http_status": status,
        "retry_after_seconds": retry_after(headers.get("retry-after", ""), now=now),
        "fields": fields,
        "request_id": _request_id(headers),
    }
    if kind is ServiceDown and writes and status in _PERHAPS_CARRIED_OUT:
        return ServiceDown(code or f"HTTP_{status}", ambiguous=True, human=PERHAPS_MADE, **details)  # type: ignore[arg-type]
    if kind is AccessRefused:
        return AccessRefused(code or f"HTTP_{status}", account_wide=not about_note, **details)
    return kind(code or f"HTTP_{status}", **details)  # type: ignore[arg-type]


def from_failure(failure: HttpFailure, *, writes: bool) -> EngineError:
    """The error that a failure at the HTTP door means. ``writes``: the request would have made a note."""
    ambiguous = writes and failure.body_sent != "no"
    if isinstance(failure, AnswerRefused):
        if not 200 <= failure.status < 300:
            return from_answer(failure.status, {}, b"", writes=writes)
        return BadAnswer("ANSWER_NOT_TAKEN", http_status=failure.status, ambiguous=ambiguous)
    for kind, error in _BEFORE_SENDING:
        if isinstance(failure, kind):
            return error()
    return Withdrawn(ambiguous=ambiguous) if isinstance(failure, Aborted) else AnswerLost(ambiguous=ambiguous)


def note_failed(reason: str = "") -> NoteFailed:
    """The error for a job that the engine reports as failed; ``reason`` is its own word, if it gave one."""
    words = reason.lower()
    if "short" in words:
        code, said = "AUDIO_TOO_SHORT", "The recording is too short for a note."
    elif "too long" in words or "too_long" in words:
        code, said = "AUDIO_TOO_LONG", "The recording is longer than the note service takes."
    elif any(word in words for word in ("corrupt", "invalid", "decode", "format")):
        code, said = "AUDIO_CORRUPTED", "The note service could not read the recording."
    elif "transcri" in words or "speech" in words:
        code, said = "TRANSCRIPTION_FAILED", "The note service could not make out what was said."
    else:
        return NoteFailed()
    return NoteFailed(
        code, human=f"{said} {RECORDING_KEPT} Listen to it, upload another file, or type the note."
    )


def retry_after(value: str, *, now: datetime | None = None) -> float | None:
    """Seconds to wait, from either form of Retry-After (seconds or a date); at most a day, never negative."""
    value = value.strip()
    try:
        if re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,6})?", value):
            seconds = float(value)
        else:
            at = parsedate_to_datetime(value)
            at = at if at.tzinfo else at.replace(tzinfo=UTC)
            seconds = (at - (now or datetime.now(UTC))).total_seconds()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return min(max(seconds, 0.0), LONGEST_WAIT) if math.isfinite(seconds) else None


def _kind(code: str, status: int) -> type[EngineError]:
    if any(word in code for word in _FUNDS):
        return OutOfFunds
    if code in _BY_CODE:
        return _BY_CODE[code]
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if status >= 500:
        return ServiceDown
    return AddressProblem if status < 400 else InputRefused


def _envelope(body: bytes) -> tuple[str, tuple[str, ...]]:
    """Code and field names of today's envelope, or of the earlier flat one. Messages are dropped."""
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError):
        return "", ()
    if not isinstance(payload, dict):
        return "", ()
    error = payload.get("error")
    if not isinstance(error, dict):
        return _code(payload.get("error_code") or payload.get("code") or error), ()
    details = error.get("details")
    named = (
        [entry.get("field") for entry in details if isinstance(entry, dict)]
        if isinstance(details, list)
        else []
    )
    fields = [name for name in named if isinstance(name, str) and _FIELD.fullmatch(name)]
    return _code(error.get("code")), tuple(fields[:20])


def _code(value: object) -> str:
    """Only what looks like a code: free text may hold clinical words."""
    text = value.strip().upper() if isinstance(value, str) else ""
    return text if _CODE.fullmatch(text) else ""


def _request_id(headers: Mapping[str, str]) -> str:
    found = (headers.get(name, "") for name in _REQUEST_ID_HEADERS)
    return next((value for value in found if _REQUEST_ID.fullmatch(value)), "")
