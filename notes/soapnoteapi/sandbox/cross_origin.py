"""Letting pages of named sites call the API from a browser (CORS), as the vendor's MediaRecorder sample does.

Nobody is let in unless the configuration names their origin. Cookies play no part: the caller needs a key.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from notes.soapnoteapi.sandbox.requests import Request


def allowing_headers(request: Request, origins: Collection[str]) -> Mapping[str, str]:
    """The headers that let the calling page send its request and read the answer; none for any other page."""
    origin = request.header("Origin")
    if origin not in origins:
        return {}
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Methods": "GET, POST, PUT",
        "Access-Control-Allow-Headers": "Authorization, Content-Type",
        "Access-Control-Expose-Headers": "Retry-After",
        "Access-Control-Max-Age": "600",
        "Vary": "Origin",
    }
