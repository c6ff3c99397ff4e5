"""Values of search parameters: dates with prefixes, tokens, references. What can't be read is refused by name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Q

ID = re.compile(r"[A-Za-z0-9.-]{1,64}")
_DATE = re.compile(
    r"(eq|ne|gt|lt|ge|le|sa|eb|ap)?(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(\.\d{1,9})?)?"
    r"(Z|[+-]\d\d:\d\d)?)?)?)?"
)
_ABOUT = timedelta(days=1)
MOST = 200  # alternatives in one value
DATE_HELP = "A date such as 2026-11-20 or 2026-11-20T15:04:05Z, with a prefix such as ge if need be."


class BadParameter(ValueError):
    """`name` is the parameter at fault; `words` say what it takes."""

    def __init__(self, name: str, words: str) -> None:
        super().__init__(words)
        self.name, self.words = name[:60], words


def bad_value(name: str, words: str) -> BadParameter:
    return BadParameter(name, words)


@dataclass(frozen=True)
class Span:
    """The time that a date speaks of, from `low` to just before `high`. Without a zone it is UTC."""

    prefix: str
    low: datetime
    high: datetime


def span(name: str, text: str) -> Span:
    match = _DATE.fullmatch(text.strip().replace(" ", "+"))
    if match is None:
        raise bad_value(name, DATE_HELP)
    prefix, year, month, day, hour, minute, second, fraction, zone = match.groups()
    iso = f"{year}-{month or '01'}-{day or '01'}T{hour or '00'}:{minute or '00'}:{second or '00'}"
    try:
        low = datetime.fromisoformat(f"{iso}{(fraction or '')[:7]}{(zone or 'Z')}").astimezone(UTC)
        return Span(prefix or "eq", low, _end(low, month, day, hour, second, fraction))
    except (ValueError, OverflowError):
        raise bad_value(name, DATE_HELP) from None


def _end(low: datetime, *parts: str | None) -> datetime:
    month, day, hour, second, fraction = parts
    if fraction:
        return low + timedelta(microseconds=10 ** max(0, 7 - min(len(fraction), 7)))
    for given, step in ((second, "seconds"), (hour, "minutes"), (day, "days")):
        if given:
            return low + timedelta(**{step: 1})
    if month:
        return (low + timedelta(days=32)).replace(day=1)
    return low.replace(year=low.year + 1)


def instant(field: str, when: Span) -> Q:
    """Where a moment in the column `field` is what `when` asks for."""
    inside = Q(**{f"{field}__gte": when.low, f"{field}__lt": when.high})
    return {
        "eq": inside,
        "ne": ~inside,
        "gt": Q(**{f"{field}__gte": when.high}),
        "sa": Q(**{f"{field}__gte": when.high}),
        "lt": Q(**{f"{field}__lt": when.low}),
        "eb": Q(**{f"{field}__lt": when.low}),
        "ge": Q(**{f"{field}__gte": when.low}),
        "le": Q(**{f"{field}__lt": when.high}),
        "ap": Q(**{f"{field}__gte": when.low - _ABOUT, f"{field}__lt": when.high + _ABOUT}),
    }[when.prefix]


def period(start: str, end: str, when: Span) -> Q:
    """Where the time from `start` to `end` is what `when` asks for; without an end it goes on."""

    def ends(**how: Any) -> Q:
        return Q(**{f"{end}__isnull": True}) | Q(**{f"{end}__{name}": value for name, value in how.items()})

    inside = Q(**{f"{start}__gte": when.low, f"{end}__lt": when.high})
    return {
        "eq": inside,
        "ne": ~inside | Q(**{f"{end}__isnull": True}),
        "gt": ends(gte=when.high),
        "ge": ends(gte=when.low),
        "lt": Q(**{f"{start}__lt": when.low}),
        "le": Q(**{f"{start}__lt": when.high}),
        "sa": Q(**{f"{start}__gte": when.high}),
        "eb": Q(**{f"{end}__lt": when.low}),
        "ap": Q(**{f"{start}__lt": when.high}) & ends(gte=when.low),
    }[when.prefix]


@dataclass(frozen=True)
class Token:
    """`system` is None where any will do."""

    system: str | None
    code: str

    def means(self, system: str, code: str) -> bool:
        return self.system in (None, system) and self.code in ("", code)


def tokens(name: str, text: str) -> list[Token]:
    found = []
    for part in alternatives(name, text):
        system, bar, code = part.rpartition("|")
        if not code and not system:
            raise bad_value(name, "A code, or system|code.")
        found.append(Token(system if bar else None, code))
    return found


def reference_ids(name: str, text: str, kind: str, base: str) -> list[str]:
    """Ids of resources of one kind: bare, as Kind/id, or as an address on this server."""
    found = []
    for part in alternatives(name, text):
        key = part.removeprefix(f"{base}/")
        if "/" in key and not key.startswith(f"{kind}/"):
            raise bad_value(name, f"A reference such as {kind}/<id>.")
        key = key.removeprefix(f"{kind}/")
        if not ID.fullmatch(key):
            raise bad_value(name, f"A reference such as {kind}/<id>.")
        found.append(key)
    return found


def alternatives(name: str, text: str) -> list[str]:
    """What commas part, which is OR."""
    found = [part.strip() for part in text.split(",")]
    if not all(found) or len(found) > MOST or "\x00" in text:
        raise bad_value(name, f"One value, or up to {MOST} with commas between them.")
    return found
