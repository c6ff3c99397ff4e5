"""The one door for outgoing HTTP. Nothing else in the product imports an HTTP library.

``Door`` decides where a request may go, connects to the very address it has checked, streams bodies in
constant memory, caps what may come back, follows no redirect, and reports every failure as an ``HttpFailure``
that says whether the other side can have received the request.
"""

from __future__ import annotations

from config.http.bodies import (
    Body,
    BytesReader,
    FieldPart,
    FilePart,
    bytes_body,
    form_body,
    json_body,
    multipart_body,
)
from config.http.door import Door, Response
from config.http.errors import (
    Aborted,
    AnswerEncoded,
    AnswerRefused,
    AnswerTooLarge,
    BodySent,
    ConnectFailed,
    ConnectionLost,
    ForbiddenTarget,
    HttpFailure,
    SourceFailed,
    TimedOut,
    UnsendableRequest,
)
from config.http.exchange import Limits, Watch
from config.http.headers import Headers

__all__ = [
    "Aborted",
    "AnswerEncoded",
    "AnswerRefused",
    "AnswerTooLarge",
    "Body",
    "BodySent",
    "BytesReader",
    "ConnectFailed",
    "ConnectionLost",
    "Door",
    "FieldPart",
    "FilePart",
    "ForbiddenTarget",
    "Headers",
    "HttpFailure",
    "Limits",
    "Response",
    "SourceFailed",
    "TimedOut",
    "UnsendableRequest",
    "Watch",
    "bytes_body",
    "form_body",
    "json_body",
    "multipart_body",
]
