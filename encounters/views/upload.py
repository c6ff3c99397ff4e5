"""The upload page. Its form works without script; with script the page sends slices (encounters/views/slices.py)."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods

from encounters.audio.formats import ACCEPTED_EXTENSIONS
from encounters.models import Encounter, Recording
from encounters.selectors import recording_panel
from encounters.services.recordings import recording_begin, recording_discard, recording_finish
from encounters.services.uploads import UploadProblem
from encounters.states import TAKEN, RecordingState
from encounters.uploadhandler import SealingUploadHandler
from encounters.views.access import care_encounter, signed_in

# What the multipart form adds to the file.
ENVELOPE = 64 * 1024


@csrf_exempt
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def encounter_upload(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The CSRF token stands inside the body, and reading it runs the upload handlers: so they are set before the
    check, and what a forged request stored is deleted again.
    """
    encounter = care_encounter(request, pk)
    if request.method != "POST":
        return _page(request, encounter)
    too_much = int(request.META.get("CONTENT_LENGTH") or 0) > 2 * settings.AUDIO_MAX_BYTES
    if too_much:
        context = {"return_url": request.path}
        return render(request, "413.html", context, status=413)
    handler = SealingUploadHandler(request, begin=_beginning(request, encounter), actor=signed_in(request))
    request.upload_handlers = [handler]
    stored = False
    try:
        response = _receive(request, encounter, handler)
        stored = handler.recording is not None and handler.recording.state in TAKEN
    except UnreadablePostError:
        return HttpResponse(status=400)  # nobody is listening any more
    finally:
        if not stored and handler.recording is not None:
            _drop(handler.recording, request)
    return response


@csrf_protect
def _receive(request: HttpRequest, encounter: Encounter, handler: SealingUploadHandler) -> HttpResponse:
    # The form's last field. Django takes a body that breaks off inside a file for a complete one.
    arrived = request.POST.get("end") == "yes"
    try:
        if handler.problem:
            raise handler.problem
        if handler.recording is not None and not arrived:
            raise UploadProblem(
                "cut_short", "The connection ended early.", "Send the file again.", status=400
            )
        if handler.recording is None:
            raise UploadProblem("no_file", "No file was chosen.", "Choose the recording, then send it.")
        recording_finish(recording=handler.recording, actor=signed_in(request))
    except UploadProblem as problem:
        return _page(request, encounter, problem)
    messages.success(request, "The recording is stored.")
    return redirect("encounter", pk=encounter.pk)


def _beginning(request: HttpRequest, encounter: Encounter) -> Callable[[], Recording]:
    size = int(request.META.get("CONTENT_LENGTH") or 0)
    declared = size if size > settings.AUDIO_MAX_BYTES + ENVELOPE else None

    def begin() -> Recording:
        return recording_begin(encounter=encounter, actor=signed_in(request), declared_bytes=declared)

    return begin


def _drop(recording: Recording, request: HttpRequest) -> None:
    """Without script an upload can't be resumed, so what is unfinished is deleted at once."""
    recording.refresh_from_db()
    if recording.state == RecordingState.RECEIVING:
        recording_discard(recording=recording, actor=signed_in(request))


def _page(request: HttpRequest, encounter: Encounter, problem: UploadProblem | None = None) -> HttpResponse:
    context = {
        "encounter": encounter,
        "practice": encounter.practice,
        "recording": recording_panel(encounter),
        "problem": problem,
        "care": True,
        "accept": ",".join(["audio/*", "video/mp4", "video/webm", *ACCEPTED_EXTENSIONS]),
        "max_megabytes": settings.AUDIO_MAX_BYTES // (1024 * 1024),
        "max_hours": settings.AUDIO_MAX_SECONDS // 3600,
        "begin_url": reverse("upload-begin", args=[encounter.pk]),
    }
    return render(request, "encounters/upload.html", context, status=problem.status if problem else 200)
