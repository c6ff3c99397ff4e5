"""Which endpoint of the contract a path belongs to, under the names that faults know them by."""

from __future__ import annotations

import re

_NOTE_ID = "([^/]+)"
_PATHS = {
    "text": "/v1/note",
    "upload": "/v1/note/audio",
    "stream": "/v1/stream/note",
    "status": f"/v1/audio/status/{_NOTE_ID}",
    "specialties": "/v1/specialties",
    "summary": "/v1/visit-summary",
    "note": f"/v1/note/{_NOTE_ID}",
}
_PATTERNS = {name: re.compile(path) for name, path in _PATHS.items()}


def endpoint_of(path: str) -> tuple[str, str]:
    """The endpoint's name and the note's id in the path; empty where there is none."""
    for name, pattern in _PATTERNS.items():
        if match := pattern.fullmatch(path):
            return name, "".join(match.groups())
    return "", ""
