"""What all FHIR views share: who may, over what connection, in which form, and what the trail says of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse, HttpResponseNotModified, QueryDict
from django.utils.http import http_date, parse_etags
from rest_framework.exceptions import NotAuthenticated
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.permissions import BasePermission
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from consent import audit
from notes.api.fhir.outcomes import MEDIA_TYPE, FhirError, outcome_handler
from notes.api.throttling import Allowance
from notes.models import Integration
from notes.selectors.fhir.address import uuid_of
from notes.services.access.scopes import allows

JSON_FORMS = ("application/fhir+json", "application/json", "application/*", "*/*", "json", "text/json")
FORM = "application/x-www-form-urlencoded"
CHALLENGE = 'Bearer realm="countersign"'


class Whatever(BaseContentNegotiation):
    """Answers are made by hand; what the caller accepts is looked at by ``FhirView.initial``."""

    def select_parser(self, request: Request, parsers: Iterable[Any]) -> Any:
        return next(iter(parsers), None)

    def select_renderer(self, request: Request, renderers: Iterable[Any], format_suffix: str = "") -> Any:  # type: ignore[override]
        return next(iter(renderers)), MEDIA_TYPE


class HasFhirScope(BasePermission):
    """The request has the view's ``permission`` ("r" or "s") on its ``resource``."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        integration = request.auth
        if not isinstance(integration, Integration):
            raise NotAuthenticated
        resource, permission = view.resource_of(request), view.permission  # type: ignore[attr-defined]
        if not allows(integration, resource, permission):
            refuse_scope(integration, f"system/{resource}.{permission}")
        return True


def refuse_scope(integration: Integration, scope: str) -> None:
    audit.record(
        "integration.refused",
        actor=integration,
        practice=integration.practice_id,
        target=integration,
        outcome=audit.Outcome.REFUSED,
        reason="scope",
        data={"scope": scope},
    )
    raise FhirError(
        403,
        f"The scope {scope} is missing. Ask for it with the token, or have the practice grant it.",
        headers={"WWW-Authenticate": f'{CHALLENGE}, error="insufficient_scope", scope="{scope}"'},
    )


class FhirView(APIView):
    """`resource` and `permission` say which scope is needed."""

    resource = ""
    permission = "r"
    allowance: Allowance | None = None
    http_method_names = ["get", "head"]
    content_negotiation_class = Whatever
    permission_classes: tuple[type[BasePermission], ...] = (HasFhirScope,)
    renderer_classes = (JSONRenderer,)
    parser_classes = ()
    schema = None

    def get_exception_handler(self) -> Callable[..., HttpResponse]:
        return outcome_handler

    def resource_of(self, _request: Request) -> str:
        return str(self.kwargs.get("kind") or self.resource)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if settings.HTTPS and not request.is_secure():
            raise FhirError(403, "Use https. If a token was sent, it travelled unprotected: get a new one.")
        super().initial(request, *args, **kwargs)
        self.accept(request)

    def accept(self, request: Request) -> None:
        """Raise unless the caller takes JSON."""
        wanted = request.query_params.get("_format") or request.headers.get("Accept") or "*/*"
        forms = [part.split(";")[0].strip().lower().replace(" ", "+") for part in wanted.split(",")]
        if not any(form in JSON_FORMS for form in forms):
            raise FhirError(406, "This server speaks JSON: ask for application/fhir+json.")

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        final = super().finalize_response(request, response, *args, **kwargs)
        for name, value in (self.allowance.headers() if self.allowance else {}).items():
            final.headers[name] = value
        return final

    @property
    def integration(self) -> Integration:
        caller = self.request.auth
        assert isinstance(caller, Integration)
        return caller

    def note(
        self, action: str, resource: str, ids: list[str], *, patients: Iterable[Any] = (), **data: Any
    ) -> None:
        """One event for what goes out now: what was read, of whom, in which version."""
        whom = sorted({str(patient) for patient in patients if patient})
        audit.record(
            action,
            actor=self.integration,
            practice=self.integration.practice_id,
            patient=UUID(whom[0]) if len(whom) == 1 else None,
            data={"resource": resource, "ids": ids, **({"patients": whom} if len(whom) > 1 else {}), **data},
        )

    def note_missing(self, resource: str, key: str) -> None:
        known = key if uuid_of(key) else "no id of ours"
        audit.record(
            "api.fhir_read",
            actor=self.integration,
            practice=self.integration.practice_id,
            outcome=audit.Outcome.REFUSED,
            reason="not found",
            data={"resource": resource, "ids": [known]},
        )


def etag_of(version: object) -> str:
    return f'W/"{version}"'


def unchanged(request: Request, etag: str) -> HttpResponse | None:
    """304 where the caller has this version already."""
    given = request.headers.get("If-None-Match", "")
    tags = {tag.removeprefix("W/") for tag in parse_etags(given)} if given else set()
    if etag.removeprefix("W/") in tags or "*" in tags:
        return HttpResponseNotModified(headers=_kept(etag))
    return None


def resource_response(text: str, *, etag: str, modified: datetime | None = None) -> HttpResponse:
    headers = _kept(etag)
    if modified:
        headers["Last-Modified"] = http_date(modified.timestamp())
    return HttpResponse(text.encode(), content_type=f"{MEDIA_TYPE}; charset=utf-8", headers=headers)


def bundle_response(text: str) -> HttpResponse:
    headers = {"Cache-Control": "private, no-store"}
    return HttpResponse(text.encode(), content_type=f"{MEDIA_TYPE}; charset=utf-8", headers=headers)


def versioned(resource: dict[str, Any]) -> tuple[str, str]:
    """A resource made just now as text, under a version that is a digest of it; and its entity tag."""
    text = json.dumps(resource, sort_keys=True)
    version = hashlib.sha256(text.encode()).hexdigest()[:16]
    made = {**resource, "meta": {**resource.get("meta", {}), "versionId": version}}
    return json.dumps(made, ensure_ascii=False, separators=(",", ":")), etag_of(version)


def strict(request: Request) -> bool:
    return "handling=strict" in request.headers.get("Prefer", "").replace(" ", "")


def lenient(request: Request) -> bool:
    return "handling=lenient" in request.headers.get("Prefer", "").replace(" ", "")


def given(request: Request) -> list[tuple[str, str]]:
    """The parameters in the address, then those in a search form."""
    found = list(_pairs(request.query_params))
    if request.method == "POST":
        if request.body and (request.content_type or "").partition(";")[0].strip() != FORM:
            # What isn't read would be ignored, and the search find more than was asked for.
            raise FhirError(415, f"Send the search as {FORM}.")
        found += _pairs(QueryDict(request.body, encoding="utf-8"))
    return found


def _pairs(query: QueryDict) -> Iterable[tuple[str, str]]:
    return ((name, value) for name, values in query.lists() for value in values)


def _kept(etag: str) -> dict[str, str]:
    return {"ETag": etag, "Cache-Control": "private, no-cache"}
