"""Header and part syntax that cannot be used to smuggle a second header."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from config.http.errors import UnsendableRequest

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,100}")
_VALUE = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]{0,8190}[\x21-\x7e])?")
_MEDIA_TYPE = re.compile(r"[a-z]{1,20}/[a-z0-9][a-z0-9.+\-]{0,60}(?:;[a-z]{1,20}=[A-Za-z0-9.+\-]{1,40})?")
_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._\-]{0,120}")
_PART_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_\-]{0,60}")


class Headers(Mapping[str, str]):
    """Answer headers: lookup ignores case, repeated headers are joined with ``", "``."""

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        self._pairs = tuple(pairs)
        self._values: dict[str, str] = {}
        for name, value in self._pairs:
            key = name.lower()
            self._values[key] = f"{self._values[key]}, {value}" if key in self._values else value

    def __getitem__(self, name: str) -> str:
        return self._values[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def each(self, name: str) -> list[str]:
        """Every value of a repeated header, unjoined: a cookie's date holds a comma of its own."""
        return [value for given, value in self._pairs if given.lower() == name.lower()]

    def __len__(self) -> int:
        return len(self._values)


def checked_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """The same headers, or ``UnsendableRequest`` (which never repeats the value: it may be a key)."""
    for name, value in headers.items():
        if not _TOKEN.fullmatch(name) or not _VALUE.fullmatch(value):
            raise UnsendableRequest("A request header is empty or holds characters that headers may not hold")
    return dict(headers)


def checked_media_type(value: str) -> str:
    """``audio/webm`` or ``audio/webm;codecs=opus``; anything else is refused."""
    if not _MEDIA_TYPE.fullmatch(value):
        raise UnsendableRequest("The media type of a part is not a plain type")
    return value


def checked_file_name(value: str) -> str:
    """ASCII letters, digits, dot, dash and underscore; never a path."""
    if not _FILE_NAME.fullmatch(value):
        raise UnsendableRequest("The file name of a part holds characters that it may not hold")
    return value


def checked_part_name(value: str) -> str:
    """An identifier."""
    if not _PART_NAME.fullmatch(value):
        raise UnsendableRequest("The name of a part is not an identifier")
    return value
