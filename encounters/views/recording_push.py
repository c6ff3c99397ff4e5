"""Where a service of one's own sends a recording: one PUT of the whole file, or tus 1.0.0 from where it stands.

    PUT      Content-Length, optionally Content-Digest: sha-256=:…:    → 204 with Upload-Offset
    HEAD     → Upload-Offset, Upload-Length
    PATCH    Tus-Resumable: 1.0.0, Upload-Offset, application/offset+octet-stream → 204 with Upload-Offset
    OPTIONS  → what of tus is spoken

The address is in the answer to the signed `recording.ready` and stands for that one file. Every error is {"code",
"message", "remedy"}.
"""

from __future__ import annotations

import base64
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from encounters.models import VendorRecording, VideoConnection
from encounters.services.uploads import UploadProblem
from encounters.services.video.pushing import file_begin_anew, file_receive, pushed_file, standing
from encounters.views.slices import body_of, header_number, in_one_shape

TUS = "1.0.0"
PIECES = "application/offset+octet-stream"


@csrf_exempt
@require_http_methods(["PUT", "PATCH", "HEAD", "OPTIONS"])
@in_one_shape
def recording_push(request: HttpRequest, pk: UUID, token: str) -> HttpResponse:
    if request.method == "OPTIONS":
        headers = {"Tus-Version": TUS, "Tus-Max-Size": str(settings.AUDIO_MAX_BYTES)}
        return HttpResponse(status=204, headers={**headers, "Tus-Resumable": TUS})
    connection = VideoConnection.objects.filter(pk=pk, active=True).first()
    row = pushed_file(connection, token) if connection else None
    if row is None:
        raise Http404
    if request.method == "PUT":
        return _whole(request, row)
    if request.headers.get("Tus-Resumable") != TUS:
        return HttpResponse(status=412, headers={"Tus-Version": TUS})
    return _standing(row, 200) if request.method == "HEAD" else _piece(request, row)


def _whole(request: HttpRequest, row: VendorRecording) -> HttpResponse:
    if header_number(request, "Content-Length") != row.expected_bytes:
        raise UploadProblem(
            "wrong_length", "Send as many bytes as were announced, in one request.", status=400
        )
    digest = request.headers.get("Content-Digest")
    if digest is not None and digest.strip() != _digest(row.expected_sha256):
        raise UploadProblem("wrong_digest", "Content-Digest is not the hash that was announced.", status=400)
    file_begin_anew(row)
    file_receive(row, offset=0, chunks=body_of(request))
    if standing(row) != row.expected_bytes:
        raise UploadProblem("cut_short", "The connection ended early.", "Send the file again.", status=400)
    return _standing(row, 204)


def _piece(request: HttpRequest, row: VendorRecording) -> HttpResponse:
    if request.content_type != PIECES:
        raise UploadProblem("wrong_type", f"Send {PIECES}.", status=415)
    offset, length = header_number(request, "Upload-Offset"), header_number(request, "Content-Length")
    if offset + length > int(row.expected_bytes or 0):
        raise UploadProblem("too_long", "These are more bytes than were announced.", status=413)
    file_receive(row, offset=offset, chunks=body_of(request))
    return _standing(row, 204)


def _standing(row: VendorRecording, status: int) -> HttpResponse:
    headers = {
        "Tus-Resumable": TUS,
        "Upload-Offset": str(standing(row)),
        "Upload-Length": str(row.expected_bytes),
        "Cache-Control": "no-store",
    }
    return HttpResponse(status=status, headers=headers)


def _digest(sha256: str) -> str:
    return f"sha-256=:{base64.b64encode(bytes.fromhex(sha256)).decode()}:"
