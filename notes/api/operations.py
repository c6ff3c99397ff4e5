"""How the OpenAPI schema describes one method of a view: parameters, answers, headers, problems and examples."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema

from notes.api import problems
from notes.api.parameters import LIMIT_DEFAULT, LIMIT_MAX
from notes.api.problems import MEDIA_TYPE, Kind
from notes.api.serializers import ProblemSerializer

F = TypeVar("F", bound=Callable[..., Any])


class Decorator(Protocol):
    def __call__(self, method: F, /) -> F: ...


ALWAYS = (
    problems.INVALID_PARAMETER, problems.UNAUTHENTICATED, problems.HTTPS_REQUIRED, problems.INSUFFICIENT_SCOPE,
    problems.NOT_ACCEPTABLE, problems.RATE_LIMITED, problems.INTERNAL, problems.UNAVAILABLE,
)  # fmt: skip


class IntegrationKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "notes.api.authentication.IntegrationKeyAuthentication"
    name = "integrationKey"

    def get_security_definition(self, _auto_schema: Any) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "csk_… or cst_…",
            "description": (
                "An integration's key, made in administration and shown once, or a token from POST /oauth/token."
            ),
        }


def _header(name: str, description: str, statuses: Sequence[int]) -> OpenApiParameter:
    return OpenApiParameter(
        name, OpenApiTypes.STR, OpenApiParameter.HEADER, description=description, response=list(statuses)
    )


def answers_of(*kinds: Kind) -> dict[tuple[int, str], OpenApiResponse]:
    """One documented answer per status, with an example of each problem that has it."""
    by_status: dict[int, list[Kind]] = {}
    for kind in sorted(kinds, key=lambda kind: kind.status):
        by_status.setdefault(kind.status, []).append(kind)
    return {
        (status, MEDIA_TYPE): OpenApiResponse(
            ProblemSerializer,
            description="; ".join(kind.title for kind in same),
            examples=[_example(kind) for kind in same],
        )
        for status, same in by_status.items()
    }


def _example(kind: Kind) -> OpenApiExample:
    value = {
        "type": kind.uri,
        "title": kind.title,
        "status": kind.status,
        "detail": "What to do about it.",
        "instance": "urn:countersign:request:0193b0c1a2b37c4d8e5f60718293a4b5",
        "request_id": "0193b0c1a2b37c4d8e5f60718293a4b5",
    }
    return OpenApiExample(kind.code, value=value, media_type=MEDIA_TYPE, status_codes=[str(kind.status)])


CURSOR = {"type": "string", "pattern": "^[A-Za-z0-9_-]*$"}
LIMIT = {"type": "integer", "minimum": 1, "maximum": LIMIT_MAX, "default": LIMIT_DEFAULT}
ANSWERS = [200, 201, 202, 204, 304, 400, 403, 404, 406, 409, 415, 429]
COMMON_HEADERS = [
    _header("X-Request-Id", "Names this request in our logs. Yours, if you send one.", ANSWERS),
    _header("RateLimit-Policy", 'Requests per window of seconds: "integration";q=1200;w=60', ANSWERS),
    _header("RateLimit", "What is left of them, and seconds until the window ends.", ANSWERS),
    _header("Retry-After", "Seconds to wait.", [429, 503]),
    _header("WWW-Authenticate", "What a key needs to do.", [401]),
]

BODY_PROBLEMS = (problems.INVALID_BODY, problems.UNSUPPORTED_MEDIA_TYPE)
IF_NONE_MATCH = OpenApiParameter(
    "If-None-Match", OpenApiTypes.STR, OpenApiParameter.HEADER, description="An ETag: 304 if it still holds."
)
REVALIDATING = [IF_NONE_MATCH, _header("ETag", "Changes with what is served.", [200, 304])]
AFTER = OpenApiParameter("after", CURSOR, description="next_cursor of an earlier answer.")
PER_PAGE = OpenApiParameter("limit", LIMIT, description="Rows per page.")
UNCHANGED = {304: OpenApiResponse(description="Not changed since that ETag.")}


def operation(
    name: str,
    summary: str,
    answer: tuple[Any, Any] | None,
    *,
    description: str = "",
    parameters: Sequence[OpenApiParameter] = (),
    body: tuple[Any, Any] | None = None,
    statuses: Sequence[int] = (200,),
    more: dict[Any, OpenApiResponse] | None = None,
    kinds: Sequence[Kind] = (),
    without: Sequence[Kind] = (),
) -> Decorator:
    """Decorator for a view's method. `answer`, `body`: shape and example; `kinds`: problems beside the usual."""
    always = [kind for kind in ALWAYS if kind not in without]
    sent = [OpenApiExample(f"{name}_body", value=body[1], request_only=True)] if body else []
    answers = (
        {(status, "application/json"): _answer(name, *answer, status) for status in statuses}
        if answer
        else {}
    )
    decorator: Decorator = extend_schema(
        operation_id=name,
        summary=summary,
        description=description or summary,
        parameters=[*parameters, *COMMON_HEADERS],
        request={"application/json": body[0]} if body else None,
        examples=sent,
        responses={
            **answers,
            **(more or {}),
            **answers_of(*kinds, *(BODY_PROBLEMS if body else ()), *always),
        },
    )
    return decorator


def _answer(name: str, shape: Any, example: Any, status: int) -> OpenApiResponse:
    shown = [OpenApiExample(f"{name}_{status}", value=example, status_codes=[str(status)])] if example else []
    return OpenApiResponse(shape, examples=shown)


def open_to_all(decorator: Decorator) -> Decorator:
    """The same for an address that needs no key."""

    def both(method: F, /) -> F:
        return extend_schema(auth=[])(decorator(method))

    return both
