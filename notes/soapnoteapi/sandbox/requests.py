"""Request and answer over bare WSGI: the product's middleware and sessions have no place here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import SuspiciousOperation
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.core.handlers.wsgi import LimitedStream
from django.http import QueryDict
from django.http.multipartparser import MultiPartParser, MultiPartParserError
from django.utils.datastructures import MultiValueDict

from notes.soapnoteapi.sandbox import WATERMARK
from notes.soapnoteapi.sandbox.errors import ApiError, invalid

JSON_LIMIT = 2 * 1024 * 1024
DRAIN_LIMIT = 1024 * 1024 * 1024


@dataclass(frozen=True)
class Response:
    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


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


class Request:
    def __init__(self, environ: dict[str, Any]) -> None:
        self.environ = environ
        self.method: str = environ["REQUEST_METHOD"].upper()
        self.path: str = environ.get("PATH_INFO", "/").encode("latin-1").decode("utf-8", "replace")
        self.chunked = environ.get("HTTP_TRANSFER_ENCODING", "").lower() == "chunked"
        self.length = _length(environ.get("CONTENT_LENGTH"))
        stream = environ["wsgi.input"]
        # A server that decodes chunks ends the stream itself; otherwise reading past the length would hang.
        self.stream = stream if self.chunked else LimitedStream(stream, self.length)

    def header(self, name: str) -> str:
        return str(self.environ.get("HTTP_" + name.upper().replace("-", "_"), ""))

    @property
    def bearer(self) -> str:
        scheme, _, value = self.header("Authorization").partition(" ")
        return value.strip() if scheme.lower() == "bearer" else ""

    def json(self) -> dict[str, object]:
        raw = self.stream.read(JSON_LIMIT + 1)
        if len(raw) > JSON_LIMIT:
            raise ApiError(413, "PAYLOAD_TOO_LARGE", "The request body is larger than 2 MB.")
        return parse_object(raw, "body")

    def multipart(
        self, handlers: list[FileUploadHandler]
    ) -> tuple[QueryDict, MultiValueDict[str, UploadedFile[Any]]]:
        if not self.environ.get("CONTENT_TYPE", "").startswith("multipart/form-data"):
            raise invalid(("body", "Content-Type must be multipart/form-data"))
        meta = {**self.environ, "CONTENT_LENGTH": str(DRAIN_LIMIT if self.chunked else self.length)}
        try:
            return MultiPartParser(meta, self.stream, handlers, "utf-8").parse()
        except (MultiPartParserError, SuspiciousOperation) as error:
            raise invalid(("body", "The multipart body cannot be read")) from error

    def drain(self) -> None:
        """Read what is left, so that a client still sending sees our answer and not a reset connection."""
        left = DRAIN_LIMIT
        while left > 0 and (chunk := self.stream.read(min(left, 1 << 16))):
            left -= len(chunk)


def parse_object(raw: bytes | str, name: str) -> dict[str, object]:
    """A JSON object or a 400 that names the field it was expected in."""
    try:
        data = json.loads(raw)
    except ValueError as error:
        raise invalid((name, f"{name} must be valid JSON")) from error
    if not isinstance(data, dict):
        raise invalid((name, f"{name} must be a JSON object"))
    return data


def _length(value: str | None) -> int:
    try:
        return max(0, int(value or 0))
    except ValueError:
        return 0
