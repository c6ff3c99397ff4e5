"""A recording's bytes as ordered slices, each one sealed object in the storage alias "audio".

An uploaded file arrives in slices of SLICE_SIZE, a browser capture in slices of seconds. All slices of a
recording share one data key; the key ring wraps it for the recording's row. Plaintext exists in memory
only, a frame or an incoming chunk at a time. The rows, not the storage, say which slices make a recording.
"""

from __future__ import annotations

import hashlib
import io
import os
import secrets
import uuid
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

from django.core.files.base import File
from django.core.files.storage import Storage, storages

from config.crypto.keyring import KEY_SIZE, get_keyring, seal, unseal
from config.crypto.stream import SealedReader, seal_stream, seek_target

if TYPE_CHECKING:
    from typing_extensions import Buffer

SLICE_SIZE = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class StoredSlice:
    """What was stored: plaintext bytes, and their SHA-256 in hex."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class SliceRef:
    """Where a slice is: storage key, plaintext bytes, and the associated data it was sealed with."""

    storage_key: str
    size: int
    aad: bytes


def audio_files() -> Storage:
    return storages["audio"]


def new_data_key() -> bytes:
    return os.urandom(KEY_SIZE)


def wrap_key(key: bytes, recording_id: uuid.UUID) -> bytes:
    """The data key, sealed by the key ring for this recording only."""
    return seal(key, _key_aad(recording_id))


def unwrap_key(wrapped: bytes, recording_id: uuid.UUID) -> bytes:
    """The data key; raises DecryptionError for another recording's, or when its master key is gone."""
    return unseal(bytes(wrapped), _key_aad(recording_id))


def rewrap_key(recording_id: uuid.UUID, wrapped: bytes) -> bytes:
    """The wrapped key under the current master key. A destroyed one stays destroyed."""
    if not wrapped:
        return wrapped
    return get_keyring().reseal(bytes(wrapped), _key_aad(recording_id))


def slice_aad(recording_id: uuid.UUID, part_number: int, slice_number: int) -> bytes:
    """The associated data that ties a slice to its place."""
    return f"encounters.recording:{recording_id}:{part_number}:{slice_number}".encode()


def new_storage_key(recording_id: uuid.UUID, part_number: int, slice_number: int) -> str:
    """A fresh name that can't be guessed and says nothing about anybody."""
    return f"{recording_id.hex}/{part_number:04d}-{slice_number:06d}-{secrets.token_hex(16)}"


def write_slice(*, storage_key: str, key: bytes, aad: bytes, chunks: Iterable[bytes]) -> StoredSlice:
    """Seal `chunks` into storage. Once this returns the slice is whole and durable; if it raises, or the
    process dies, there is no object under the key, or still the one from before.
    """
    tally = _Tally(chunks)
    name = audio_files().save(storage_key, _SealedUpload(seal_stream(tally, key, aad), storage_key))
    if name != storage_key:
        audio_files().delete(name)
        raise RuntimeError('The storage "audio" must store under the name it is given (file_overwrite).')
    return StoredSlice(tally.size, tally.digest.hexdigest())


def delete_slice(storage_key: str) -> None:
    """Remove the object; nothing happens if there is none."""
    with suppress(FileNotFoundError):
        audio_files().delete(storage_key)


def free_space() -> int | None:
    """Bytes that can still be stored, or None where the storage has no such limit."""
    measure = getattr(audio_files(), "free_space", None)
    return measure() if measure else None


def remove_partials(older_than: float) -> int:
    """Delete unfinished writes older than this many seconds; says how many. S3 keeps none of them visible."""
    remove = getattr(audio_files(), "remove_partials", None)
    return remove(older_than) if remove else 0


class PlainReader(io.RawIOBase):
    """The plaintext of a recording: reads and seeks over its slices, with one of them open at a time.

    Has no `fileno`, so nobody can take the size of a file with ciphertext for the length of the audio.
    Reading raises DecryptionError for a slice that was altered, FileNotFoundError for one that is gone.
    """

    def __init__(self, slices: Sequence[SliceRef], key: bytes) -> None:
        super().__init__()
        self._slices = tuple(slices)
        self._key = key
        self._ends = list(accumulate(ref.size for ref in self._slices))
        self._position = 0
        self._index = -1
        self._slice: SealedReader | None = None

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        self._position = seek_target(offset, whence, self._position, len(self))
        return self._position

    def read(self, size: int | None = -1, /) -> bytes:
        """`size` bytes, fewer only at the end; everything that is left without a size."""
        left = max(0, len(self) - self._position)
        wanted = left if size is None or size < 0 else min(size, left)
        data = self._read_some(wanted)
        if len(data) == wanted:
            return data
        pieces = [data]
        wanted -= len(data)
        while wanted:
            pieces.append(self._read_some(wanted))
            wanted -= len(pieces[-1])
        return b"".join(pieces)

    def readinto(self, buffer: Buffer, /) -> int:
        view = memoryview(buffer).cast("B")
        data = self.read(len(view))
        view[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if self._slice is not None:
            self._slice.close()
            self._slice = None
        super().close()

    def _read_some(self, wanted: int) -> bytes:
        if not wanted:
            return b""
        index = bisect_right(self._ends, self._position)
        reader = self._open(index)
        reader.seek(self._position - (self._ends[index] - self._slices[index].size))
        data = reader.read(wanted)
        self._position += len(data)
        return data

    def _open(self, index: int) -> SealedReader:
        if self._slice is None or index != self._index:
            if self._slice is not None:
                self._slice.close()
                self._slice = None
            ref = self._slices[index]
            raw = audio_files().open(ref.storage_key, "rb")
            try:
                self._slice = SealedReader(raw, self._key, ref.aad, ref.size)
            except BaseException:
                raw.close()
                raise
            self._index = index
        return self._slice


class _Tally:
    """Passes chunks on, counting and hashing them."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = chunks
        self.size = 0
        self.digest = hashlib.sha256()

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._chunks:
            self.size += len(chunk)
            self.digest.update(chunk)
            yield chunk


class _SealedUpload(File):  # type: ignore[type-arg]
    """Sealed pieces as the file object that storages take: `chunks()` for disk, `read()` for S3."""

    def __init__(self, pieces: Iterator[bytes], name: str) -> None:
        super().__init__(None, name)
        self._pieces = pieces
        self._pending = b""

    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
        return self._pieces

    def seekable(self) -> bool:
        return False

    def read(self, size: int = -1) -> bytes:
        pieces = [self._pending]
        have = len(self._pending)
        while size < 0 or have < size:
            piece = next(self._pieces, b"")
            if not piece:
                break
            pieces.append(piece)
            have += len(piece)
        data = b"".join(pieces)
        end = have if size < 0 else size
        self._pending = data[end:]
        return data[:end]

    def close(self) -> None:
        self._pending = b""


def _key_aad(recording_id: uuid.UUID) -> bytes:
    return f"encounters.recording.data_key:{recording_id}".encode()
