"""Recordings on their way in: streamed to a private file, deleted when the job ends, in constant memory."""

from __future__ import annotations

import os
import uuid
from contextlib import suppress
from io import BytesIO
from pathlib import Path, PurePath
from typing import IO, Any

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler

from notes.soapnoteapi.sandbox.errors import refusal

MAX_AUDIO_BYTES = 500 * 1024 * 1024
MAX_METADATA_BYTES = 1024 * 1024
FORMATS = "MP3, M4A, WAV, OGG, WEBM, FLAC or MP4"
ENDINGS = {".mp3", ".m4a", ".wav", ".ogg", ".oga", ".opus", ".webm", ".weba", ".flac", ".mp4"}


class SpoolHandler(FileUploadHandler):
    """Writes the part `audio` to the spool; other file parts (`metadata` as a Blob) stay small, in memory."""

    chunk_size = 256 * 1024

    def __init__(self, directory: Path) -> None:
        super().__init__()
        self._directory = directory
        self._target: IO[bytes] = BytesIO()
        self._limit = MAX_METADATA_BYTES
        self.path: Path | None = None
        self.audio_name = ""

    def new_file(self, *args: object, **kwargs: object) -> None:
        super().new_file(*args, **kwargs)  # type: ignore[arg-type]
        if self.field_name == "audio" and self.path is None:
            self.path = self._directory / f"{uuid.uuid4()}.audio"
            self.audio_name = self.file_name or ""
            self._target = os.fdopen(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb")
            self._limit = MAX_AUDIO_BYTES
        else:
            self._target, self._limit = BytesIO(), MAX_METADATA_BYTES

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        if start + len(raw_data) > self._limit:
            what = "recording is larger than 500 MB" if self.path else "metadata is larger than 1 MB"
            raise refusal(413, f"The {what}.")
        self._target.write(raw_data)
        return None

    def file_complete(self, file_size: int) -> UploadedFile[Any]:
        if isinstance(self._target, BytesIO):
            self._target.seek(0)
        else:
            self._target.flush()
            os.fsync(self._target.fileno())
            self._target.close()
        return UploadedFile(self._target, self.file_name, self.content_type, file_size)

    def discard(self) -> None:
        """Remove the recording of a request that was refused."""
        with suppress(OSError):  # what a full disk did not take is not written now either
            self._target.close()
        if self.path is not None:
            self.path.unlink(missing_ok=True)


def check_format(path: Path, name: str) -> None:
    """415 unless the first bytes are those of one of the seven formats and the name tells of no other kind.

    A name without an ending, such as a browser's `blob`, tells nothing; which of the seven it is, the bytes say.
    """
    ending = PurePath(name).suffix.lower()
    with path.open("rb") as file:
        if (ending and ending not in ENDINGS) or not _is_audio(file.read(64)):
            raise refusal(415, f"The file is not a recording in {FORMATS}.")


def _is_audio(head: bytes) -> bool:
    return (
        (head[:4] in {b"RIFF", b"RF64"} and head[8:12] == b"WAVE")
        or head[:4] in {b"OggS", b"fLaC"}
        or (head[:4] == b"\x1a\x45\xdf\xa3" and (b"webm" in head or b"matroska" in head))
        or head[4:8] == b"ftyp"
        or head[:3] == b"ID3"
        or _is_mpeg_frame(head)
    )


def _is_mpeg_frame(head: bytes) -> bool:
    """An MPEG audio frame header: sync, a layer (AAC in ADTS has none), a bit rate and a sample rate."""
    return (
        len(head) > 3
        and head[0] == 0xFF
        and head[1] & 0xE0 == 0xE0
        and head[1] & 0x06 != 0
        and head[2] & 0xF0 != 0xF0
        and head[2] & 0x0C != 0x0C
    )
