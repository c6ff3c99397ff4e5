"""Request bodies with a known length that are produced piece by piece."""

from __future__ import annotations

import io
import json
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlencode

from config.http.errors import SourceFailed
from config.http.headers import checked_file_name, checked_media_type, checked_part_name

CHUNK_BYTES = 64 * 1024


class BytesReader(Protocol):
    """What an upload is read from: an open file or a decrypting reader; no descriptor is ever asked for."""

    def read(self, size: int, /) -> bytes: ...

    def seek(self, offset: int, whence: int = 0, /) -> int: ...


@dataclass(frozen=True)
class Body:
    """``chunks()`` starts from the beginning each time and yields exactly ``length`` bytes."""

    content_type: str
    length: int
    chunks: Callable[[], Iterator[bytes]]


@dataclass(frozen=True)
class FieldPart:
    """A multipart field without file name; ``media_type`` may be left out."""

    name: str
    value: str
    media_type: str = ""


@dataclass(frozen=True)
class FilePart:
    """A multipart file. ``reader`` is seekable; its length is asked once, and it is read from the start."""

    name: str
    reader: BytesReader
    filename: str
    media_type: str


def bytes_body(data: bytes, content_type: str) -> Body:
    """``data`` as it is."""
    return Body(checked_media_type(content_type), len(data), lambda: iter((data,)))


def json_body(payload: object) -> Body:
    """JSON in UTF-8, ASCII only, so that no character can be unsendable."""
    return bytes_body(json.dumps(payload, allow_nan=False).encode(), "application/json")


def form_body(fields: Mapping[str, str] | Sequence[tuple[str, str]]) -> Body:
    """A URL-encoded form."""
    return bytes_body(urlencode(fields).encode(), "application/x-www-form-urlencoded")


def multipart_body(parts: Sequence[FieldPart | FilePart]) -> Body:
    """multipart/form-data in constant memory.

    Raises ``UnsendableRequest`` when a name or type could break out of its line.
    """
    boundary = f"part-{secrets.token_hex(16)}"
    prepared = [_prepare(part, boundary) for part in parts]
    closing = f"--{boundary}--\r\n".encode()
    length = sum(len(head) + size + 2 for head, _, size in prepared) + len(closing)

    def chunks() -> Iterator[bytes]:
        for head, reader, size in prepared:
            yield head
            yield from _read_all(reader, size)
            yield b"\r\n"
        yield closing

    return Body(f"multipart/form-data; boundary={boundary}", length, chunks)


def _prepare(part: FieldPart | FilePart, boundary: str) -> tuple[bytes, BytesReader, int]:
    disposition = f'form-data; name="{checked_part_name(part.name)}"'
    reader: BytesReader
    if isinstance(part, FilePart):
        disposition += f'; filename="{checked_file_name(part.filename)}"'
        reader = part.reader
    else:
        reader = io.BytesIO(part.value.encode())
    head = f"--{boundary}\r\nContent-Disposition: {disposition}\r\n"
    if part.media_type:
        head += f"Content-Type: {checked_media_type(part.media_type)}\r\n"
    return f"{head}\r\n".encode(), reader, reader.seek(0, io.SEEK_END)


def _read_all(reader: BytesReader, size: int) -> Iterator[bytes]:
    reader.seek(0)
    left = size
    while left:
        chunk = reader.read(min(CHUNK_BYTES, left))
        if not chunk:
            raise SourceFailed("The file being sent ended before its announced length", body_sent="maybe")
        left -= len(chunk)
        yield chunk
