"""The endpoints of the contract, and the sandbox's own under `/sandbox/`."""

from __future__ import annotations

import hmac
import re
from collections import Counter
from collections.abc import Callable
from urllib.parse import unquote, urlsplit

from notes.soapnoteapi.sandbox import note as notes
from notes.soapnoteapi.sandbox import page
from notes.soapnoteapi.sandbox.clock import iso
from notes.soapnoteapi.sandbox.config import account_id
from notes.soapnoteapi.sandbox.engine import Engine
from notes.soapnoteapi.sandbox.errors import ApiError, invalid, not_found
from notes.soapnoteapi.sandbox.options import NoteOptions, read_options, read_transcript
from notes.soapnoteapi.sandbox.records import COMPLETED, Delivery, Job
from notes.soapnoteapi.sandbox.requests import Request, Response, answer, parse_object
from notes.soapnoteapi.sandbox.specialties import listing
from notes.soapnoteapi.sandbox.spool import SpoolHandler, check_format

KEY = re.compile(r"snapi_sk_(?:test|live)_\S+")

View = Callable[[Request, str], Response]


class Views:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def upload(self, request: Request, _: str) -> Response:
        """`PUT /v1/note/audio`: parts `audio` and `metadata`; the older POST may send a flat `specialty`."""
        account = self._account(request)
        handler = SpoolHandler(self._engine.spool)
        try:
            options = self._read_upload(request, handler)
            audio = handler.path
            if audio is None:
                raise invalid(("audio", "audio is required, as a file with a file name"))
            check_format(audio)
            job = self._engine.accept_recording(account, options, audio)
        except BaseException:
            handler.discard()
            raise
        status_url = f"/v1/audio/status/{job.note_id}"
        return answer({"noteId": job.note_id, "status": "processing", "status_url": status_url}, 202)

    def text_note(self, request: Request, _: str) -> Response:
        account = self._account(request)
        data = request.json()
        problems: list[dict[str, str]] = []
        for read in (read_transcript, read_options):
            try:
                read(data)
            except ApiError as error:
                problems += error.details or []
        if problems:
            raise ApiError(400, "VALIDATION_ERROR", "Invalid request.", problems)
        return answer(self._engine.note_from_text(account, read_options(data), read_transcript(data)))

    def status(self, request: Request, note_id: str) -> Response:
        job = self._job(request, note_id)
        return answer(_state(job))

    def note(self, request: Request, note_id: str) -> Response:
        """The note; while it is processing, or where it failed, only its status and no sections."""
        job = self._job(request, note_id)
        if job.status != COMPLETED:
            return answer({**_state(job), "created_at": iso(job.created_at)})
        return answer(notes.public(job.note, wants_transcript=bool(job.options.get("include_transcript"))))

    def specialties(self, _request: Request, _: str) -> Response:
        return answer({"specialties": listing()})

    def home(self, request: Request, _: str) -> Response:
        return page.home(self._engine, sent=request.environ.get("QUERY_STRING") == "sent")

    def stylesheet(self, _request: Request, _: str) -> Response:
        return page.stylesheet()

    def test_event(self, request: Request, _: str) -> Response:
        """Send the test event: with an API key to its account, from the page's own form to every account."""
        if request.bearer:
            sent = self._engine.send_test_events(self._account(request))
            if not sent:
                raise invalid(("webhook", "No webhook is configured for this key"))
            return answer({"event_ids": sent}, 202)
        if not _same_origin(request):
            raise ApiError(
                401, "AUTHENTICATION_ERROR", "Send an API key, or use the form on the sandbox's page."
            )
        self._engine.send_test_events()
        return Response(303, headers={"Location": "/?sent"})

    def ledger(self, request: Request, _: str) -> Response:
        """What was received, made and delivered, in numbers and ids, so that tests can compare both sides."""
        self._require_admin(request)
        store = self._engine.store
        jobs, deliveries = store.recent_jobs(10_000), store.recent_deliveries(10_000)
        return answer(
            {
                "totals": store.tallies(),
                "jobs_by_status": Counter(job.status for job in jobs),
                "deliveries_by_state": Counter(delivery.state for delivery in deliveries),
                "jobs": [_job_entry(job) for job in jobs],
                "deliveries": [_delivery_entry(owed) for owed in deliveries],
            }
        )

    def _read_upload(self, request: Request, handler: SpoolHandler) -> NoteOptions:
        fields, files = request.multipart([handler])
        if "metadata" in files:
            part = files.get("metadata")
            raw: str | bytes = part.read() if part else b""
        elif "metadata" in fields:
            raw = str(fields["metadata"])
        elif request.method == "POST" and "specialty" in fields:
            return read_options({"specialty": fields["specialty"]})
        else:
            raise invalid(("metadata", "metadata is required"))
        return read_options(parse_object(raw, "metadata"))

    def _account(self, request: Request) -> str:
        if not KEY.fullmatch(request.bearer):
            raise ApiError(401, "AUTHENTICATION_ERROR", "The API key is missing or invalid.")
        return account_id(request.bearer)

    def _require_admin(self, request: Request) -> None:
        expected = self._engine.config.admin_token
        if not expected or not hmac.compare_digest(request.bearer.encode(), expected.encode()):
            raise ApiError(401, "AUTHENTICATION_ERROR", "The sandbox's admin token is missing or invalid.")

    def _job(self, request: Request, note_id: str) -> Job:
        account = self._account(request)
        job = self._engine.store.job(unquote(note_id))
        if job is None or (job.status == COMPLETED and job.expires_at <= self._engine.clock()):
            raise not_found()
        if job.account != account:
            raise ApiError(403, "AUTHORIZATION_ERROR", "This note belongs to another account.")
        return job


def _state(job: Job) -> dict[str, object]:
    state: dict[str, object] = {"noteId": job.note_id, "status": job.status}
    if job.error_code:
        state["error"] = {"code": job.error_code, "message": job.error_message}
    return state


def _job_entry(job: Job) -> dict[str, object]:
    return {
        **_state(job),
        "account": job.account,
        "kind": job.kind,
        "bytes": job.received_bytes,
        "attempts": job.attempts,
        "audio_seconds": job.audio_seconds,
    }


def _delivery_entry(owed: Delivery) -> dict[str, object]:
    return {
        "event_id": owed.event_id,
        "event": owed.event,
        "noteId": owed.note_id,
        "account": owed.account,
        "state": owed.state,
        "attempts": owed.attempts,
        "http_status": owed.last_status,
    }


def _same_origin(request: Request) -> bool:
    """Whether a browser says that the form was on our own page; another site's form is refused."""
    origin = request.header("Origin")
    return bool(origin) and urlsplit(origin).netloc == request.environ.get("HTTP_HOST")
