"""The connection itself: to an address that was checked, under the deadline of the exchange.

The HTTP library is given the host name (so Host, SNI and the certificate check stay right) and asks this
backend for the socket; the name is resolved here, once, so it cannot change between check and connection.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterable
from functools import cache
from typing import Any

import httpcore
import httpx

from config.http.errors import ConnectFailed
from config.http.exchange import Exchange
from config.http.targets import Origin, TargetPolicy

_SHORTEST_WAIT = 0.001


class CheckedTransport(httpx.HTTPTransport):
    """One HTTP/1.1 connection, used for one exchange, to checked addresses only."""

    def __init__(
        self, *, policy: TargetPolicy, origin: Origin, exchange: Exchange, ssl_context: ssl.SSLContext | None
    ) -> None:
        context = ssl_context or default_ssl_context()
        super().__init__(verify=context, trust_env=False)
        self._pool = httpcore.ConnectionPool(
            ssl_context=context,
            max_connections=1,
            max_keepalive_connections=0,
            network_backend=CheckedBackend(policy, origin, exchange),
        )


@cache
def default_ssl_context() -> ssl.SSLContext:
    """Loading the certificate authorities takes tens of milliseconds: once per process."""
    return httpx.create_ssl_context(trust_env=False)


class CheckedBackend(httpcore.NetworkBackend):
    """Resolves, checks every address, and tries them in turn."""

    def __init__(self, policy: TargetPolicy, origin: Origin, exchange: Exchange) -> None:
        self._policy = policy
        self._origin = origin
        self._exchange = exchange
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        failure: Exception | None = None
        for address in self._policy.addresses((self._origin[0], host, port)):
            step = self._exchange.left(self._exchange.limits.connect)
            try:
                stream = self._sockets.connect_tcp(address, port, step, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
                continue
            return WatchedStream(stream, self._exchange)
        raise ConnectFailed("No connection could be made", host=host) from failure


class WatchedStream(httpcore.NetworkStream):
    """A socket whose waits are cut into pulses, so that the deadline and the caller's wish to stop count."""

    def __init__(self, stream: httpcore.NetworkStream, exchange: Exchange) -> None:
        self._stream = stream
        self._exchange = exchange

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        until = self._exchange.now() + self._exchange.left(self._exchange.limits.read)
        while True:
            self._exchange.tick()
            wait = min(self._exchange.limits.pulse, until - self._exchange.now())
            try:
                return self._stream.read(max_bytes, max(wait, _SHORTEST_WAIT))
            except httpcore.ReadTimeout:
                if self._exchange.now() >= until:
                    raise

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        left = memoryview(buffer)
        while left:
            left = left[self._send_some(left) :]

    def _send_some(self, left: memoryview) -> int:
        """Bytes that the other side took, once it takes any."""
        connection: socket.socket = self._stream.get_extra_info("socket")
        until = self._exchange.now() + self._exchange.left(self._exchange.limits.write)
        while True:
            wait = min(self._exchange.limits.pulse, until - self._exchange.now())
            try:
                connection.settimeout(max(wait, _SHORTEST_WAIT))
                return connection.send(left)
            except TimeoutError:
                if self._exchange.now() >= until:
                    raise httpcore.WriteTimeout from None
                self._exchange.tick()
            except OSError as error:
                raise httpcore.WriteError from error

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        step = self._exchange.left(self._exchange.limits.connect)
        return WatchedStream(self._stream.start_tls(ssl_context, server_hostname, step), self._exchange)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
