"""Sending one request, and taking in one answer."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx

from config.http.bodies import Body
from config.http.errors import (
    AnswerEncoded,
    AnswerRefused,
    AnswerTooLarge,
    ConnectFailed,
    ConnectionLost,
    ForbiddenTarget,
    HttpFailure,
    TimedOut,
    UnsendableRequest,
)
from config.http.exchange import Exchange, Limits, Watch
from config.http.headers import Headers, checked_headers
from config.http.targets import Origin, Resolve, TargetPolicy, system_resolve
from config.http.wire import CheckedTransport

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"})
_OURS = frozenset(
    {"host", "content-length", "transfer-encoding", "accept-encoding", "connection", "user-agent"}
)
_ERROR_BODY_BYTES = 64 * 1024


@dataclass(frozen=True)
class Response:
    """An answer: also a redirect, which is never followed, or an HTTP error. The body is not in its repr."""

    status: int
    headers: Headers = field(repr=False)
    body: bytes = field(repr=False)


class Door:
    """Outgoing HTTP under one policy. Cheap to make, holds no connection, safe to share between threads.

    ``allowed_origins``: origins such as ``http://127.0.0.1:8642`` that may be plain http and private.
    ``allowed_hosts``: when given, the only other hosts that may be called (``.example.com``: its subdomains).
    ``resolve(host, port)``: addresses of a host; ``ssl_context``: instead of the public authorities.
    """

    def __init__(
        self,
        *,
        allowed_origins: Iterable[str] = (),
        allowed_hosts: Collection[str] | None = None,
        limits: Limits | None = None,
        user_agent: str = "Countersign",
        resolve: Resolve = system_resolve,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self._policy = TargetPolicy(
            allowed_origins=allowed_origins, allowed_hosts=allowed_hosts, resolve=resolve
        )
        self._limits = limits or Limits()
        self._user_agent = user_agent
        self._ssl_context = ssl_context

    def check(self, url: str) -> None:
        """Raise ``ForbiddenTarget`` for an address that can be told from its text alone to be out of bounds."""
        self._policy.check_url(url)

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: Body | None = None,
        limits: Limits | None = None,
        watch: Watch | None = None,
    ) -> Response:
        """The answer with its whole body, whatever its status; ``HttpFailure`` when there is none.

        What a body's reader or a callback raises passes through unchanged; the connection is dropped.
        """
        exchange = Exchange(limits or self._limits, watch or Watch())
        with self._exchanged(method, url, headers or {}, body, exchange) as answer:
            pieces = _capped(answer, exchange, exchange.limits.answer_bytes)
            return Response(answer.status_code, _headers(answer), b"".join(pieces))

    def download(
        self,
        url: str,
        sink: Callable[[bytes], object],
        *,
        max_bytes: int,
        headers: Mapping[str, str] | None = None,
        limits: Limits | None = None,
        watch: Watch | None = None,
    ) -> Response:
        """GET into ``sink``, piece by piece, when the status is 200 or 206; the returned body is then empty.

        Any other status leaves ``sink`` untouched and comes back with (the beginning of) its body.
        """
        exchange = Exchange(limits or self._limits, watch or Watch())
        with self._exchanged("GET", url, headers or {}, None, exchange) as answer:
            if answer.status_code not in (200, 206):
                pieces = _capped(answer, exchange, _ERROR_BODY_BYTES)
                return Response(answer.status_code, _headers(answer), b"".join(pieces))
            for piece in _capped(answer, exchange, max_bytes):
                sink(piece)
                exchange.moved(len(piece))
                exchange.tick()
            exchange.tick(final=True)
            return Response(answer.status_code, _headers(answer), b"")

    @contextmanager
    def _exchanged(
        self, method: str, url: str, headers: Mapping[str, str], body: Body | None, exchange: Exchange
    ) -> Iterator[httpx.Response]:
        origin = self._policy.check_url(url)
        exchange.host = origin[1]
        with _translated(exchange):
            request = self._request(method, url, headers, body, exchange)
            _check_parsed(request.url, origin)
            exchange.tick()
            transport = CheckedTransport(
                policy=self._policy, origin=origin, exchange=exchange, ssl_context=self._ssl_context
            )
            with transport, _told_to_the_last(exchange):
                answer = transport.handle_request(request)
                answer.request = request
                try:
                    yield answer
                finally:
                    answer.close()

    def _request(
        self, method: str, url: str, headers: Mapping[str, str], body: Body | None, exchange: Exchange
    ) -> httpx.Request:
        if method not in _METHODS or any(name.lower() in _OURS for name in headers):
            raise UnsendableRequest("The method or a header is not the caller's to choose")
        sent = {"Accept": "*/*", **checked_headers(headers)}
        sent |= {"Accept-Encoding": "identity", "Connection": "close", "User-Agent": self._user_agent}
        stream: httpx.SyncByteStream | None = None
        if body is not None:
            sent |= {"Content-Type": body.content_type, "Content-Length": str(body.length)}
            stream = _BodyStream(body, exchange)
        limits = exchange.limits
        timeout = {
            "connect": limits.connect,
            "read": limits.read,
            "write": limits.write,
            "pool": limits.connect,
        }
        target = httpx.URL(url)
        sent["Host"] = target.netloc.decode("ascii")  # the library adds it to bodies of its own making only
        return httpx.Request(method, target, headers=sent, stream=stream, extensions={"timeout": timeout})


class _BodyStream(httpx.SyncByteStream):
    """Hands the body to the network and keeps the exchange informed about how much of it has left."""

    def __init__(self, body: Body, exchange: Exchange) -> None:
        self._body = body
        self._exchange = exchange

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._body.chunks():
            self._exchange.tick()
            self._exchange.body_sent = "maybe"
            # Before it is sent: of a piece that breaks off in the middle, an unknown part has left.
            self._exchange.moved(len(chunk))
            yield chunk
        self._exchange.body_sent = "yes"
        self._exchange.tick(final=True)


def _check_parsed(url: httpx.URL, origin: Origin) -> None:
    """Two parsers that read an address differently are how a checked host becomes another one."""
    scheme, host, port = origin
    default = 443 if scheme == "https" else 80
    if (url.scheme, url.raw_host.decode("ascii"), url.port or default) != (scheme, host, port):
        raise ForbiddenTarget("The address cannot be read in one way only")


def _headers(answer: httpx.Response) -> Headers:
    return Headers(answer.headers.multi_items())


def _capped(answer: httpx.Response, exchange: Exchange, cap: int) -> Iterator[bytes]:
    """Raw body bytes; never unpacked, never more than ``cap``."""
    if answer.headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
        raise _refused(AnswerEncoded, "The answer is compressed, which was not asked for", answer, exchange)
    announced = answer.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > cap:
        raise _refused(AnswerTooLarge, "The answer is larger than allowed", answer, exchange)
    received = 0
    for piece in answer.iter_raw():
        received += len(piece)
        if received > cap:
            raise _refused(AnswerTooLarge, "The answer is larger than allowed", answer, exchange)
        yield piece


def _refused(
    kind: type[AnswerRefused], message: str, answer: httpx.Response, exchange: Exchange
) -> AnswerRefused:
    return kind(message, status=answer.status_code, host=exchange.host, body_sent=exchange.body_sent)


@contextmanager
def _told_to_the_last(exchange: Exchange) -> Iterator[None]:
    """Progress up to the moment of a failure: what had left by then must not be less than what was told."""
    try:
        yield
    except BaseException:
        exchange.tick(final=True)
        raise


@contextmanager
def _translated(exchange: Exchange) -> Iterator[None]:
    """The library's exceptions as ours. Their own texts may quote the address and are dropped."""
    host = exchange.host
    try:
        yield
    except HttpFailure as failure:
        failure.host = failure.host or host
        raise
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
        raise ConnectFailed("No connection could be made", host=host) from None
    except httpx.TimeoutException:
        raise TimedOut("No answer in time", host=host, body_sent=exchange.body_sent) from None
    except (httpx.LocalProtocolError, httpx.UnsupportedProtocol, httpx.InvalidURL):
        raise UnsendableRequest(
            "The request cannot be written", host=host, body_sent=exchange.body_sent
        ) from None
    except httpx.TransportError:
        raise ConnectionLost("The connection ended early", host=host, body_sent=exchange.body_sent) from None
