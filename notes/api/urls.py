from __future__ import annotations

from django.urls import path, re_path

from notes.api.documentation import DocsView, SchemaView
from notes.api.errors import api_not_found
from notes.api.platform import CallsView, EncountersView, EncounterView, PatientsView
from notes.api.transcripts import TranscriptView
from notes.api.views import NoteFeedView, NoteView

urlpatterns = [
    path("v1/notes", NoteFeedView.as_view(), name="api-notes"),
    path("v1/notes/<uuid:note_id>", NoteView.as_view(), name="api-note"),
    path("v1/notes/<uuid:note_id>/transcript", TranscriptView.as_view(), name="api-transcript"),
    path("v1/patients", PatientsView.as_view(), name="api-patients"),
    path("v1/encounters", EncountersView.as_view(), name="api-encounters"),
    path("v1/encounters/<uuid:encounter_id>", EncounterView.as_view(), name="api-encounter"),
    path("v1/encounters/<uuid:encounter_id>/calls", CallsView.as_view(), name="api-calls"),
    path("schema/", SchemaView.as_view(), name="api-schema"),
    path("docs/", DocsView.as_view(), name="api-docs"),
    re_path("", api_not_found, name="api-not-found"),
]
