"""Resumable upload for the page's script.

    POST  …/upload/slices/              {"size", "fingerprint"} → {"upload", "offset", "size", "state"}
    GET   …/upload/slices/<id>/         → the same; HEAD gives Upload-Offset alone
    PUT   …/upload/slices/<id>/         Upload-Offset: n, raw body → {"offset"}
    POST  …/upload/slices/<id>/finish/  → {"state", "next"}

Every error is {"code", "message", "remedy"}; a wrong offset answers 409 with the right one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.request import UnreadablePostError
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from encounters.models import Recording
from encounters.services.recordings import recording_append, recording_begin, recording_finish
from encounters.services.uploads import UploadProblem, WrongOffset
from encounters.views.access import care_encounter, signed_in

_BLOCK = 128 * 1024
_FINGERPRINT = re.compile(r"[0-9a-f]{64}")
View = Callable[..., HttpResponse]


def in_one_shape(view: View) -> View:
    """Problems as JSON, so that the script can show them and go on."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except UploadProblem as problem:
            response = JsonResponse(problem.as_data(), status=problem.status)
            return _with_offset(response, problem.offset) if isinstance(problem, WrongOffset) else response

    return wrapped


@login_required
@require_POST
@in_one_shape
def upload_begin(request: HttpRequest, pk: UUID) -> HttpResponse:
    encounter = care_encounter(request, pk)
    size, fingerprint = _declared(request)
    recording = recording_begin(
        encounter=encounter, actor=signed_in(request), declared_bytes=size, fingerprint=fingerprint
    )
    return _standing(recording, status=201)


@login_required
@require_http_methods(["GET", "HEAD", "PUT", "PATCH"])
@in_one_shape
def upload_slice(request: HttpRequest, pk: UUID, recording: UUID) -> HttpResponse:
    found = _upload(request, pk, recording)
    if request.method in {"GET", "HEAD"}:
        return _standing(found)
    offset, length = header_number(request, "Upload-Offset"), header_number(request, "Content-Length")
    stands = recording_append(
        recording=found, offset=offset, length=length, chunks=body_of(request), actor=signed_in(request)
    )
    return _with_offset(JsonResponse({"offset": stands}), stands)


@login_required
@require_POST
@in_one_shape
def upload_finish(request: HttpRequest, pk: UUID, recording: UUID) -> HttpResponse:
    stored = recording_finish(recording=_upload(request, pk, recording), actor=signed_in(request))
    return JsonResponse({"state": stored.state, "next": reverse("encounter", args=[pk])})


def _upload(request: HttpRequest, pk: UUID, recording: UUID) -> Recording:
    uploads = Recording.objects.visible_to(signed_in(request)).filter(encounter=care_encounter(request, pk))
    return get_object_or_404(uploads, pk=recording, source=Recording.Source.UPLOAD)


def _declared(request: HttpRequest) -> tuple[int, str]:
    """Size and fingerprint; the file's name is never asked for, since names can say who somebody is."""
    try:
        given = json.loads(request.body)
        size, fingerprint = int(given["size"]), str(given["fingerprint"])
    except (ValueError, KeyError, TypeError):
        raise malformed() from None
    if not _FINGERPRINT.fullmatch(fingerprint):
        raise malformed()
    return size, fingerprint


def header_number(request: HttpRequest, header: str) -> int:
    value = request.headers.get(header, "")
    if not re.fullmatch(r"\d{1,15}", value):
        raise UploadProblem(
            "malformed", f"The header {header} is missing or not a number.", "Reload the page.", status=400
        )
    return int(value)


def body_of(request: HttpRequest) -> Iterator[bytes]:
    try:
        while block := request.read(_BLOCK):
            yield block
    except UnreadablePostError:
        return  # the service sees that bytes are missing and stores nothing


def _standing(recording: Recording, *, status: int = 200) -> HttpResponse:
    upload = reverse("upload-slice", args=[recording.encounter_id, recording.pk])
    data = {
        "upload": upload,
        "offset": recording.bytes,
        "size": recording.declared_bytes,
        "state": recording.state,
        "finish": reverse("upload-finish", args=[recording.encounter_id, recording.pk]),
    }
    return _with_offset(JsonResponse(data, status=status), recording.bytes)


def _with_offset(response: HttpResponse, offset: int) -> HttpResponse:
    response["Upload-Offset"] = str(offset)
    return response


def malformed() -> UploadProblem:
    return UploadProblem("malformed", "The request could not be understood.", "Reload the page.", status=400)
