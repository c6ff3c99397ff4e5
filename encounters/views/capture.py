"""Recording a visit in the browser: the page, and what its script sends while it records.

    POST  /encounters/<id>/capture/           → standing (the person's open capture, or a new one)
    GET   /capture/<session>/                 → standing
    PUT   /capture/<session>/<segment>/<n>    Content-Digest: sha-256=:…:, raw body → {"sha256"}
    POST  /capture/<session>/finish/          {"segments": [{"segment", "slices", "sha256", "mime", "duration_ms"}],
                                               "ended_reason"} → {"state", "next"}
    POST  /capture/<session>/discard/         → {"state", "next"}

A session is open to the person who began it and to nobody else. Errors are {"code", "message", "remedy"}.
"""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from encounters.models import Encounter, Recording
from encounters.selectors import care_encounters, recording_panel
from encounters.services.capture_finishing import capture_finish
from encounters.services.capturing import capture_begin, capture_take
from encounters.services.recordings import recording_discard
from encounters.services.slices import over
from encounters.states import RecordingState
from encounters.views.access import care_encounter, signed_in
from encounters.views.capture_wire import claimed, sent_slice, standing
from encounters.views.slices import body_of, in_one_shape


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@in_one_shape
def encounter_capture(request: HttpRequest, pk: UUID) -> HttpResponse:
    encounter = care_encounter(request, pk)
    if request.method == "POST":
        return _standing(capture_begin(encounter=encounter, actor=signed_in(request)), status=201)
    context = {
        "encounter": encounter,
        "practice": encounter.practice,
        "recording": recording_panel(encounter),
        "began": _open_capture(request, encounter),
    }
    return render(request, "encounters/capture.html", context)


@login_required
@require_safe
@in_one_shape
def capture_session(request: HttpRequest, pk: UUID) -> HttpResponse:
    return _standing(_capture(request, pk))


@login_required
@require_http_methods(["PUT"])
@in_one_shape
def capture_slice(request: HttpRequest, pk: UUID, segment: int, number: int) -> HttpResponse:
    recording = _capture(request, pk)
    sent = sent_slice(request, segment, number)
    capture_take(recording=recording, sent=sent, chunks=body_of(request), actor=signed_in(request))
    return JsonResponse({"sha256": sent.sha256})


@login_required
@require_POST
@in_one_shape
def capture_end(request: HttpRequest, pk: UUID) -> HttpResponse:
    recording = _capture(request, pk)
    segments, ended = claimed(request)
    stored = capture_finish(recording=recording, segments=segments, ended=ended, actor=signed_in(request))
    return _ended(stored)


@login_required
@require_POST
@in_one_shape
def capture_discard(request: HttpRequest, pk: UUID) -> HttpResponse:
    recording = _capture(request, pk)
    if recording.state != RecordingState.RECEIVING:
        raise over(recording)
    return _ended(recording_discard(recording=recording, actor=signed_in(request)))


def _capture(request: HttpRequest, pk: UUID) -> Recording:
    user = signed_in(request)
    captures = Recording.objects.visible_to(user).filter(
        source=Recording.Source.BROWSER, created_by=user, encounter__in=care_encounters(user)
    )
    return get_object_or_404(captures.select_related("encounter"), pk=pk)


def _open_capture(request: HttpRequest, encounter: Encounter) -> Recording | None:
    return encounter.recordings.filter(
        source=Recording.Source.BROWSER, state=RecordingState.RECEIVING, created_by=signed_in(request)
    ).first()


def _standing(recording: Recording, *, status: int = 200) -> HttpResponse:
    return standing(recording, reverse("capture-session", args=[recording.pk]), status=status)


def _ended(recording: Recording) -> HttpResponse:
    return JsonResponse(
        {"state": recording.state, "next": reverse("encounter", args=[recording.encounter_id])}
    )
