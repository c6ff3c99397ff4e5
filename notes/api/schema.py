"""What the OpenAPI schema says about the views: parameters, answers, headers, problems and examples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema

from notes.api import problems
from notes.api.examples import NOTE, PAGE
from notes.api.parameters import LIMIT_DEFAULT, LIMIT_MAX
from notes.api.problems import MEDIA_TYPE, Kind
from notes.api.serializers import NotePageSerializer, NoteSerializer, ProblemSerializer, TranscriptSerializer

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
            "bearerFormat": "csk_…",
            "description": "An integration's key, made in administration and shown once.",
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


LIMIT = {"type": "integer", "minimum": 1, "maximum": LIMIT_MAX, "default": LIMIT_DEFAULT}
COMMON_HEADERS = [
    _header("X-Request-Id", "Names this request in our logs. Yours, if you send one.", [200]),
    _header("RateLimit-Policy", 'Requests per window of seconds: "integration";q=1200;w=60', [200, 429]),
    _header("RateLimit", "What is left of them, and seconds until the window ends.", [200, 429]),
    _header("Retry-After", "Seconds to wait.", [429, 503]),
    _header("WWW-Authenticate", "What a key needs to do.", [401]),
]

feed = extend_schema(
    operation_id="notes_list",
    summary="Filed notes, in the order they were filed",
    description=(
        "A change feed. Start without `after`, then send `next_cursor` each time; keep the last one and go on "
        "from it later. Nothing is missed and nothing comes twice, whatever is filed meanwhile. A note that is "
        "amended comes again as a new version."
    ),
    parameters=[
        OpenApiParameter("after", OpenApiTypes.STR, description="next_cursor of an earlier answer."),
        OpenApiParameter("limit", LIMIT, description="Notes per page."),
        OpenApiParameter("patient", OpenApiTypes.UUID, description="Only notes of this patient."),
        OpenApiParameter("encounter", OpenApiTypes.UUID, description="Only the notes of this encounter."),
        *COMMON_HEADERS,
    ],
    responses={
        (200, "application/json"): OpenApiResponse(
            NotePageSerializer, examples=[OpenApiExample("page", value=PAGE, status_codes=["200"])]
        ),
        **answers_of(problems.INVALID_CURSOR, *ALWAYS),
    },
)

note = extend_schema(
    operation_id="notes_retrieve",
    summary="The latest version of a filed note",
    description="Another practice's note, one that isn't filed yet and one that never was are all the same 404.",
    parameters=[
        OpenApiParameter(
            "If-None-Match",
            OpenApiTypes.STR,
            OpenApiParameter.HEADER,
            description="An ETag: 304 if it still holds.",
        ),
        _header("ETag", "Changes with every version.", [200, 304]),
        *COMMON_HEADERS,
    ],
    responses={
        (200, "application/json"): OpenApiResponse(
            NoteSerializer, examples=[OpenApiExample("note", value=NOTE, status_codes=["200"])]
        ),
        304: OpenApiResponse(description="Not changed since that ETag."),
        **answers_of(problems.NOT_FOUND, *ALWAYS),
    },
)

transcript = extend_schema(
    operation_id="notes_transcript",
    summary="What was said, as it was transcribed",
    description=(
        "The transcript that a filed note was drafted from. It is not part of the chart entry and needs the scope "
        "transcripts:read. Empty when the engine returned none or the note was written by hand."
    ),
    parameters=COMMON_HEADERS,
    responses={
        (200, "application/json"): OpenApiResponse(TranscriptSerializer),
        **answers_of(problems.NOT_FOUND, *ALWAYS),
    },
)
