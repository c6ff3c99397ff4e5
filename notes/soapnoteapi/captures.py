"""A webhook request that somebody has saved: headers and raw body, from JSON or from HTTP text."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field


class CaptureError(ValueError):
    """The file is neither form. The text never quotes it."""


@dataclass(frozen=True)
class Capture:
    """``body`` is exactly what was signed."""

    headers: dict[str, str] = field(repr=False)
    body: bytes = field(repr=False)


def read_capture(data: bytes) -> Capture:
    """Either ``{"headers": {…} or [[name, value], …], "body_base64": "…"}`` (``body``: base64, too),
    or the request as text: an optional request line, headers, a blank line, the body."""
    if data.lstrip()[:1] == b"{":
        return _from_json(data)
    return _from_http(data)


def _from_json(data: bytes) -> Capture:
    try:
        payload = json.loads(data)
        listed = payload["headers"]
        headers = {
            str(name): str(value) for name, value in (listed.items() if isinstance(listed, dict) else listed)
        }
        encoded = payload["body_base64"] if "body_base64" in payload else payload["body"]
        return Capture(headers, base64.b64decode(encoded, validate=True))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise CaptureError('the JSON needs "headers" and "body_base64"') from None


def _from_http(data: bytes) -> Capture:
    """Editors append a line end to files: a Content-Length, when there is one, says where the body stops."""
    starts = [(data.find(mark), len(mark)) for mark in (b"\r\n\r\n", b"\n\n") if mark in data]
    if not starts:
        raise CaptureError("there is no blank line between headers and body")
    at, width = min(starts)
    headers: dict[str, str] = {}
    for index, raw in enumerate(data[:at].decode("latin-1").splitlines()):
        name, separator, value = raw.partition(":")
        if separator and " " not in name:
            headers[name] = value.strip()
        elif index:
            raise CaptureError("a line before the blank line is not a header")
    body = data[at + width :]
    lengths = [
        value for name, value in headers.items() if name.lower() == "content-length" and value.isdecimal()
    ]
    return Capture(headers, body[: int(lengths[0])] if lengths else body)
