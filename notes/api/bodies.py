"""Reading the JSON that integrations send: checked against a serializer, every error pointing at its field."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from django.core.exceptions import ValidationError
from django.http import JsonResponse
from rest_framework.exceptions import ErrorDetail
from rest_framework.request import Request
from rest_framework.serializers import Serializer

from notes.api.problems import IDEMPOTENCY_CONFLICT, INVALID_BODY, Problem
from notes.models import Integration
from notes.services.idempotency import Answer, KeyUsedDifferently, once

BODY_LIMIT = 256 * 1024
_KEY = re.compile(r"[\x21-\x7e]{1,64}")


def validated(request: Request, serializer: type[Serializer[Any]]) -> dict[str, Any]:
    """The body's values as `serializer` reads them. Raises Problem, naming every field that is wrong or unknown."""
    if len(request.body) > BODY_LIMIT:
        raise Problem(INVALID_BODY, f"Send at most {BODY_LIMIT // 1024} kB.")
    data = request.data
    if not isinstance(data, dict):
        raise Problem(INVALID_BODY, "Send a JSON object.")
    form = serializer(data=data)
    known = set(form.fields)
    unknown = [_error(f"/{_escaped(name[:60])}", "Unknown field.") for name in data if name not in known]
    if not form.is_valid() or unknown:
        raise invalid_body([*unknown, *(_error(*each) for each in _errors(form.errors, ""))])
    return dict(form.validated_data)


def invalid_body(errors: list[dict[str, str]]) -> Problem:
    return Problem(
        INVALID_BODY, "Correct the fields and send it again. Nothing was stored.", errors=errors[:20]
    )


def refused_by_service(refused: ValidationError) -> Problem:
    """A service's ValidationError, field by field where it names them."""
    if hasattr(refused, "error_dict"):
        pairs = [(f"/{name}", words) for name, words in refused.message_dict.items()]
        return invalid_body([_error(at, " ".join(words)) for at, words in pairs])
    return invalid_body([_error("", " ".join(refused.messages))])


def answered_once(request: Request, integration: Integration, act: Callable[[], Answer]) -> JsonResponse:
    """What `act` answers. With an Idempotency-Key, the same request gets the same answer without acting again."""
    key = request.headers.get("Idempotency-Key")
    try:
        if key is None:
            (status, content), repeated = act(), False
        elif not _KEY.fullmatch(key):
            raise Problem(INVALID_BODY, "An Idempotency-Key has 1 to 64 printable characters without spaces.")
        else:
            (status, content), repeated = once(
                integration=integration,
                key=key,
                method=str(request.method),
                path=request.path,
                body=request.body,
                act=act,
            )
    except KeyUsedDifferently:
        raise Problem(
            IDEMPOTENCY_CONFLICT,
            "This Idempotency-Key named another request. Use a new key for a new request.",
        ) from None
    except ValidationError as refused:
        raise refused_by_service(refused) from None
    headers = {"Cache-Control": "no-store, private", **({"Idempotency-Replayed": "true"} if repeated else {})}
    return JsonResponse(content, status=status, headers=headers)


def _errors(found: Any, at: str) -> Iterator[tuple[str, str]]:
    if isinstance(found, dict):
        for name, inner in found.items():
            yield from _errors(inner, at if name == "non_field_errors" else f"{at}/{name}")
    elif isinstance(found, list):
        for index, inner in enumerate(found):
            yield from _errors(inner, at if isinstance(inner, ErrorDetail) else f"{at}/{index}")
    else:
        yield at, str(found)


def _escaped(name: str) -> str:
    """A name in a JSON pointer (RFC 6901), without halves of characters, which no answer could carry."""
    return name.encode("utf-8", "replace").decode().replace("~", "~0").replace("/", "~1")


def _error(pointer: str, detail: str) -> dict[str, str]:
    return {"pointer": pointer, "detail": detail}
