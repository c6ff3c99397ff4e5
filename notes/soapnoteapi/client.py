"""Talking to SOAPNoteAPI: the four calls of the guide, and the list of specialties.

The client knows no models and no settings. It sends each request once: when to try again, and whether a note
may already exist, is for whoever owns the job to decide, by ``EngineError.retryable`` and ``.ambiguous``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from config.http import (
    Body,
    BytesReader,
    Door,
    FieldPart,
    FilePart,
    HttpFailure,
    Limits,
    UnsendableRequest,
    Watch,
    json_body,
    multipart_body,
)
from notes.soapnoteapi.errors import ANOTHER_NOTE, BadAnswer, InvalidRequest, KeyRejected
from notes.soapnoteapi.failures import from_answer, from_failure
from notes.soapnoteapi.reading import load, load_object
from notes.soapnoteapi.schemas import (
    EngineNote,
    JobStatus,
    SpecialtyOffer,
    UploadAnswer,
    read_note,
    read_specialties,
    read_status,
    read_upload,
)

BASE_URL = "https://api.soapnoteapi.com"

_KEY = re.compile(r"[!-~]{8,512}")


@dataclass(frozen=True)
class ClientLimits:
    """Times per kind of call. An upload may take hours on a slow line, and its answer as long as the note."""

    upload: Limits = field(default_factory=lambda: Limits(read=300, write=300, total=3 * 3600))
    create: Limits = field(default_factory=lambda: Limits(read=90, write=30, total=120))
    fetch: Limits = field(default_factory=lambda: Limits(read=30, write=30, total=60))


class SoapNoteClient:
    """One account at one address. Every method raises ``EngineError`` and nothing else of its own; what a
    reader or a callback raises passes through.

    ``allowed_origins``: origins that may be plain http or private, for the sandbox. ``door``: instead of the
    one that would be made from them.
    """

    def __init__(
        self,
        base_url: str,
        api_key: str,
        *,
        allowed_origins: Collection[str] = (),
        limits: ClientLimits | None = None,
        user_agent: str = "Countersign",
        door: Door | None = None,
    ) -> None:
        self._base_url = base_url.strip().rstrip("/")
        self._api_key = api_key.strip()
        self._limits = limits or ClientLimits()
        self._door = door or Door(allowed_origins=allowed_origins, user_agent=user_agent)

    def upload_audio(
        self,
        reader: BytesReader,
        *,
        filename: str,
        media_type: str,
        metadata: Mapping[str, object],
        on_progress: Callable[[int], object] | None = None,
        should_abort: Callable[[], bool] | None = None,
    ) -> UploadAnswer:
        """``PUT /v1/note/audio``: a job, or for a short recording the note itself.

        ``reader`` is read from its start in small pieces. After a 2xx nothing is retryable: the note exists.
        """
        try:
            body = multipart_body(
                [
                    FilePart("audio", reader, filename, media_type),
                    FieldPart("metadata", json.dumps(metadata, allow_nan=False), "application/json"),
                ]
            )
        except UnsendableRequest:
            raise InvalidRequest("UNSENDABLE_REQUEST") from None
        watch = Watch(on_progress, should_abort)
        try:
            answer = self._send("PUT", "/v1/note/audio", self._limits.upload, body=body, watch=watch)
            return read_upload(load_object(answer))
        except BadAnswer as error:
            raise BadAnswer(
                error.code, retryable=False, ambiguous=True, http_status=error.http_status
            ) from None

    def create_note(self, request: Mapping[str, object]) -> EngineNote:
        """``POST /v1/note`` with what ``build_note_request`` made; the answer is the finished note."""
        answer = self._send("POST", "/v1/note", self._limits.create, body=json_body(request))
        try:
            return read_note(load_object(answer))
        except BadAnswer as error:
            raise BadAnswer(error.code, ambiguous=True) from None

    def status(self, note_id: str) -> JobStatus:
        """``GET /v1/audio/status/{noteId}``."""
        return read_status(load_object(self._get(f"/v1/audio/status/{_segment(note_id)}")))

    def note(self, note_id: str) -> EngineNote:
        """``GET /v1/note/{noteId}``. ``BadAnswer`` ``NO_NOTE`` (retryable) while the job is still running."""
        note = read_note(load_object(self._get(f"/v1/note/{_segment(note_id)}")), note_id_known=note_id)
        if note.note_id != note_id:
            raise BadAnswer(ANOTHER_NOTE, retryable=False)
        return note

    def specialties(self) -> tuple[SpecialtyOffer, ...]:
        """``GET /v1/specialties``, which is public: the key is not sent."""
        answer = self._send("GET", "/v1/specialties", self._limits.fetch, with_key=False)
        return read_specialties(load(answer))

    def _get(self, path: str) -> bytes:
        return self._send("GET", path, self._limits.fetch, about_note=True)

    def _send(
        self,
        method: str,
        path: str,
        limits: Limits,
        *,
        body: Body | None = None,
        watch: Watch | None = None,
        with_key: bool = True,
        about_note: bool = False,
    ) -> bytes:
        headers = {"Accept": "application/json"}
        if with_key:
            headers["Authorization"] = f"Bearer {self._checked_key()}"
        url = f"{self._base_url}{path}"
        try:
            answer = self._door.send(method, url, headers=headers, body=body, limits=limits, watch=watch)
        except HttpFailure as failure:
            raise from_failure(failure, writes=method != "GET") from failure
        if not 200 <= answer.status < 300:
            writes = method != "GET"
            raise from_answer(
                answer.status, answer.headers, answer.body, about_note=about_note, writes=writes
            )
        return answer.body

    def _checked_key(self) -> str:
        if not _KEY.fullmatch(self._api_key):
            raise KeyRejected("NO_USABLE_KEY")
        return self._api_key


def _segment(note_id: str) -> str:
    """The id as one path segment; the dot segments would name another path."""
    if not note_id or note_id in (".", ".."):
        raise InvalidRequest("BAD_NOTE_ID")
    return quote(note_id, safe="")
