"""What the capture module in a telehealth platform's own page sends, under a token for one encounter.

    POST  /api/v1/capture/                          → standing (the platform's open capture, or a new one)
    GET   /api/v1/capture/<session>/                → standing
    PUT   /api/v1/capture/<session>/<segment>/<n>   as for our own page (views/capture.py)
    POST  /api/v1/capture/<session>/finish/         likewise
    POST  /api/v1/capture/<session>/discard/

`Authorization: Bearer cap_…`. No cookie is read or set. Other sites' pages are told the answer only if the token was
made for their origin.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from encounters.models import CaptureGrant, Recording
from encounters.services.capture_finishing import capture_finish
from encounters.services.capture_grants import grant_for, granted_begin, granted_capture
from encounters.services.capturing import capture_take
from encounters.services.recordings import recording_discard
from encounters.services.slices import over
from encounters.states import RecordingState
from encounters.views.capture_wire import claimed, sent_slice, standing
from encounters.views.slices import body_of, in_one_shape

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, CaptureGrant, P], HttpResponse]
ALLOWED_HEADERS = "authorization, content-type, content-digest"


def granted(*methods: str) -> Callable[[View[P]], Callable[..., HttpResponse]]:
    """The view for holders of a token, with the headers by which a browser lets another site's page read it."""

    def decorated(view: View[P]) -> Callable[..., HttpResponse]:
        @csrf_exempt
        @wraps(view)
        def wrapped(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if request.method == "OPTIONS":
                return _preflight(request, methods)
            if request.method not in methods:
                return HttpResponse(status=405, headers={"Allow": ", ".join((*methods, "OPTIONS"))})
            grant = _grant(request)
            if grant is None:
                return _readable(request, None, _no_token())
            origin = request.headers.get("Origin")
            if origin is not None and origin not in grant.origins:
                return _refused("origin", "This token was made for pages of another site.")
            return _readable(request, grant, in_one_shape(view)(request, grant, *args, **kwargs))

        return wrapped

    return decorated


@granted("POST")
def capture_begin(request: HttpRequest, grant: CaptureGrant) -> HttpResponse:
    return _standing(granted_begin(grant), status=201)


@granted("GET")
def capture_session(request: HttpRequest, grant: CaptureGrant, pk: UUID) -> HttpResponse:
    return _standing(_capture(grant, pk))


@granted("PUT")
def capture_slice(
    request: HttpRequest, grant: CaptureGrant, pk: UUID, segment: int, number: int
) -> HttpResponse:
    recording, sent = _capture(grant, pk), sent_slice(request, segment, number)
    capture_take(recording=recording, sent=sent, chunks=body_of(request), actor=grant)
    return JsonResponse({"sha256": sent.sha256})


@granted("POST")
def capture_end(request: HttpRequest, grant: CaptureGrant, pk: UUID) -> HttpResponse:
    recording = _capture(grant, pk)
    segments, ended = claimed(request)
    stored = capture_finish(recording=recording, segments=segments, ended=ended, actor=grant)
    return JsonResponse({"state": stored.state})


@granted("POST")
def capture_discard(request: HttpRequest, grant: CaptureGrant, pk: UUID) -> HttpResponse:
    recording = _capture(grant, pk)
    if recording.state != RecordingState.RECEIVING:
        raise over(recording)
    return JsonResponse({"state": recording_discard(recording=recording, actor=grant).state})


def _capture(grant: CaptureGrant, pk: UUID) -> Recording:
    found = granted_capture(grant, pk)
    if found is None:
        raise Http404
    return found


def _standing(recording: Recording, *, status: int = 200) -> HttpResponse:
    return standing(recording, f"/api/v1/capture/{recording.pk}/", status=status)


def _grant(request: HttpRequest) -> CaptureGrant | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return grant_for(token.strip()) if scheme.lower() == "bearer" else None


def _no_token() -> HttpResponse:
    response = _refused(
        "no_token", "The token is missing, unknown or has ended. Get a new one from your server.", 401
    )
    response["WWW-Authenticate"] = 'Bearer realm="countersign capture"'
    return response


def _refused(code: str, message: str, status: int = 403) -> HttpResponse:
    return JsonResponse({"code": code, "message": message, "remedy": ""}, status=status)


def _preflight(request: HttpRequest, methods: tuple[str, ...]) -> HttpResponse:
    """Says how one may ask, which is no secret; the answer itself is readable for the token's own sites only."""
    headers = {
        "Access-Control-Allow-Methods": ", ".join(methods),
        "Access-Control-Allow-Headers": ALLOWED_HEADERS,
        "Access-Control-Max-Age": "600",
    }
    return _readable(request, None, HttpResponse(status=204, headers=headers))


def _readable(request: HttpRequest, grant: CaptureGrant | None, response: HttpResponse) -> HttpResponse:
    """Without a grant the answer holds nothing but an error, which any page may know."""
    origin = request.headers.get("Origin")
    if origin is not None and (grant is None or origin in grant.origins):
        response["Access-Control-Allow-Origin"] = origin
        response["Cross-Origin-Resource-Policy"] = "cross-origin"
    response["Vary"] = "Origin"
    return response
