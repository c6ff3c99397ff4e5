"""The errors that the API answers with (RFC 9457): one catalogue, one shape."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from rest_framework.exceptions import APIException

from config import requests

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True)
class Kind:
    """A kind of problem. `code` names it in `type`, for programs; `title` is for people."""

    code: str
    status: int
    title: str

    @property
    def uri(self) -> str:
        return f"urn:countersign:problem:{self.code}"


INVALID_CURSOR = Kind("invalid-cursor", 400, "The cursor is not valid")
INVALID_PARAMETER = Kind("invalid-parameter", 400, "A parameter is not valid")
INVALID_BODY = Kind("invalid-body", 400, "The body is not valid")
UNAUTHENTICATED = Kind("unauthenticated", 401, "No valid key")
HTTPS_REQUIRED = Kind("https-required", 403, "Plain HTTP is refused")
INSUFFICIENT_SCOPE = Kind("insufficient-scope", 403, "The key may not do this")
NOT_FOUND = Kind("not-found", 404, "Not found")
METHOD_NOT_ALLOWED = Kind("method-not-allowed", 405, "Method not allowed")
CONFLICT = Kind("conflict", 409, "It contradicts what is there")
IDEMPOTENCY_CONFLICT = Kind("idempotency-conflict", 409, "The idempotency key was used for something else")
UNSUPPORTED_MEDIA_TYPE = Kind("unsupported-media-type", 415, "Unsupported media type")
NOT_ACCEPTABLE = Kind("not-acceptable", 406, "No acceptable representation")
RECEIPT_CONFLICT = Kind("receipt-conflict", 409, "The receipt contradicts an earlier one")
RATE_LIMITED = Kind("rate-limited", 429, "Too many requests")
INTERNAL = Kind("internal", 500, "Something went wrong here")
UNAVAILABLE = Kind("unavailable", 503, "Unavailable for the moment")
CATALOGUE = (
    INVALID_CURSOR, INVALID_PARAMETER, INVALID_BODY, UNAUTHENTICATED, HTTPS_REQUIRED, INSUFFICIENT_SCOPE, NOT_FOUND,
    METHOD_NOT_ALLOWED, NOT_ACCEPTABLE, CONFLICT, IDEMPOTENCY_CONFLICT, RECEIPT_CONFLICT, UNSUPPORTED_MEDIA_TYPE,
    RATE_LIMITED, INTERNAL, UNAVAILABLE,
)  # fmt: skip


class Problem(APIException):
    """Raise it to answer with `kind`. `detail` says what to do; `errors` name parameters or fields: {"parameter" or
    "pointer", "detail"}."""

    def __init__(
        self,
        kind: Kind,
        detail: str,
        *,
        errors: Sequence[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.kind, self.words, self.errors, self.headers = kind, detail, errors, headers or {}


def invalid_parameter(name: str, detail: str) -> Problem:
    return Problem(
        INVALID_PARAMETER,
        "Correct the parameter and try again.",
        errors=[{"parameter": name, "detail": detail}],
    )


def problem_response(problem: Problem) -> HttpResponse:
    """The answer. `instance` names this very occurrence by its request id, never by what was asked for."""
    request_id = requests.current().request_id
    fields: dict[str, Any] = {
        "type": problem.kind.uri,
        "title": problem.kind.title,
        "status": problem.kind.status,
        "detail": problem.words,
        "instance": f"urn:countersign:request:{request_id}",
        "request_id": request_id,
    }
    if problem.errors:
        fields["errors"] = list(problem.errors)
    content = json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()
    headers = {"Cache-Control": "no-store, private", **problem.headers}
    return HttpResponse(content, status=problem.kind.status, content_type=MEDIA_TYPE, headers=headers)
