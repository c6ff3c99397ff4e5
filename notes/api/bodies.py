"""Reading a JSON body: an object with known members of the right kind, or a problem that names what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime
from rest_framework.request import Request

from notes.api.problems import invalid_body

Reader = Callable[[Any], Any]
MISSING = object()


class Wrong(Exception):
    """What is wrong with a value, in words; `pointer` leads on into it."""

    def __init__(self, words: str, pointer: str = "") -> None:
        super().__init__(words)
        self.words, self.pointer = words, pointer


def read_body(
    request: Request, members: Mapping[str, Reader], *, required: tuple[str, ...] = ()
) -> dict[str, Any]:
    """The members that were given, each as its reader gives it. Raises Problem with everything that is wrong."""
    given = request.data
    if not isinstance(given, dict):
        raise invalid_body({"": "A JSON object."})
    errors = {f"/{_escaped(name)}": "Unknown member." for name in given if name not in members}
    errors |= {f"/{name}": "Required." for name in required if name not in given}
    found = {}
    for name, reader in members.items():
        if name not in given:
            continue
        try:
            found[name] = reader(given[name])
        except Wrong as wrong:
            errors[f"/{name}{wrong.pointer}"] = wrong.words
    if errors:
        raise invalid_body(dict(list(errors.items())[:20]))
    return found


def _escaped(name: str) -> str:
    """A member's name in a JSON pointer (RFC 6901), shortened."""
    return printable(name[:60]).replace("~", "~0").replace("/", "~1")


def printable(text: str) -> str:
    return text.encode("utf-8", "replace").decode().replace("\0", "\ufffd")


def text(longest: int, *, least: int = 0) -> Reader:
    """A text that can be stored: no NUL, no lone surrogate."""

    def read(value: Any) -> str:
        if not isinstance(value, str) or not least <= len(value) <= longest:
            raise Wrong(f"A text of {least} to {longest} characters.")
        if printable(value) != value:
            raise Wrong("A text without NUL and without halves of characters.")
        return value

    return read


def one_of(choices: list[str]) -> Reader:
    def read(value: Any) -> str:
        if value not in choices or not isinstance(value, str):
            raise Wrong(f"One of {', '.join(choices)}.")
        return value

    return read


def several_of(choices: list[str]) -> Reader:
    def read(value: Any) -> list[str]:
        if not isinstance(value, list) or not value or not all(isinstance(item, str) for item in value):
            raise Wrong("A list of texts.")
        if set(value) - set(choices):
            raise Wrong(f"One or more of {', '.join(choices)}.")
        return list(dict.fromkeys(value))

    return read


def boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise Wrong("true or false.")
    return value


def moment(value: Any) -> datetime:
    """RFC 3339 with a zone."""
    try:
        found = parse_datetime(value) if isinstance(value, str) and len(value) <= 40 else None
    except ValueError:
        found = None
    if found is None or found.tzinfo is None or not 1970 <= found.year <= 9998:
        raise Wrong("A time with its zone, such as 2026-11-20T15:26:08Z.")
    return found
