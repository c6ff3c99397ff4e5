"""Reading query parameters: every one known, given once and in range, or the request is refused."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.http import QueryDict
from django.utils.dateparse import parse_datetime

from notes.api.problems import INVALID_PARAMETER, Problem, invalid_parameter

MOMENT = "A time with its zone, such as 2026-11-20T15:26:08Z."
LIMIT_DEFAULT = 100
LIMIT_MAX = 500


def only(query: QueryDict, known: Iterable[str]) -> None:
    """Raise Problem if `query` has a parameter that isn't in `known`, or one twice."""
    names = set(known)
    errors = [{"parameter": name[:60], "detail": "Unknown parameter."} for name in query if name not in names]
    errors += [
        {"parameter": name, "detail": "Given more than once."}
        for name in query
        if name in names and len(query.getlist(name)) > 1
    ]
    if errors:
        raise Problem(INVALID_PARAMETER, "Correct the parameters and try again.", errors=errors[:20])


def limit(query: QueryDict) -> int:
    text = query.get("limit")
    if text is None:
        return LIMIT_DEFAULT
    if not (text.isascii() and text.isdigit() and len(text) <= 4 and 1 <= int(text) <= LIMIT_MAX):
        raise invalid_parameter("limit", f"A whole number from 1 to {LIMIT_MAX}.")
    return int(text)


def uuids(query: QueryDict, names: Iterable[str]) -> dict[str, UUID]:
    """Those of the parameters `names` that are given."""
    return {name: _uuid(name, str(query[name])) for name in names if name in query}


def moments(query: QueryDict, names: Iterable[str]) -> dict[str, datetime]:
    """Those of the parameters `names` that are given, as times with their zone."""
    return {name: _moment(name, str(query[name])) for name in names if name in query}


def choice(query: QueryDict, name: str, choices: Iterable[str]) -> str | None:
    value = query.get(name)
    known = list(choices)
    if value is not None and value not in known:
        raise invalid_parameter(name, f"One of {', '.join(known)}.")
    return value


def _moment(name: str, text: str) -> datetime:
    found = moment(text)
    if found is None:
        raise invalid_parameter(name, MOMENT)
    return found


def moment(text: str) -> datetime | None:
    """A time with its zone (RFC 3339); None for anything else."""
    try:
        found = parse_datetime(text) if len(text) <= 40 else None
    except ValueError:
        return None
    # Years that no database or time zone runs over.
    return found if found and found.tzinfo and 2 <= found.year <= 9998 else None


def _uuid(name: str, text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise invalid_parameter(name, "A UUID.") from None
