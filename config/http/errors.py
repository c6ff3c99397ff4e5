"""What can go wrong at the HTTP door.

    HttpFailure
    ├── ForbiddenTarget      the address may not be called; nothing was sent
    ├── UnsendableRequest    a header, part name or part type would break the request; nothing was sent
    ├── ConnectFailed        no connection, or TLS refused; nothing was sent
    ├── TimedOut             too slow, in one step or altogether
    ├── ConnectionLost       broke off, or the answer was not HTTP
    ├── AnswerRefused        an answer came, ``status`` is known, its body was not taken
    │   ├── AnswerTooLarge   more bytes than the caller allowed
    │   └── AnswerEncoded    compressed although we asked for plain bytes
    ├── SourceFailed         the body ended before its announced length
    └── Aborted              the caller's ``should_abort`` said stop

An HTTP error status is not a failure here: it comes back as a ``Response``. Messages name the host at most,
never a path, query, header value or body.
"""

from __future__ import annotations

from typing import Literal

BodySent = Literal["no", "maybe", "yes"]


class HttpFailure(Exception):
    """A request without a usable answer.

    ``body_sent`` tells whether the other side can have acted on it: ``no``, ``maybe`` (part of the body left
    us) or ``yes`` (the whole body was handed to the network). Without a body it is ``no``.
    """

    def __init__(self, message: str, *, host: str = "", body_sent: BodySent = "no") -> None:
        super().__init__(f"{message} (host: {host})" if host else message)
        self.host = host
        self.body_sent: BodySent = body_sent


class ForbiddenTarget(HttpFailure):
    """Not https, not a public address, or not on the caller's list."""


class UnsendableRequest(HttpFailure):
    """A value that would end up in the request's own syntax."""


class ConnectFailed(HttpFailure):
    """The name did not resolve, nobody listened, or the certificate was refused."""


class TimedOut(HttpFailure):
    """A read, a write or the whole exchange took longer than allowed."""


class ConnectionLost(HttpFailure):
    """The connection ended before the answer did."""


class AnswerRefused(HttpFailure):
    """An answer arrived and its ``status`` is known, but its body is not taken."""

    def __init__(self, message: str, *, status: int, host: str = "", body_sent: BodySent = "no") -> None:
        super().__init__(message, host=host, body_sent=body_sent)
        self.status = status


class AnswerTooLarge(AnswerRefused):
    """The answer is larger than the byte cap."""


class AnswerEncoded(AnswerRefused):
    """The answer carries a Content-Encoding; unpacking it could exhaust memory."""


class SourceFailed(HttpFailure):
    """The file being sent is shorter than it said."""


class Aborted(HttpFailure):
    """The caller withdrew the request while it was under way."""
