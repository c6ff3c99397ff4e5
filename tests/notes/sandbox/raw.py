"""Requests written byte by byte, for what no HTTP library would send."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Iterable
from urllib.parse import urlsplit

from tests.notes.sandbox.running import DEADLINE, KEY

BOUNDARY = "----WebKitFormBoundary7MA4YWxkTrZu0gW"


def part(disposition: str, content: bytes, kind: str = "") -> bytes:
    """One part of a form; `disposition` is what follows `form-data; `."""
    head = f"--{BOUNDARY}\r\nContent-Disposition: form-data; {disposition}\r\n"
    return (
        head.encode() + (f"Content-Type: {kind}\r\n".encode() if kind else b"") + b"\r\n" + content + b"\r\n"
    )


def form(*parts: bytes) -> bytes:
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


def chunked(body: bytes, size: int) -> bytes:
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


class Connection:
    """One connection; `headers` are sent as they are written."""

    def __init__(self, base_url: str) -> None:
        where = urlsplit(base_url)
        assert where.hostname and where.port
        self._socket = socket.create_connection((where.hostname, where.port), DEADLINE)

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_error: object) -> None:
        self._socket.close()

    def send(self, line: str, headers: Iterable[str], body: bytes = b"") -> None:
        head = [f"{line} HTTP/1.1", "host: sandbox", f"authorization: Bearer {KEY}", *headers]
        self._socket.sendall("\r\n".join([*head, "", ""]).encode() + body)

    def send_bytes(self, data: bytes) -> None:
        self._socket.sendall(data)

    def receive(self) -> bytes:
        return self._socket.recv(1 << 16)

    def answer(self, method: str = "PUT") -> tuple[int, dict[str, str], bytes]:
        """Status, headers by lower-case name, body."""
        response = http.client.HTTPResponse(self._socket, method=method)
        response.begin()
        headers = {name.lower(): value for name, value in response.getheaders()}
        return response.status, headers, response.read()
