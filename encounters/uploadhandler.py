"""The plain form's way in: Django's multipart parser feeds the file straight into sealed slices.

Nothing reaches a temporary file. A problem found on the way is kept for the view and the rest of the file is read
and dropped, so that the browser gets its page instead of a broken connection.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.files.uploadhandler import FileUploadHandler, SkipFile, StopFutureHandlers
from django.http import HttpRequest

from encounters.models import Recording, User
from encounters.services.recordings import recording_append
from encounters.services.uploads import UploadProblem

# Kept in memory until it is a slice.
SLICE = 4 * 1024 * 1024


class SealingUploadHandler(FileUploadHandler):
    """Stores the part named `recording`; `recording` or `problem` says what became of it."""

    chunk_size = 256 * 1024

    def __init__(self, request: HttpRequest, *, begin: Callable[[], Recording], actor: User) -> None:
        super().__init__(request)
        self._begin = begin
        self._actor = actor
        self._pending: list[bytes] = []
        self._size = 0
        self.recording: Recording | None = None
        self.problem: UploadProblem | None = None

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        if self.field_name != "recording" or self.recording or self.problem:
            raise SkipFile
        if not self.file_name:  # nothing was chosen
            raise SkipFile
        self._try(self._start)
        raise StopFutureHandlers

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self._pending.append(raw_data)
        self._size += len(raw_data)
        if self._size >= SLICE:
            self._try(self._store)

    def file_complete(self, file_size: int) -> None:
        """Nothing is handed on: the recording is where it belongs already."""
        if self._size:
            try:
                self._store()
            except UploadProblem as problem:
                self.problem = problem

    def upload_interrupted(self) -> None:
        self._pending.clear()

    def _start(self) -> None:
        self.recording = self._begin()

    def _store(self) -> None:
        assert self.recording is not None
        pieces, size = self._pending, self._size
        self._pending, self._size = [], 0
        recording_append(
            recording=self.recording,
            offset=self.recording.bytes,
            length=size,
            chunks=pieces,
            actor=self._actor,
        )

    def _try(self, step: Callable[[], None]) -> None:
        try:
            step()
        except UploadProblem as problem:
            self.problem = problem
            raise SkipFile from None
