from __future__ import annotations

import io
import os
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.crypto import stream
from config.crypto.keyring import TAG_SIZE, DecryptionError
from config.crypto.stream import FRAME_SIZE, HEADER_SIZE, SealedReader, seal_stream, sealed_size

KEY = bytes(range(32))
SEALED_FRAME = FRAME_SIZE + TAG_SIZE
SIZES = [0, 1, FRAME_SIZE - 1, FRAME_SIZE, FRAME_SIZE + 1, 2 * FRAME_SIZE, 3 * FRAME_SIZE + 17]


def seal(plaintext: bytes, aad: bytes = b"slice 1", key: bytes = KEY) -> bytes:
    return b"".join(seal_stream([plaintext], key, aad))


def opened(sealed: bytes, size: int, aad: bytes = b"slice 1", key: bytes = KEY) -> SealedReader:
    return SealedReader(io.BytesIO(sealed), key, aad, size)


def frames(sealed: bytes) -> tuple[bytes, list[bytes]]:
    body = sealed[HEADER_SIZE:]
    return sealed[:HEADER_SIZE], [body[at : at + SEALED_FRAME] for at in range(0, len(body), SEALED_FRAME)]


@pytest.mark.parametrize("size", SIZES)
def test_streams_of_any_length_come_back(size):
    plaintext = os.urandom(size)
    sealed = seal(plaintext)
    assert len(sealed) == sealed_size(size)
    assert opened(sealed, size).read() == plaintext


@settings(max_examples=30, deadline=None)
@given(cuts=st.lists(st.integers(0, 3 * FRAME_SIZE + 17), max_size=8))
def test_the_sealed_length_does_not_depend_on_how_the_bytes_arrive(cuts):
    plaintext = bytes(3 * FRAME_SIZE + 17)
    edges = [0, *sorted(cuts), len(plaintext)]
    chunks = [plaintext[start:end] for start, end in pairwise(edges)]
    sealed = b"".join(seal_stream(chunks, KEY, b"slice 1"))
    assert len(sealed) == sealed_size(len(plaintext))
    assert opened(sealed, len(plaintext)).read() == plaintext


PLAIN = os.urandom(2 * FRAME_SIZE + 999)
SEALED = seal(PLAIN)


@settings(max_examples=200, deadline=None)
@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from([io.SEEK_SET, io.SEEK_CUR, io.SEEK_END]),
            st.integers(-400_000, 400_000),
            st.integers(0, 300_000),
        ),
        max_size=8,
    )
)
def test_random_access_behaves_as_a_buffered_file_does(steps):
    ours, theirs = io.BufferedReader(opened(SEALED, len(PLAIN))), io.BytesIO(PLAIN)
    for whence, offset, size in steps:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: theirs.tell(), io.SEEK_END: len(PLAIN)}[whence]
        if base + offset < 0:
            with pytest.raises((ValueError, OSError)):
                ours.seek(offset, whence)
            ours.seek(theirs.tell())
            continue
        assert ours.seek(base + offset) == theirs.seek(base + offset)
        assert ours.read(size) == theirs.read(size)
        assert ours.tell() == theirs.tell()


@settings(max_examples=200, deadline=None)
@given(position=st.integers(0, len(SEALED) - 1), flip=st.integers(1, 255))
def test_any_altered_byte_is_refused(position, flip):
    altered = bytearray(SEALED)
    altered[position] ^= flip
    with pytest.raises(DecryptionError):
        opened(bytes(altered), len(PLAIN)).read()


def test_frames_that_changed_places_are_refused():
    header, (first, second, last) = frames(SEALED)
    with pytest.raises(DecryptionError):
        opened(header + second + first + last, len(PLAIN)).read()


def test_a_repeated_frame_is_refused():
    header, (first, _, last) = frames(SEALED)
    with pytest.raises(DecryptionError):
        opened(header + first + first + last, len(PLAIN)).read()


def test_a_frame_of_another_object_is_refused_even_of_the_same_slice():
    header, (first, _, last) = frames(SEALED)
    other = frames(seal(PLAIN))[1][1]
    with pytest.raises(DecryptionError):
        opened(header + first + other + last, len(PLAIN)).read()


@pytest.mark.parametrize("claimed", [2 * FRAME_SIZE, FRAME_SIZE, 0])
def test_a_cut_at_a_frame_border_is_refused_even_if_the_claimed_size_fits(claimed):
    header, parts = frames(SEALED)
    kept = header + b"".join(parts[: claimed // FRAME_SIZE])
    with pytest.raises(DecryptionError):
        opened(kept, claimed).read(1)
        opened(kept, claimed).read()


@settings(max_examples=50, deadline=None)
@given(length=st.integers(0, len(SEALED) - 1))
def test_a_cut_anywhere_is_refused_at_once(length):
    with pytest.raises(DecryptionError):
        opened(SEALED[:length], len(PLAIN))


def test_bytes_behind_the_end_are_refused():
    with pytest.raises(DecryptionError):
        opened(SEALED + b"\0", len(PLAIN))


def test_another_key_and_other_associated_data_are_refused():
    with pytest.raises(DecryptionError):
        opened(SEALED, len(PLAIN), key=bytes(32)).read()
    with pytest.raises(DecryptionError):
        opened(SEALED, len(PLAIN), aad=b"slice 2").read()


def test_no_nonce_is_used_twice_with_one_key(monkeypatch):
    seen = set()

    class Recorder:
        def __init__(self, key):
            self.key = key

        def encrypt(self, nonce, data, aad):
            assert (self.key, nonce) not in seen
            seen.add((self.key, nonce))
            return b"\0" * TAG_SIZE

    monkeypatch.setattr(stream, "AESGCM", Recorder)
    monkeypatch.setattr(stream, "FRAME_SIZE", 16)
    for attempt in range(40):  # slices, each sent again and again
        for _ in seal_stream([bytes(16 * 250)], KEY, b"slice %d" % (attempt % 10)):
            pass
    assert len(seen) == 40 * 250


def test_only_data_keys_of_the_right_length_are_taken():
    with pytest.raises(ValueError, match="32 bytes"):
        seal(b"x", key=b"short")


def test_closing_the_reader_closes_its_source():
    raw = io.BytesIO(SEALED)
    with SealedReader(raw, KEY, b"slice 1", len(PLAIN)) as reader, pytest.raises(OSError, match="fileno"):
        reader.fileno()
    assert raw.closed
