"""What goes wrong, as an OperationOutcome: the only form of error on the FHIR side."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from rest_framework.exceptions import APIException
from rest_framework.views import set_rollback

from notes.api.errors import problem_for
from notes.selectors.fhir.values import BadParameter

MEDIA_TYPE = "application/fhir+json"
_CODES = {
    202: "informational",
    401: "login",
    403: "forbidden",
    404: "not-found",
    405: "not-supported",
    406: "not-supported",
    415: "not-supported",
    429: "throttled",
    500: "exception",
    503: "transient",
}


class FhirError(APIException):
    """`words` say what is wrong and what to do; `parameter` names the search parameter at fault."""

    def __init__(
        self, status: int, words: str, *, parameter: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(words)
        self.status_code = status
        self.words = words
        self.parameter = parameter
        self.headers = dict(headers or {})


def not_found() -> FhirError:
    return FhirError(404, "There is nothing at this address that you can see.")


def outcome(status: int, words: str, parameter: str = "", severity: str = "error") -> dict[str, Any]:
    issue: dict[str, Any] = {
        "severity": severity,
        "code": _CODES.get(status, "invalid"),
        "diagnostics": words,
    }
    if parameter:
        issue["expression"] = [f"http.{parameter}"]
    return {"resourceType": "OperationOutcome", "issue": [issue]}


def outcome_response(
    status: int,
    words: str,
    *,
    parameter: str = "",
    severity: str = "error",
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    body = json.dumps(outcome(status, words, parameter, severity), ensure_ascii=False).encode()
    return HttpResponse(
        body,
        status=status,
        content_type=f"{MEDIA_TYPE}; charset=utf-8",
        headers={"Cache-Control": "private, no-store", **(headers or {})},
    )


def outcome_handler(exc: Exception, _context: dict[str, Any]) -> HttpResponse:
    """REST framework's exception handler for FHIR views; what is not ours is first put as a problem."""
    set_rollback()
    if isinstance(exc, FhirError):
        return outcome_response(exc.status_code, exc.words, parameter=exc.parameter, headers=exc.headers)
    if isinstance(exc, BadParameter):
        return outcome_response(400, f"{exc.name}: {exc.words}", parameter=exc.name)
    if isinstance(exc, SuspiciousOperation):
        return outcome_response(400, "The request has too many parameters, or is too large.")
    problem = problem_for(exc)
    return outcome_response(
        problem.kind.status, f"{problem.kind.title}. {problem.words}", headers=problem.headers
    )


def fhir_not_found(_request: HttpRequest) -> HttpResponse:
    """Addresses under /fhir/ that lead nowhere."""
    return outcome_response(404, "There is no such resource type or interaction here. See /fhir/r4/metadata.")
