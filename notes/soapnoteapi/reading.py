"""Reading JSON whose shape nobody has promised: words, ids, instants and seconds out of anything.

Nothing here raises, except ``load`` and ``note_id`` with ``BadAnswer``. Text comes out clean of what no
database column takes (NUL, lone surrogates) and of control characters; numbers come out finite or not at all.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from notes.soapnoteapi.errors import BadAnswer

Json = Mapping[str, object]

DEEPEST = 40
LONGEST_TEXT = 400_000
LONGEST_ID = 128

_UNWANTED = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_ID = re.compile(r"[!-~]{1,128}")
_CLOCK = re.compile(r"(?:([0-9]{1,3}):)?([0-9]{1,3}):([0-9]{1,2}(?:[.,][0-9]{1,6})?)")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def load(body: bytes) -> object:
    """Decoded JSON, at most ``DEEPEST`` levels deep. ``BadAnswer`` for anything else, HTML pages included."""
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError):
        raise BadAnswer("NOT_JSON") from None
    level: list[object] = [payload]
    for _ in range(DEEPEST):
        level = [inner for value in level for inner in _children(value)]
        if not level:
            return payload
    raise BadAnswer("TOO_DEEP")


def load_object(body: bytes) -> Json:
    """``load``, and it must be an object."""
    payload = load(body)
    if not isinstance(payload, dict):
        raise BadAnswer("NOT_AN_OBJECT")
    return payload


def dump(payload: object) -> str:
    """The untouched JSON as ASCII text, so that it can be stored whatever it holds."""
    return json.dumps(payload, ensure_ascii=True)


def plain_key(key: str) -> str:
    """``noteId``, ``note_id`` and ``NOTE-ID`` are one name."""
    return re.sub(r"[^a-z0-9]", "", key.lower())


def pick(payload: object, *names: str) -> object:
    """The first value that is not null under any of the names, whatever their case and separators."""
    if not isinstance(payload, Mapping):
        return None
    found = {plain_key(key): value for key, value in payload.items() if value is not None}
    return next((found[name] for name in map(plain_key, names) if name in found), None)


def text(value: object) -> str:
    """Words out of anything: strings as they are, objects and lists as ``Label: value`` lines."""
    return clean("\n".join(_lines(value, 0)))


def clean(value: str) -> str:
    """Stripped, with one kind of line end, and cut at ``LONGEST_TEXT`` characters."""
    unified = value.replace("\r\n", "\n").replace("\r", "\n")
    return _UNWANTED.sub("", unified).strip()[:LONGEST_TEXT]


def line(value: object, longest: int = 200) -> str:
    """A short text on one line, from a string or a number only."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return " ".join(clean(_scalar(value)).split())[:longest]


def note_id(value: object) -> str:
    """An opaque id, fit for a path segment; ``""`` without one, ``BadAnswer`` when it cannot be one."""
    if value is None or value == "":
        return ""
    found = _scalar(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if not _ID.fullmatch(found) or found in (".", ".."):
        raise BadAnswer("BAD_NOTE_ID")
    return found


def instant(value: object) -> datetime | None:
    """ISO 8601 with or without fraction and zone (none means UTC), or seconds or milliseconds since 1970."""
    try:
        if isinstance(value, str):
            read = datetime.fromisoformat(value.strip())
            return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
        number = seconds(value)
        if number is None or number <= 0:
            return None
        return _EPOCH + timedelta(seconds=number / 1000 if number > 1e11 else number)
    except (ValueError, OverflowError):
        return None


def seconds(value: object) -> float | None:
    """A finite, non-negative number of seconds from a number, ``"12.5"``, ``"12.5s"`` or ``"01:02:03.5"``."""
    if isinstance(value, str):
        value = _clock(value.strip().lower().removesuffix("s"))
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) and number >= 0 else None


def _clock(words: str) -> float | None:
    match = _CLOCK.fullmatch(words)
    if match:
        hours, minutes, rest = match.groups()
        return int(hours or 0) * 3600 + int(minutes) * 60 + float(rest.replace(",", "."))
    try:
        return float(words) if len(words) < 40 else None
    except ValueError:
        return None


def _children(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _scalar(value: object) -> str:
    try:
        return str(value)
    except ValueError:  # an integer of more digits than Python agrees to print
        return ""


def _lines(value: object, depth: int) -> Iterable[str]:
    if value is None or depth > DEEPEST:
        return
    pad = "  " * depth
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _labelled(_label(key), inner, depth)
    elif isinstance(value, list):
        for inner in value:
            yield from _lines(inner, depth) if not isinstance(inner, list) else _lines(inner, depth + 1)
    elif isinstance(value, bool):
        yield pad + ("Yes" if value else "No")
    else:
        yield from (pad + part for part in _scalar(value).split("\n"))


def _labelled(label: str, value: object, depth: int) -> Iterable[str]:
    inner = [
        part for part in _lines(value, 0 if not isinstance(value, Mapping | list) else depth + 1) if part
    ]
    if not inner:
        return
    pad = "  " * depth
    if len(inner) == 1 and not isinstance(value, Mapping):
        yield f"{pad}{label}: {inner[0].strip()}"
    else:
        yield f"{pad}{label}:"
        yield from inner


def _label(key: str) -> str:
    """``chief_complaint`` and ``chiefComplaint`` as ``Chief complaint``."""
    words = re.sub(r"[_\-]+", " ", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", key)).strip()
    return words[:1].upper() + words[1:] if words.isupper() else words[:1].upper() + words[1:].lower()
