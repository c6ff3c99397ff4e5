"""Request and answer over bare WSGI: the product's middleware and sessions have no place here."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from io import IOBase
from typing import Any, Protocol

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.http import QueryDict
from django.http.multipartparser import MultiPartParser, MultiPartParserError
from django.utils.datastructures import MultiValueDict

from notes.soapnoteapi.sandbox import WATERMARK
from notes.soapnoteapi.sandbox.errors import ApiError, invalid, refusal

JSON_LIMIT = 2 * 1024 * 1024
FORM_LIMIT = 4096
PIECE = 1 << 16
DRAIN_LIMIT = 1024 * 1024 * 1024


@dataclass(frozen=True)
class Response:
    """`stream` takes the place of `body` where the answer comes in pieces; its length is then not told."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    stream: Iterator[bytes] | None = None


def answer(
    data: Mapping[str, object], status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """A JSON answer; every one carries the watermark."""
    body = json.dumps({**data, **WATERMARK}, ensure_ascii=False).encode()
    base = {
        "Content-Type": "application/json",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(status, body, {**base, **(headers or {})})


def answer_to(error: ApiError, headers: Mapping[str, str] | None = None) -> Response:
    """The envelope of a refused request, with `Retry-After` where the error tells one."""
    waiting = {} if error.retry_after is None else {"Retry-After": str(error.retry_after)}
    return answer(error.envelope(), error.status, {**waiting, **(headers or {})})


class Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


class Body(IOBase):
    """The body of a request, in pieces: to its stated length, or to its end where the server decodes chunks.

    Reading past the stated length would wait for ever on a connection that stays open.
    """

    def __init__(self, stream: Readable, length: int | None) -> None:
        self._stream = stream
        self._left = length

    def read(self, size: int | None = None, /) -> bytes:
        wanted = PIECE if size is None or size < 0 else size
        if self._left is not None:
            wanted = min(wanted, self._left)
        data = self._stream.read(wanted) if wanted else b""
        if self._left is not None:
            self._left -= len(data)
        return data

    @property
    def is_cut_off(self) -> bool:
        """Whether the sender went away before the length that it had announced, once reading has ended."""
        return bool(self._left)


class Request:
    def __init__(self, environ: dict[str, Any]) -> None:
        self.environ = environ
        self.method: str = environ["REQUEST_METHOD"].upper()
        self.path: str = environ.get("PATH_INFO", "/").encode("latin-1").decode("utf-8", "replace")
        self.chunked = environ.get("HTTP_TRANSFER_ENCODING", "").lower() == "chunked"
        self.length = _length(environ.get("CONTENT_LENGTH"))
        self.stream = Body(environ["wsgi.input"], None if self.chunked else self.length)

    def header(self, name: str) -> str:
        return str(self.environ.get("HTTP_" + name.upper().replace("-", "_"), ""))

    @property
    def bearer(self) -> str:
        scheme, _, value = self.header("Authorization").partition(" ")
        return value.strip() if scheme.lower() == "bearer" else ""

    def json(self) -> dict[str, object]:
        return parse_object(self._read(JSON_LIMIT, "The request body is larger than 2 MB."), "body")

    def form(self) -> QueryDict:
        """The fields of a form of the sandbox's own page."""
        return QueryDict(self._read(FORM_LIMIT, "The form is too large."), encoding="utf-8")

    def multipart(
        self, handlers: list[FileUploadHandler]
    ) -> tuple[QueryDict, MultiValueDict[str, UploadedFile[Any]]]:
        kind, separator, rest = self.environ.get("CONTENT_TYPE", "").partition(";")
        if kind.strip().lower() != "multipart/form-data":
            raise invalid(("body", "Content-Type must be multipart/form-data"))
        meta = {
            **self.environ,
            "CONTENT_TYPE": f"multipart/form-data{separator}{rest}",
            "CONTENT_LENGTH": str(DRAIN_LIMIT if self.chunked else self.length),
        }
        try:
            parts = MultiPartParser(meta, self.stream, handlers, "utf-8").parse()
        except RequestDataTooBig as error:
            raise refusal(
                413, "A text field is too large. A recording is sent as a file, with a file name."
            ) from error
        except (MultiPartParserError, SuspiciousOperation) as error:
            raise invalid(("body", "The multipart body cannot be read")) from error
        if self.stream.is_cut_off:
            raise invalid(("body", "The body ended before its stated length"))
        return parts

    def drain(self) -> None:
        """Read what is left, so that a client still sending sees our answer and not a reset connection."""
        left = DRAIN_LIMIT
        while left > 0 and (chunk := self.stream.read(min(left, PIECE))):
            left -= len(chunk)

    def _read(self, limit: int, message: str) -> bytes:
        pieces, size = [], 0
        while size <= limit and (piece := self.stream.read(limit + 1 - size)):
            pieces.append(piece)
            size += len(piece)
        if size > limit:
            raise refusal(413, message)
        return b"".join(pieces)


def parse_object(raw: bytes | str, name: str) -> dict[str, object]:
    """A JSON object or a 400 that names the field it was expected in."""
    try:
        data = json.loads(raw)
        # An escaped half of a surrogate pair is valid JSON and no text: nothing could store or send it.
        json.dumps(data, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise invalid((name, f"{name} must be valid JSON")) from error
    if not isinstance(data, dict):
        raise invalid((name, f"{name} must be a JSON object"))
    return data


def _length(value: str | None) -> int:
    try:
        return max(0, int(value or 0))
    except ValueError:
        return 0
