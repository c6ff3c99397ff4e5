"""What all API views share: keys, scopes, limits, TLS only, ETags, and the audit of what was read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse, HttpResponseNotModified
from django.utils.http import parse_etags
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request
from rest_framework.views import APIView

from consent import audit
from notes.api import parameters
from notes.api.errors import not_found
from notes.api.problems import HTTPS_REQUIRED, Problem
from notes.api.throttling import Allowance
from notes.models import FiledDocument, Integration

NO_STORE = {"Cache-Control": "private, no-store"}
READING = ["get", "head"]


class IntegrationView(APIView):
    """Base of all API views. `parameters` names what may stand in the query."""

    scope: str
    allowance: Allowance | None = None
    http_method_names = READING
    parameters: tuple[str, ...] = ()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if settings.HTTPS and not request.is_secure():
            raise Problem(
                HTTPS_REQUIRED,
                "Use https. If a key was sent, it travelled unprotected: have it revoked and use a new one.",
            )
        super().initial(request, *args, **kwargs)
        parameters.only(request.query_params, self.parameters)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        final = super().finalize_response(request, response, *args, **kwargs)
        if self.allowance:
            for name, value in self.allowance.headers().items():
                final.headers[name] = value
        return final

    @property
    def integration(self) -> Integration:
        caller = self.request.auth
        assert isinstance(caller, Integration)
        return caller


class AnyMediaType(BaseContentNegotiation):
    """For addresses that name the media type themselves, as document.pdf does."""

    def select_parser(self, _request: Request, parsers: Any) -> Any:
        return parsers[0]

    def select_renderer(self, _request: Request, renderers: Any, _format_suffix: str | None = None) -> Any:
        return renderers[0], renderers[0].media_type


def unchanged(request: Request, etag: str) -> HttpResponse | None:
    """304, if the caller has what it asks for (by weak comparison, RFC 9110 §13.1.2)."""
    given = request.headers.get("If-None-Match", "")
    tags = {tag.removeprefix("W/") for tag in parse_etags(given)} if given else set()
    if etag in tags or "*" in tags:
        return HttpResponseNotModified(headers=revalidated(etag))
    return None


def revalidated(etag: str) -> dict[str, str]:
    return {"ETag": etag, "Cache-Control": "private, no-cache"}


def visible_document(integration: Integration, note_id: UUID, version: int | None = None) -> FiledDocument:
    """That version of the note, or its latest, without its body. A 404 Problem for what this integration can't see."""
    found = FiledDocument.objects.pulled_by(integration).filter(note_id=note_id).defer("body")
    if version is not None:
        found = found.filter(version=version)
    document = found.order_by("-version").first()
    if document is None:
        audit_read(integration, note_id, outcome=audit.Outcome.REFUSED, reason="not found")
        raise not_found()
    return document


def audit_read(
    integration: Integration,
    note_id: UUID,
    document: FiledDocument | None = None,
    *,
    action: str = "api.note_read",
    outcome: str = audit.Outcome.SUCCESS,
    reason: str = "",
    data: Mapping[str, Any] | None = None,
) -> None:
    """One event with what IHE's audit profile wants of a read: client, address, request, patient and version."""
    told: dict[str, Any] = {"note": str(note_id), **(data or {})}
    if document is not None:
        told |= {"version": document.version}
    audit.record(
        action,
        actor=integration,
        practice=integration.practice_id,
        encounter=document.encounter_id if document else None,
        patient=document.patient_id if document else None,
        outcome=outcome,
        reason=reason,
        data=told,
    )
