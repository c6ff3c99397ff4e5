"""Turns whatever goes wrong below an API view into problem+json."""

from __future__ import annotations

import math
from typing import Any

import structlog
from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions
from rest_framework.views import set_rollback

from notes.api import problems
from notes.api.problems import Problem, problem_response

log = structlog.get_logger(__name__)


def problem_handler(exc: Exception, context: dict[str, Any]) -> HttpResponse:
    """REST framework's EXCEPTION_HANDLER. Unexpected errors are logged by type and place, and answered by 500."""
    set_rollback()
    return problem_response(problem_for(exc, context.get("view")))


@csrf_exempt
def api_not_found(_request: HttpRequest) -> HttpResponse:
    """Addresses under /api/ that lead nowhere."""
    return problem_response(not_found())


def not_found() -> Problem:
    return Problem(problems.NOT_FOUND, "There is nothing at this address that your key can see.")


def problem_for(exc: Exception, view: Any = None) -> Problem:
    if isinstance(exc, Problem):
        return exc
    if isinstance(exc, exceptions.NotAuthenticated | exceptions.AuthenticationFailed):
        return _unauthenticated(exc)
    if isinstance(exc, Http404 | exceptions.NotFound):
        return not_found()
    if isinstance(exc, PermissionDenied | exceptions.PermissionDenied):
        return Problem(problems.INSUFFICIENT_SCOPE, "Ask the practice to give the integration this scope.")
    if isinstance(exc, exceptions.Throttled):
        return _throttled(exc)
    return _protocol(exc, view)


def _protocol(exc: Exception, view: Any) -> Problem:
    if isinstance(exc, exceptions.MethodNotAllowed):
        allowed = ", ".join(view.allowed_methods) if view else "GET, HEAD"
        return Problem(
            problems.METHOD_NOT_ALLOWED, f"This address takes {allowed}.", headers={"Allow": allowed}
        )
    if isinstance(exc, exceptions.ParseError):
        return Problem(problems.INVALID_BODY, "The body is no valid JSON. Nothing was stored.")
    if isinstance(exc, exceptions.UnsupportedMediaType):
        return Problem(problems.UNSUPPORTED_MEDIA_TYPE, "Send application/json.")
    if isinstance(exc, exceptions.NotAcceptable):
        return Problem(problems.NOT_ACCEPTABLE, "Ask for application/json.")
    if isinstance(exc, OperationalError):
        log.error("api unavailable", exc_info=exc)
        return Problem(
            problems.UNAVAILABLE, "Try again in a moment; nothing is lost.", headers={"Retry-After": "5"}
        )
    log.error("api request failed", exc_info=exc)
    return Problem(problems.INTERNAL, "The failure is logged under this request id. Nothing was changed.")


def _unauthenticated(exc: exceptions.APIException) -> Problem:
    challenge = 'Bearer realm="countersign"'
    if isinstance(exc, exceptions.NotAuthenticated):
        detail = "Send the integration's key: Authorization: Bearer csk_…"
        return Problem(problems.UNAUTHENTICATED, detail, headers={"WWW-Authenticate": challenge})
    detail = str(exc.detail)
    return Problem(
        problems.UNAUTHENTICATED, detail, headers={"WWW-Authenticate": f'{challenge}, error="invalid_token"'}
    )


def _throttled(exc: exceptions.Throttled) -> Problem:
    wait = math.ceil(getattr(exc, "wait", None) or 1)
    return Problem(problems.RATE_LIMITED, f"Go on in {wait} seconds.", headers={"Retry-After": str(wait)})
