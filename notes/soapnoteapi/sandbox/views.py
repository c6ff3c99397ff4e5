"""The endpoints of the contract."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from notes.soapnoteapi.sandbox import note as notes
from notes.soapnoteapi.sandbox.access import Access
from notes.soapnoteapi.sandbox.clock import iso
from notes.soapnoteapi.sandbox.engine import Engine
from notes.soapnoteapi.sandbox.errors import ApiError, invalid, not_found, refusal
from notes.soapnoteapi.sandbox.options import NoteOptions, read_options, read_transcript
from notes.soapnoteapi.sandbox.records import COMPLETED, PROCESSING, Job
from notes.soapnoteapi.sandbox.requests import Request, Response, answer, parse_object
from notes.soapnoteapi.sandbox.specialties import listing
from notes.soapnoteapi.sandbox.spool import SpoolHandler, check_format
from notes.soapnoteapi.sandbox.streaming import note_events
from notes.soapnoteapi.sandbox.visit_summary import read_visits, summarise

SHORT_CLIP_PATIENCE = 60.0
EVENT_STREAM = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",
    "X-Content-Type-Options": "nosniff",
}

View = Callable[[Request, str], Response]


class Views:
    def __init__(self, engine: Engine, access: Access) -> None:
        self._engine = engine
        self._access = access

    def upload(self, request: Request, _: str) -> Response:
        """`PUT /v1/note/audio`: parts `audio` and `metadata`; the older POST may send a flat `specialty`."""
        account = self._access.spending_account(request)
        handler = SpoolHandler(self._engine.spool)
        try:
            options = _read_upload(request, handler)
            audio = handler.path
            if audio is None:
                raise invalid(("audio", "audio is required, as a file with a file name"))
            check_format(audio, handler.audio_name)
            is_short = self._engine.is_short_clip(audio)
            job = self._engine.accept_recording(account, options, audio)
        except OSError as error:
            handler.discard()
            raise refusal(503, "The recording could not be stored.", retry_after=60) from error
        except BaseException:
            handler.discard()
            raise
        return self._finished_clip(job) if is_short else _accepted(job)

    def text_note(self, request: Request, _: str) -> Response:
        account = self._access.spending_account(request)
        options, text = _read_text_note(request)
        return answer(self._engine.note_from_text(account, options, text))

    def stream_note(self, request: Request, _: str) -> Response:
        """`POST /v1/stream/note`: the same request; what is wrong with it is told before the stream begins."""
        account = self._access.spending_account(request)
        options, text = _read_text_note(request)
        events = note_events(lambda: self._engine.note_from_text(account, options, text))
        return Response(200, headers=EVENT_STREAM, stream=events)

    def status(self, request: Request, note_id: str) -> Response:
        return answer(job_state(self._job(request, note_id)))

    def note(self, request: Request, note_id: str) -> Response:
        """The note; while it is processing, or where it failed, only its status and no sections."""
        job = self._job(request, note_id)
        if job.status != COMPLETED:
            return answer({**job_state(job), "created_at": iso(job.created_at)})
        return _note(job)

    def visit_summary(self, request: Request, _: str) -> Response:
        self._access.spending_account(request)
        return answer(summarise(*read_visits(request.json())))

    def specialties(self, _request: Request, _: str) -> Response:
        return answer({"specialties": listing()})

    def _finished_clip(self, job: Job) -> Response:
        """200 with the note of a short clip; 202 all the same where it failed or is not ready in good time."""
        ended = self._engine.worker.await_end(job.note_id, SHORT_CLIP_PATIENCE)
        return _note(ended) if ended and ended.status == COMPLETED else _accepted(job)

    def _job(self, request: Request, note_id: str) -> Job:
        account = self._access.account(request)
        job = self._engine.store.job(note_id)
        if job is None or (job.status != PROCESSING and job.expires_at <= self._engine.clock()):
            raise not_found()
        if job.account != account:
            raise refusal(403, "This note belongs to another account.")
        return job


def job_state(job: Job) -> dict[str, object]:
    state: dict[str, object] = {"noteId": job.note_id, "status": job.status}
    if job.error_code:
        state["error"] = {"code": job.error_code, "message": job.error_message}
    return state


def _accepted(job: Job) -> Response:
    status_url = f"/v1/audio/status/{job.note_id}"
    return answer({"noteId": job.note_id, "status": PROCESSING, "status_url": status_url}, 202)


def _note(job: Job) -> Response:
    return answer(notes.public(job.note, wants_transcript=bool(job.options.get("include_transcript"))))


def _read_text_note(request: Request) -> tuple[NoteOptions, str]:
    """Options and transcript, or a 400 that names every field at fault in both."""
    data = request.json()
    problems: list[dict[str, str]] = []
    for read in (read_transcript, read_options):
        try:
            read(data)
        except ApiError as error:
            problems += error.details or []
    if problems:
        raise ApiError(400, "VALIDATION_ERROR", "Invalid request.", problems)
    return read_options(data), read_transcript(data)


def _read_upload(request: Request, handler: SpoolHandler) -> NoteOptions:
    fields, files = request.multipart([handler])
    if "metadata" in files:
        part = files.get("metadata")
        return _metadata(part.read() if part else b"")
    if "metadata" in fields:
        return _metadata(str(fields["metadata"]))
    if request.method == "POST" and "specialty" in fields:
        return read_options({"specialty": fields["specialty"]})
    raise invalid(("metadata", "metadata is required"))


def _metadata(raw: str | bytes) -> NoteOptions:
    data: Mapping[str, object] = parse_object(raw, "metadata")
    return read_options(data)
