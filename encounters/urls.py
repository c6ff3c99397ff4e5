from __future__ import annotations

from django.urls import path

from encounters.views.booking import encounter_edit, encounter_new
from encounters.views.capture import (
    capture_discard,
    capture_end,
    capture_session,
    capture_slice,
    encounter_capture,
)
from encounters.views.recording_hook import recording_hook
from encounters.views.recording_push import recording_push
from encounters.views.slices import upload_begin, upload_finish, upload_slice
from encounters.views.upload import encounter_upload
from encounters.views.vendor_recordings import (
    vendor_recording_discard,
    vendor_recording_link,
    vendor_recording_retry,
    vendor_recordings,
)
from encounters.views.visit import (
    encounter_begin,
    encounter_call_off,
    encounter_consent,
    encounter_finish,
    participant_new,
    recording_delete,
)

VISIT = "encounters/<uuid:pk>/"
SLICES = f"{VISIT}upload/slices/"
CAPTURE = "capture/<uuid:pk>/"

urlpatterns = [
    path("encounters/new/", encounter_new, name="encounter-new"),
    path(f"{VISIT}edit/", encounter_edit, name="encounter-edit"),
    path(f"{VISIT}consent/", encounter_consent, name="encounter-consent"),
    path(f"{VISIT}participants/", participant_new, name="participant-add"),
    path(f"{VISIT}start/", encounter_begin, name="encounter-start"),
    path(f"{VISIT}end/", encounter_finish, name="encounter-end"),
    path(f"{VISIT}cancel/", encounter_call_off, name="encounter-cancel"),
    path(f"{VISIT}recordings/<uuid:recording>/discard/", recording_delete, name="recording-discard"),
    path(f"{VISIT}upload/", encounter_upload, name="encounter-upload"),
    path(SLICES, upload_begin, name="upload-begin"),
    path(f"{SLICES}<uuid:recording>/", upload_slice, name="upload-slice"),
    path(f"{SLICES}<uuid:recording>/finish/", upload_finish, name="upload-finish"),
    path(f"{VISIT}capture/", encounter_capture, name="encounter-capture"),
    path(CAPTURE, capture_session, name="capture-session"),
    path(f"{CAPTURE}<int:segment>/<int:number>", capture_slice, name="capture-slice"),
    path(f"{CAPTURE}finish/", capture_end, name="capture-end"),
    path(f"{CAPTURE}discard/", capture_discard, name="capture-discard"),
    path("recordings/", vendor_recordings, name="vendor-recordings"),
    path("recordings/<uuid:pk>/link/", vendor_recording_link, name="vendor-recording-link"),
    path("recordings/<uuid:pk>/discard/", vendor_recording_discard, name="vendor-recording-discard"),
    path("recordings/<uuid:pk>/retry/", vendor_recording_retry, name="vendor-recording-retry"),
    path("hooks/recordings/<uuid:pk>/", recording_hook, name="recording-hook"),
    path("hooks/recordings/<uuid:pk>/files/<str:token>", recording_push, name="recording-push"),
]
