"""Where video vendors report: verify the raw bytes, store what they say, answer, ring. One address a connection."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.request import UnreadablePostError
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from config.incoming import TooLarge, raw_body
from consent.audit import AnonymousActor
from encounters.models import VideoConnection
from encounters.services.video.connections import callback_refused
from encounters.services.video.receiving import callback_receive
from encounters.vendors.errors import NotGenuine, NotReadable
from encounters.vendors.protocol import Answer, Callback

# The largest real ones are Zoom's, with many files.
CALLBACK_MAX_BYTES = 256 * 1024
RECORD_REFUSAL_EVERY = timedelta(minutes=1)


@csrf_exempt
@require_http_methods(["POST", "HEAD"])
def recording_hook(request: HttpRequest, pk: UUID) -> HttpResponse:
    """204, or what the vendor wants to hear. 401 tells a stranger nothing; why is in the audit trail.

    503 asks a vendor that may have lost its signature to post again."""
    connection = VideoConnection.objects.filter(pk=pk, active=True).first()
    if connection is None:
        raise Http404
    if request.method == "HEAD":
        return HttpResponse(status=204)
    try:
        callback = Callback(_public_url(request), request.headers, raw_body(request, CALLBACK_MAX_BYTES))
        return _response(callback_receive(connection=connection, callback=callback))
    except TooLarge:
        return HttpResponse(status=413)
    except NotGenuine as refused:
        callback_refused(connection, refused.reason, AnonymousActor(), every=RECORD_REFUSAL_EVERY)
        return HttpResponse(status=503 if refused.vendor_at_fault else 401)
    except (UnreadablePostError, NotReadable):
        return HttpResponse(status=400)


def _public_url(request: HttpRequest) -> str:
    """The address as the vendor called it, whatever stands in between: some sign it."""
    return f"{settings.PUBLIC_BASE_URL}{request.get_full_path()}"


def _response(answer: Answer | None) -> HttpResponse:
    if answer is None:
        return HttpResponse(status=204)
    if answer.content is None:
        return HttpResponse(status=answer.status)
    return JsonResponse(dict(answer.content), status=answer.status)
