"""Sealed objects: byte streams of any length in authenticated frames (the STREAM construction).

    object = header | frame 0 | frame 1 | … | last frame
    header = b"CSGN" | version (1 byte) | random nonce prefix (7)
    frame  = AES-256-GCM of FRAME_SIZE plaintext bytes (the last may hold fewer) and its 16-byte tag
    nonce  = prefix (7) | frame number (4, big-endian) | 1 in the last frame, else 0

Every frame is bound to the header and to the caller's associated data, so frames that are reordered,
repeated, dropped or taken from another object do not open. An object's key is derived from the data
key and the associated data: only rewrites of the very same object share a key, and those differ in
their prefix.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from config.crypto.keyring import KEY_SIZE, TAG_SIZE, DecryptionError

if TYPE_CHECKING:
    from typing_extensions import Buffer

# AES-GCM is several times slower on calls of 1 MiB (fresh large allocations) than on 64 to 256 KiB.
FRAME_SIZE = 128 * 1024
MAGIC = b"CSGN\x01"
PREFIX_SIZE = 7
HEADER_SIZE = len(MAGIC) + PREFIX_SIZE
MAX_FRAMES = 2**32


class SeekableSource(Protocol):
    def read(self, size: int = ..., /) -> bytes: ...
    def seek(self, offset: int, whence: int = ..., /) -> Any: ...
    def tell(self) -> int: ...
    def close(self) -> None: ...


def sealed_size(plaintext_size: int) -> int:
    """The length in bytes of the sealed object that holds `plaintext_size` bytes."""
    return HEADER_SIZE + plaintext_size + TAG_SIZE * _frame_count(plaintext_size)


def seal_stream(chunks: Iterable[bytes], key: bytes, aad: bytes) -> Iterator[bytes]:
    """The sealed object of `chunks` (of any sizes), piece by piece; holds one frame at a time."""
    cipher = _ObjectCipher(key, aad, MAGIC + os.urandom(PREFIX_SIZE))
    yield cipher.header
    frame = bytearray(FRAME_SIZE)
    filled = number = 0
    for chunk in chunks:
        rest = memoryview(chunk)
        while rest:
            if filled == FRAME_SIZE:  # more follows, so this is not the last frame
                yield cipher.seal(number, frame, last=False)
                number, filled = number + 1, 0
            size = min(FRAME_SIZE - filled, len(rest))
            frame[filled : filled + size] = rest[:size]
            filled, rest = filled + size, rest[size:]
    yield cipher.seal(number, memoryview(frame)[:filled], last=True)


class SealedReader(io.RawIOBase):
    """Random access to the plaintext of a sealed object, one decrypted frame in memory.

    Raises DecryptionError on construction if the object is shorter or longer than its plaintext size
    says, and on reading if a frame does not open. `raw` is read as needed and closed with the reader.
    """

    def __init__(self, raw: SeekableSource, key: bytes, aad: bytes, plaintext_size: int) -> None:
        super().__init__()
        self._raw = raw
        self._size = plaintext_size
        self._last = _frame_count(plaintext_size) - 1
        self._position = 0
        self._frame_number = -1
        self._frame = b""
        if raw.seek(0, io.SEEK_END) != sealed_size(plaintext_size):
            raise DecryptionError("A sealed object is not as long as it must be: it was cut or extended.")
        raw.seek(0)
        self._cipher = _ObjectCipher(key, aad, _read_exactly(raw, HEADER_SIZE))

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        self._position = seek_target(offset, whence, self._position, self._size)
        return self._position

    def read(self, size: int | None = -1, /) -> bytes:
        """Up to `size` bytes; fewer only at the end of a frame, none only at the end of the object."""
        if size is None or size < 0:
            return self.readall()
        number, start = divmod(self._position, FRAME_SIZE)
        if size == 0 or self._position >= self._size:
            return b""
        data = self._open(number)[start : start + size]
        self._position += len(data)
        return data

    def readinto(self, buffer: Buffer, /) -> int:
        view = memoryview(buffer).cast("B")
        data = self.read(len(view))
        view[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._raw.close()
            self._frame = b""
        super().close()

    def _open(self, number: int) -> bytes:
        if number != self._frame_number:
            start = number * FRAME_SIZE
            size = min(FRAME_SIZE, self._size - start) + TAG_SIZE
            self._raw.seek(HEADER_SIZE + start + number * TAG_SIZE)
            sealed = _read_exactly(self._raw, size)
            self._frame = self._cipher.unseal(number, sealed, last=number == self._last)
            self._frame_number = number
        return self._frame


class _ObjectCipher:
    """AES-256-GCM under the key of one object, with numbered nonces."""

    def __init__(self, key: bytes, aad: bytes, header: bytes) -> None:
        if len(key) != KEY_SIZE:
            raise ValueError(f"A data key has {KEY_SIZE} bytes.")
        if header[: len(MAGIC)] != MAGIC:
            raise DecryptionError("This is not a sealed object of a known version.")
        info = b"countersign sealed object v1:" + aad
        self.header = header
        self._prefix = header[len(MAGIC) :]
        self._aad = header + aad
        self._gcm = AESGCM(HKDFExpand(algorithm=SHA256(), length=KEY_SIZE, info=info).derive(key))

    def seal(self, number: int, plaintext: bytearray | memoryview, *, last: bool) -> bytes:
        return self._gcm.encrypt(self._nonce(number, last=last), plaintext, self._aad)

    def unseal(self, number: int, sealed: bytes, *, last: bool) -> bytes:
        try:
            return self._gcm.decrypt(self._nonce(number, last=last), sealed, self._aad)
        except InvalidTag:
            raise DecryptionError(
                f"Frame {number} of a sealed object does not open: it was altered or belongs elsewhere."
            ) from None

    def _nonce(self, number: int, *, last: bool) -> bytes:
        if number >= MAX_FRAMES:
            raise ValueError("A sealed object can't have more frames.")
        return self._prefix + number.to_bytes(4, "big") + bytes((last,))


def seek_target(offset: int, whence: int, position: int, size: int) -> int:
    """The position that `seek(offset, whence)` asks for; raises ValueError as files do."""
    base = {io.SEEK_SET: 0, io.SEEK_CUR: position, io.SEEK_END: size}.get(whence)
    if base is None:
        raise ValueError(f"invalid whence ({whence}, should be 0, 1 or 2)")
    if base + offset < 0:
        raise ValueError(f"negative seek position {base + offset}")
    return base + offset


def _frame_count(plaintext_size: int) -> int:
    return max(1, -(-plaintext_size // FRAME_SIZE))


def _read_exactly(raw: SeekableSource, size: int) -> bytes:
    data = raw.read(size)
    while len(data) < size:
        more = raw.read(size - len(data))
        if not more:
            raise DecryptionError("A sealed object ends too early.")
        data += more
    return data
