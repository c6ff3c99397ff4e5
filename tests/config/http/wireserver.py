"""A scripted peer on 127.0.0.1: what a test needs to say byte by byte, and what a real server never would."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

Script = Callable[[socket.socket, bytes], None]
"""Gets the connection and the request head (up to and with the blank line)."""


@dataclass
class WireServer:
    port: int
    heads: list[bytes] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    server_names: list[str | None] = field(default_factory=list)
    release: threading.Event = field(default_factory=threading.Event)

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def read_head(connection: socket.socket) -> tuple[bytes, bytes]:
    received = b""
    while b"\r\n\r\n" not in received:
        piece = connection.recv(65536)
        if not piece:
            return received, b""
        received += piece
    head, _, rest = received.partition(b"\r\n\r\n")
    return head + b"\r\n\r\n", rest


def read_body(connection: socket.socket, head: bytes, begun: bytes) -> bytes:
    lines = head.lower().split(b"\r\n")
    lengths = [int(line.split(b":")[1]) for line in lines if line.startswith(b"content-length:")]
    body = bytearray(begun)
    while len(body) < (lengths or [0])[0]:
        body += connection.recv(1 << 20)
    return bytes(body)


@contextlib.contextmanager
def wire_server(
    answer: bytes | Script, *, read_all: bool = True, context: ssl.SSLContext | None = None
) -> Iterator[WireServer]:
    """Serve one connection at a time. ``answer`` is sent as it is, or a script drives the connection."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = WireServer(listener.getsockname()[1])
    if context is not None:
        context.sni_callback = lambda _s, name, _c: server.server_names.append(name)

    def serve(connection: socket.socket) -> None:
        if context is not None:
            connection = context.wrap_socket(connection, server_side=True)
        head, rest = read_head(connection)
        server.heads.append(head)
        if read_all:
            server.bodies.append(read_body(connection, head, rest))
        if callable(answer):
            answer(connection, head)
        else:
            connection.sendall(answer)
        connection.close()

    thread = threading.Thread(target=_accept, args=(listener, serve), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.release.set()
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


def _accept(listener: socket.socket, serve: Callable[[socket.socket], None]) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with contextlib.suppress(OSError), connection:
            serve(connection)


def plain(body: bytes, status: str = "200 OK", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
