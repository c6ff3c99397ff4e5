"""Bulk Data: $export for everything, for patients and for the one group; its status, and its end."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.http import http_date
from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from consent.transitions import StaleState
from notes.api.fhir.base import FhirView, refuse_scope
from notes.api.fhir.export_request import what_is_asked
from notes.api.fhir.outcomes import FhirError, not_found, outcome_response
from notes.models import Export, Integration
from notes.selectors.fhir import exported
from notes.selectors.fhir.address import base_url, uuid_of
from notes.services.access.scopes import allows
from notes.services.exports import TooManyExports, export_begin, export_cancel
from notes.services.rendering import stamp
from notes.states import ExportState

RETRY_AFTER = "1"


class IsIntegration(BasePermission):
    """Which types it may have is looked at one by one."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        if not isinstance(request.auth, Integration):
            raise NotAuthenticated
        if not any(allows(request.auth, kind, "r") for kind in exported.TYPES):
            refuse_scope(request.auth, "system/*.r")
        return True


class ExportView(FhirView):
    """Kick-off, by GET or POST: 202 and where to ask for the rest."""

    permission_classes = (IsIntegration,)
    http_method_names = ["get", "post"]

    def get(self, request: Request, kind: str = "", key: str = "") -> HttpResponse:
        if kind == "Group" and uuid_of(key) != self.integration.practice_id:
            raise not_found()
        asked = {
            **what_is_asked(self.integration, request),
            "request": self._address(request, kind, key),
        }
        try:
            made = export_begin(integration=self.integration, asked=asked)
        except TooManyExports:
            words = "You have too many exports open. Delete those that you have fetched, or wait until they expire."
            raise FhirError(429, words, headers={"Retry-After": "120"}) from None
        return _accepted(_where(made), "The export is being prepared.")

    def post(self, request: Request, kind: str = "", key: str = "") -> HttpResponse:
        return self.get(request, kind, key)

    @staticmethod
    def _address(request: Request, kind: str, key: str) -> str:
        path = "/".join(part for part in (kind, key, "$export") if part)
        query = request.META.get("QUERY_STRING", "")
        return f"{base_url()}/{path}" + (f"?{query}" if query else "")


class ExportStatusView(FhirView):
    """202 while it is prepared, then the manifest; DELETE ends it. Only who asked for an export knows of it."""

    permission_classes = (IsIntegration,)
    http_method_names = ["get", "head", "delete"]

    def accept(self, _request: Request) -> None:
        """The manifest is plain JSON."""

    def get(self, _request: Request, pk: UUID) -> HttpResponse:
        export = export_of(self.integration, pk)
        if export.state == ExportState.QUEUED:
            progress = {"X-Progress": "Counting", "Retry-After": RETRY_AFTER}
            return _accepted({**_where(export), **progress}, "The export is being prepared.")
        if export.state == ExportState.FAILED:
            raise FhirError(
                500,
                "The export could not be prepared. Ask for it anew; if it fails again, tell the practice.",
            )
        headers = {"Expires": http_date(export.expires_at.timestamp()), "Cache-Control": "private, no-store"}
        return JsonResponse(_manifest(export), headers=headers)

    def delete(self, _request: Request, pk: UUID) -> HttpResponse:
        try:
            export_cancel(export=export_of(self.integration, pk), actor=self.integration)
        except StaleState:
            raise not_found() from None
        return _accepted({}, "The export is deleted.")


def export_of(integration: Integration, pk: UUID) -> Export:
    """Raises FhirError (404) for one of somebody else, and for what is over."""
    mine = Export.objects.filter(integration=integration, expires_at__gt=timezone.now())
    found = (
        mine.exclude(state=ExportState.CANCELLED)
        .select_related("integration__practice")
        .filter(pk=pk)
        .first()
    )
    if found is None:
        raise not_found()
    found.integration = integration
    return found


def _manifest(export: Export) -> dict[str, Any]:
    return {
        "transactionTime": stamp(export.transaction_time),
        "request": export.asked["request"],
        "requiresAccessToken": True,
        "output": [
            {
                "type": file["type"],
                "url": f"{base_url()}/export/{export.pk}/{number}.ndjson",
                **({"count": file["count"]} if file["count"] is not None else {}),
            }
            for number, file in enumerate(export.files)
        ],
        "error": [],
    }


def _where(export: Export) -> dict[str, str]:
    """Where to ask how it goes: told every time, since clients look for it on every 202."""
    return {"Content-Location": f"{base_url()}/export/{export.pk}"}


def _accepted(headers: dict[str, str], words: str) -> HttpResponse:
    return outcome_response(202, words, severity="information", headers=headers)
