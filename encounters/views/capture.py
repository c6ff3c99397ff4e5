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

import base64
import binascii
import json
import re
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from encounters.models import Encounter, Recording
from encounters.selectors import care_encounters, recording_panel
from encounters.services.capture_finishing import Segment, capture_finish
from encounters.services.capturing import (
    LARGEST_SLICE,
    SLICE_SECONDS,
    SentSlice,
    capture_begin,
    capture_take,
    device_key,
    received,
)
from encounters.services.recordings import recording_discard
from encounters.services.slices import over
from encounters.services.uploads import UploadProblem
from encounters.states import RecordingState
from encounters.views.access import care_encounter, signed_in
from encounters.views.slices import body_of, header_number, in_one_shape, malformed

_DIGEST = re.compile(r"sha-256=:([A-Za-z0-9+/]{43}=):")
_MEDIA_TYPE = re.compile(r"(audio|video)/[a-z0-9.+-]{1,20}(; ?codecs=[\"a-z0-9.,-]{1,30})?")
_ENDINGS = frozenset({"stopped", "recovered", "permission"})


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
    sent = SentSlice(segment, number, header_number(request, "Content-Length"), _digest(request))
    capture_take(recording=recording, sent=sent, chunks=body_of(request), actor=signed_in(request))
    return JsonResponse({"sha256": sent.sha256})


@login_required
@require_POST
@in_one_shape
def capture_end(request: HttpRequest, pk: UUID) -> HttpResponse:
    recording = _capture(request, pk)
    segments, ended = _claimed(request)
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


def _digest(request: HttpRequest) -> str:
    found = _DIGEST.fullmatch(request.headers.get("Content-Digest", ""))
    try:
        return base64.b64decode(found[1], validate=True).hex() if found else _no_digest()
    except binascii.Error:
        return _no_digest()


def _no_digest() -> str:
    raise UploadProblem(
        "malformed",
        "The header Content-Digest must carry the SHA-256 of the piece.",
        "Reload the page.",
        status=400,
    )


def _claimed(request: HttpRequest) -> tuple[list[Segment], str]:
    try:
        given = json.loads(request.body)
        return [_segment(each) for each in given["segments"]], _one_of(given["ended_reason"])
    except (ValueError, KeyError, TypeError):
        raise malformed() from None


def _segment(given: dict[str, Any]) -> Segment:
    numbers = [given[name] for name in ("segment", "slices", "duration_ms")]
    if not all(type(each) is int and 0 <= each < 10**9 for each in numbers):
        raise ValueError
    media_type, sha256 = str(given["mime"]), str(given["sha256"])
    if not _MEDIA_TYPE.fullmatch(media_type) or not re.fullmatch(r"[0-9a-f]{64}", sha256):
        raise ValueError
    return Segment(numbers[0], numbers[1], sha256, media_type, numbers[2])


def _one_of(ending: object) -> str:
    if ending not in _ENDINGS:
        raise ValueError
    return str(ending)


def _standing(recording: Recording, *, status: int = 200) -> HttpResponse:
    session = reverse("capture-session", args=[recording.pk])
    data = {
        "session": str(recording.pk),
        "encounter": str(recording.encounter_id),
        "state": recording.state,
        "problem": recording.problem,
        "began_at": recording.created_at.isoformat(),
        "slice_ms": SLICE_SECONDS * 1000,
        "largest_slice": LARGEST_SLICE,
        "key": base64.b64encode(device_key(recording)).decode() if recording.wrapped_key else "",
        "received": {str(segment): slices for segment, slices in received(recording).items()},
        "url": session,
        "finish": f"{session}finish/",
        "discard": f"{session}discard/",
    }
    return JsonResponse(data, status=status)


def _ended(recording: Recording) -> HttpResponse:
    return JsonResponse(
        {"state": recording.state, "next": reverse("encounter", args=[recording.encounter_id])}
    )
