from __future__ import annotations

from django.urls import include, path

from notes.api import oauth
from notes.views.addendum import addendum
from notes.views.chart import chart
from notes.views.conflict import merge
from notes.views.encounter import encounter, encounter_status, try_again, write_by_hand
from notes.views.history import history
from notes.views.retract import retract
from notes.views.review import draft, note
from notes.views.sign import correct_consent, file, sign, unsign
from notes.views.transcript import transcript
from notes.views.webhook import engine_webhook
from notes.views.worklist import worklist

urlpatterns = [
    path("", worklist, name="worklist"),
    path("encounters/<uuid:pk>/", encounter, name="encounter"),
    path("encounters/<uuid:pk>/status/", encounter_status, name="encounter-status"),
    path("encounters/<uuid:pk>/retry/", try_again, name="encounter-retry"),
    path("encounters/<uuid:pk>/write/", write_by_hand, name="encounter-write"),
    path("encounters/<uuid:pk>/transcript/", transcript, name="transcript"),
    path("patients/<uuid:pk>/", chart, name="chart"),
    path("hooks/soapnoteapi/<uuid:pk>/", engine_webhook, name="engine-webhook"),
    path("oauth/token", oauth.token, name="oauth-token"),
    path("oauth/revoke", oauth.revoke, name="oauth-revoke"),
    path("api/", include("notes.api.urls")),
    path("fhir/r4/", include("notes.api.fhir.urls")),
    path("notes/<uuid:pk>/", note, name="note"),
    path("notes/<uuid:pk>/draft/", draft, name="note-draft"),
    path("notes/<uuid:pk>/merge/", merge, name="note-merge"),
    path("notes/<uuid:pk>/sign/", sign, name="note-sign"),
    path("notes/<uuid:pk>/consent/", correct_consent, name="note-consent"),
    path("notes/<uuid:pk>/unsign/", unsign, name="note-unsign"),
    path("notes/<uuid:pk>/file/", file, name="note-file"),
    path("notes/<uuid:pk>/history/", history, name="note-history"),
    path("notes/<uuid:pk>/retract/", retract, name="note-retract"),
    path("notes/<uuid:pk>/addendum/", addendum, name="note-addendum"),
]
