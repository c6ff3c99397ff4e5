"""The feed's place marks: opaque, signed, good for one practice and one set of filters only.

A cursor holds the number of the last change that was read. It never expires, and a bad one is an error: quietly
starting over, or going on elsewhere, would lose or repeat notes.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from uuid import UUID

from django.core.signing import BadSignature, Signer

from notes.api.problems import INVALID_CURSOR, Problem


def write_cursor(practice_id: UUID, position: int, filters: Mapping[str, object]) -> str:
    signed = _signer(practice_id, filters).sign(str(position))
    return base64.urlsafe_b64encode(signed.encode()).decode().rstrip("=")


def read_cursor(practice_id: UUID, cursor: str, filters: Mapping[str, object]) -> int:
    """The position; raises Problem for anything that ``write_cursor`` didn't make for this practice and filters."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        signed = base64.b64decode(padded.encode("ascii"), altchars=b"-_", validate=True).decode("ascii")
        return int(_signer(practice_id, filters).unsign(signed))
    except (BadSignature, binascii.Error, ValueError):
        raise invalid_cursor() from None


def invalid_cursor() -> Problem:
    return Problem(
        INVALID_CURSOR,
        "Use next_cursor of an earlier answer to the same key and the same filters, unchanged. "
        "To read everything again, leave out after.",
        errors=[{"parameter": "after", "detail": "Not a cursor of this feed."}],
    )


def _signer(practice_id: UUID, filters: Mapping[str, object]) -> Signer:
    bound = "&".join(f"{name}={value}" for name, value in sorted(filters.items()))
    return Signer(salt=f"notes.feed:{practice_id}:{bound}")
