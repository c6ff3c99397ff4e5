from __future__ import annotations

from django.urls import path, re_path, register_converter

from encounters.views import platform_capture as capture
from notes.api.about import HealthView, MeView
from notes.api.documentation import DocsView, SchemaView
from notes.api.documents import KINDS, DocumentView, LatestDocumentView
from notes.api.errors import api_not_found
from notes.api.events import EventsView, RedeliverView
from notes.api.platform import CallsView, CaptureTokensView, EncountersView, EncounterView, PatientsView
from notes.api.receipts import ReceiptsView, ReceiptView
from notes.api.transcripts import TranscriptView
from notes.api.views import NoteFeedView, NoteView, VersionsView, VersionView
from notes.api.webhooks import DeliveriesView, EndpointsView, EndpointView, RotateView


class VersionConverter:
    """1, 2, 3 …, as far as a database counts."""

    regex = "[1-9][0-9]{0,8}"

    def to_python(self, value: str) -> int:
        return int(value)

    def to_url(self, value: int) -> str:
        return str(value)


class DocumentKindConverter:
    regex = "|".join(KINDS)

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(VersionConverter, "version")
register_converter(DocumentKindConverter, "kind")

NOTE = "v1/notes/<uuid:note_id>"
VERSION = f"{NOTE}/versions/<version:version>"
WEBHOOK = "v1/webhook-endpoints/<uuid:endpoint_id>"

urlpatterns = [
    path("v1/notes", NoteFeedView.as_view(), name="api-notes"),
    path(NOTE, NoteView.as_view(), name="api-note"),
    path(f"{NOTE}/document.<kind:kind>", LatestDocumentView.as_view(), name="api-latest-document"),
    path(f"{NOTE}/transcript", TranscriptView.as_view(), name="api-transcript"),
    path(f"{NOTE}/versions", VersionsView.as_view(), name="api-versions"),
    path(VERSION, VersionView.as_view(), name="api-version"),
    path(f"{VERSION}/document.<kind:kind>", DocumentView.as_view(), name="api-document"),
    path(f"{VERSION}/receipt", ReceiptView.as_view(), name="api-receipt"),
    path("v1/receipts", ReceiptsView.as_view(), name="api-receipts"),
    path("v1/events", EventsView.as_view(), name="api-events"),
    path("v1/events/<uuid:event_id>/redeliver", RedeliverView.as_view(), name="api-redeliver"),
    path("v1/webhook-endpoints", EndpointsView.as_view(), name="api-webhooks"),
    path(WEBHOOK, EndpointView.as_view(), name="api-webhook"),
    path(f"{WEBHOOK}/rotate-secret", RotateView.as_view(), name="api-webhook-rotate"),
    path(f"{WEBHOOK}/deliveries", DeliveriesView.as_view(), name="api-webhook-deliveries"),
    path("v1/me", MeView.as_view(), name="api-me"),
    path("v1/health", HealthView.as_view(), name="api-health"),
    path("v1/patients", PatientsView.as_view(), name="api-patients"),
    path("v1/encounters", EncountersView.as_view(), name="api-encounters"),
    path("v1/encounters/<uuid:encounter_id>", EncounterView.as_view(), name="api-encounter"),
    path("v1/encounters/<uuid:encounter_id>/calls", CallsView.as_view(), name="api-calls"),
    path(
        "v1/encounters/<uuid:encounter_id>/capture-tokens",
        CaptureTokensView.as_view(),
        name="api-capture-tokens",
    ),
    path("v1/capture/", capture.capture_begin, name="api-capture"),
    path("v1/capture/<uuid:pk>/", capture.capture_session, name="api-capture-session"),
    path("v1/capture/<uuid:pk>/<int:segment>/<int:number>", capture.capture_slice, name="api-capture-slice"),
    path("v1/capture/<uuid:pk>/finish/", capture.capture_end, name="api-capture-end"),
    path("v1/capture/<uuid:pk>/discard/", capture.capture_discard, name="api-capture-discard"),
    path("schema/", SchemaView.as_view(), name="api-schema"),
    path("docs/", DocsView.as_view(), name="api-docs"),
    re_path("", api_not_found, name="api-not-found"),
]
