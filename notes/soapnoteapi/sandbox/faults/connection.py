"""What goes wrong below HTTP: bytes that come slowly, or not at all, and connections that break."""

from __future__ import annotations

import errno
import select
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

ABORT = struct.pack("ii", 1, 0)  # SO_LINGER with no time: closing sends RST and drops what was not sent
STEPS_A_SECOND = 10
CHECK_EVERY = 0.1


class HungUp(BaseException):
    """The connection is gone. Not an `Exception`, so that nothing on the way answers a caller who can't hear."""


def socket_of(environ: dict[str, Any]) -> socket.socket:
    """The connection of a request, as gunicorn hands it on."""
    found: socket.socket = environ["gunicorn.socket"]
    return found


def hang_up(connection: socket.socket, how: str) -> None:
    """Break the connection off: `reset` sends RST, `close` an orderly end."""
    try:
        if how == "reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ABORT)
        else:
            connection.shutdown(socket.SHUT_RDWR)
        connection.close()
    except OSError:
        return


def gone() -> ConnectionResetError:
    """What WSGI servers take quietly as the end of a connection."""
    return ConnectionResetError(errno.ECONNRESET, "The connection was broken off on purpose")


def stay_silent(connection: socket.socket, seconds: float, stopping: threading.Event) -> None:
    """Say nothing until the time is over, the caller has left or the process ends."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and not stopping.wait(CHECK_EVERY):
        readable, _, _ = select.select([connection], [], [], 0)
        try:
            if readable and not connection.recv(1, socket.MSG_PEEK):
                return
        except OSError:
            return


def dripping(body: bytes, bytes_per_second: int, stopping: threading.Event) -> Iterator[bytes]:
    """The body in pieces, several a second."""
    size = max(1, bytes_per_second // STEPS_A_SECOND)
    for start in range(0, len(body), size):
        yield body[start : start + size]
        stopping.wait(min(size, len(body) - start) / bytes_per_second)


class Intake:
    """The request's body: counted, and on demand slowed down or broken off (`HungUp`) at a byte."""

    def __init__(self, stream: Any, stopping: threading.Event) -> None:
        self._stream, self._stopping = stream, stopping
        self.received = 0
        self.bytes_per_second = 0
        self._break_at: int | None = None
        self._breaks: Callable[[], object] | None = None

    def break_at(self, count: int, breaks: Callable[[], object]) -> None:
        self._break_at, self._breaks = count, breaks

    def read(self, size: int = -1) -> bytes:
        data: bytes = self._stream.read(self._wanted(size))
        self.received += len(data)
        if self._break_at is not None and self._breaks and self.received >= self._break_at:
            self._breaks()
            raise HungUp
        if self.bytes_per_second:
            self._stopping.wait(len(data) / self.bytes_per_second)
        return data

    def drain(self, announced: int | None) -> None:
        """Read what is left of the body."""
        while announced is None or self.received < announced:
            left = 1 << 16 if announced is None else min(1 << 16, announced - self.received)
            if not self.read(left):
                return

    def _wanted(self, size: int) -> int:
        most = size
        if self._break_at is not None:
            left = max(1, self._break_at - self.received)
            most = left if most < 0 else min(most, left)
        if self.bytes_per_second:
            step = max(1, self.bytes_per_second // STEPS_A_SECOND)
            most = step if most < 0 else min(most, step)
        return most
