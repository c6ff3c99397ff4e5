from __future__ import annotations

import hashlib
import io
import os
import random
import stat
import uuid
from itertools import pairwise
from pathlib import Path

import httpx
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import storages
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from config.crypto.keyring import DecryptionError
from config.crypto.stream import FRAME_SIZE, sealed_size
from config.storage import audio_storage
from encounters.audio.store import (
    PlainReader,
    SliceRef,
    delete_slice,
    free_space,
    new_data_key,
    new_storage_key,
    remove_partials,
    slice_aad,
    unwrap_key,
    wrap_key,
    write_slice,
)

RECORDING = uuid.UUID("01980000-0000-7000-8000-000000000001")
KEY = bytes(range(32))
MARKER = b"PLAINTEXT-AUDIO-MARKER"


@pytest.fixture
def disk(settings, tmp_path):
    """Audio in a directory of this test."""
    root = tmp_path / "audio"
    settings.STORAGES = {**settings.STORAGES, "audio": audio_storage(f"file://{root}")}
    return root


@pytest.fixture(params=["disk", pytest.param("bucket", marks=pytest.mark.s3)])
def anywhere(request):
    """Audio on disk and in S3, one after the other."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def bucket(settings, monkeypatch):
    """Audio in an S3 bucket that moto keeps in memory."""
    boto3, moto = pytest.importorskip("boto3"), pytest.importorskip("moto")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with moto.mock_aws():
        boto3.client("s3", region_name="us-east-1").create_bucket(Bucket="recordings")
        settings.STORAGES = {
            **settings.STORAGES,
            "audio": audio_storage("s3://recordings/prod?region=us-east-1"),
        }
        yield boto3.resource("s3", region_name="us-east-1").Bucket("recordings")


def store(plaintext: bytes, number: int = 0, key: str = "") -> SliceRef:
    aad = slice_aad(RECORDING, 1, number)
    storage_key = key or new_storage_key(RECORDING, 1, number)
    chunks = (plaintext[at : at + 65_536] for at in range(0, len(plaintext), 65_536))
    stored = write_slice(storage_key=storage_key, key=KEY, aad=aad, chunks=chunks)
    assert stored.size == len(plaintext)
    assert stored.sha256 == hashlib.sha256(plaintext).hexdigest()
    return SliceRef(storage_key, stored.size, aad)


def files_below(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file()]


def test_slices_read_back_as_one_file(anywhere):
    parts = [os.urandom(size) for size in (300_000, 1, 0, FRAME_SIZE, 70_000)]
    reader = PlainReader([store(part, number) for number, part in enumerate(parts)], KEY)
    plaintext = b"".join(parts)
    assert len(reader) == reader.seek(0, io.SEEK_END) == len(plaintext)
    reader.seek(0)
    assert reader.read() == plaintext
    assert reader.read(1) == b""
    reader.seek(299_999)
    assert reader.read(3) == plaintext[299_999:300_002]


def test_a_large_slice_is_stored_and_read(anywhere):
    plaintext = os.urandom(9 * 1024 * 1024 + 5)
    assert PlainReader([store(plaintext)], KEY).read() == plaintext


def test_a_slice_sent_again_replaces_the_first_whole(anywhere):
    first = store(b"a" * 200_000, key="same/key")
    again = store(b"b" * 100_000, key="same/key")
    assert PlainReader([again], KEY).read() == b"b" * 100_000
    with pytest.raises(DecryptionError):
        PlainReader([first], KEY).read()


def test_a_sender_that_breaks_off_leaves_no_object_behind(anywhere):
    def breaks_off():
        yield MARKER * 20_000
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        write_slice(storage_key="r/1", key=KEY, aad=b"", chunks=breaks_off())
    assert not storages["audio"].exists("r/1")


def test_a_resend_that_breaks_off_leaves_the_earlier_slice_as_it_was(anywhere):
    def breaks_off():
        yield bytes(20 * 1024 * 1024)
        raise ConnectionResetError

    ref = store(b"kept" * 1000, key="r/1")
    with pytest.raises(ConnectionResetError):
        write_slice(storage_key="r/1", key=KEY, aad=ref.aad, chunks=breaks_off())
    assert PlainReader([ref], KEY).read() == b"kept" * 1000


def test_deleting_removes_the_object_and_may_be_repeated(anywhere):
    ref = store(b"x")
    delete_slice(ref.storage_key)
    delete_slice(ref.storage_key)
    with pytest.raises(FileNotFoundError):
        PlainReader([ref], KEY).read()


@pytest.mark.s3
def test_s3_objects_lie_under_the_prefix_and_hold_only_ciphertext(bucket):
    ref = store(MARKER * 1000)
    (item,) = bucket.objects.all()
    assert item.key == f"prod/{ref.storage_key}"
    assert MARKER not in item.get()["Body"].read()


def test_the_disk_holds_only_ciphertext_in_private_files(disk):
    ref = store(MARKER * 10_000)
    (path,) = files_below(disk)
    assert path == disk / ref.storage_key
    assert path.stat().st_size == sealed_size(ref.size)
    assert MARKER not in path.read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in (disk, path.parent)} == {0o700}


def test_nothing_that_looks_whole_exists_while_a_slice_is_being_written(disk):
    seen = []

    def watched():
        yield MARKER * 20_000
        seen.extend(path.name for path in files_below(disk))
        assert all(MARKER not in path.read_bytes() for path in files_below(disk))
        yield b"end"

    write_slice(storage_key="r/1", key=KEY, aad=b"", chunks=watched())
    assert [name.endswith(".partial") for name in seen] == [True]
    assert [path.name for path in files_below(disk)] == ["1"]


def test_a_slice_is_flushed_to_the_device_before_it_gets_its_name(disk, monkeypatch):
    steps = []
    fsync, replace = os.fsync, Path.replace

    def record_fsync(descriptor):
        steps.append("directory" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")
        fsync(descriptor)

    def record_replace(self, target):
        steps.append("rename")
        return replace(self, target)

    (disk / "r").mkdir(parents=True)
    monkeypatch.setattr(os, "fsync", record_fsync)
    monkeypatch.setattr(Path, "replace", record_replace)
    store(b"x", key="r/1")
    assert steps == ["file", "rename", "directory"]


def test_a_writer_killed_at_any_write_leaves_nothing_under_the_key(disk):
    """The process ends without unwinding, as kill -9 ends it, at the first, second, … write."""
    for survived in range(1, 6):
        child = os.fork()
        if child == 0:
            writes = iter(range(survived))
            original = os.write

            def write(descriptor, data, writes=writes, original=original):
                if next(writes, None) is None:
                    os._exit(9)
                return original(descriptor, data)

            os.write = write
            try:
                store(bytes(5 * FRAME_SIZE), key="r/killed")
            finally:
                os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
        assert not storages["audio"].exists("r/killed")
    assert len(files_below(disk)) == 5
    assert remove_partials(older_than=3600) == 0
    kept = store(b"x", key="r/whole")
    assert remove_partials(older_than=-1) == 5
    assert PlainReader([kept], KEY).read() == b"x"


def test_swapped_and_foreign_slices_are_refused(disk):
    first, second = store(b"a" * 500, 0), store(b"b" * 500, 1)
    swapped = [SliceRef(second.storage_key, 500, first.aad), SliceRef(first.storage_key, 500, second.aad)]
    with pytest.raises(DecryptionError):
        PlainReader(swapped, KEY).read()
    with pytest.raises(DecryptionError):
        PlainReader([first], new_data_key()).read()


def test_a_slice_cut_on_disk_is_refused(disk):
    ref = store(bytes(FRAME_SIZE * 2))
    path = disk / ref.storage_key
    os.truncate(path, sealed_size(FRAME_SIZE))
    with pytest.raises(DecryptionError):
        PlainReader([ref], KEY).read()
    with pytest.raises(DecryptionError):
        PlainReader([SliceRef(ref.storage_key, FRAME_SIZE, ref.aad)], KEY).read()


def test_only_one_slice_is_open_at_a_time(disk, monkeypatch):
    refs = [store(bytes([n]) * 1000, n) for n in range(5)]
    opened = []
    storage = storages["audio"]
    original = storage.open
    monkeypatch.setattr(storage, "open", lambda *args: opened.append(original(*args)) or opened[-1])
    with PlainReader(refs, KEY) as reader:
        for _ in range(20):
            reader.seek(random.randrange(5000))
            reader.read(1500)
            assert sum(not file.closed for file in opened) == 1
    assert all(file.closed for file in opened)


def test_the_reader_offers_no_descriptor_of_a_file_with_ciphertext(disk):
    reader = PlainReader([store(b"x")], KEY)
    with pytest.raises(OSError, match="fileno"):
        reader.fileno()


def test_a_multipart_upload_streams_the_plaintext_and_knows_its_length(disk):
    plaintext = os.urandom(500_000)
    reader = PlainReader([store(plaintext[:200_000], 0), store(plaintext[200_000:], 1)], KEY)
    request = httpx.Request(
        "PUT", "https://engine.test/", files={"audio": ("visit.wav", reader, "audio/wav")}
    )
    body = b"".join(request.stream)
    assert request.headers["Content-Length"] == str(len(body))
    assert "Transfer-Encoding" not in request.headers
    assert plaintext in body


def test_a_recording_without_slices_is_empty(disk):
    assert PlainReader([], KEY).read() == b""


@pytest.fixture
def known(disk):
    plaintext = os.urandom(FRAME_SIZE * 2 + 999)
    cuts = [0, 17, 18, FRAME_SIZE, FRAME_SIZE + 4096, len(plaintext)]
    refs = [store(plaintext[a:b], n) for n, (a, b) in enumerate(pairwise(cuts))]
    return plaintext, refs


def test_random_reads_and_seeks_match_those_of_a_plain_file(known):
    plaintext, refs = known

    @hypothesis_settings(max_examples=100, deadline=None)
    @given(
        steps=st.lists(st.tuples(st.integers(0, len(plaintext) + 50), st.integers(-1, 200_000)), max_size=6)
    )
    def compare(steps):
        ours, theirs = PlainReader(refs, KEY), io.BytesIO(plaintext)
        for position, size in steps:
            assert ours.seek(position) == theirs.seek(position)
            assert ours.read(size) == theirs.read(size)
            assert ours.tell() == theirs.tell()

    compare()


def test_storage_keys_are_fresh_and_opaque():
    keys = {new_storage_key(RECORDING, 1, 2) for _ in range(100)}
    assert len(keys) == 100
    assert all(key.startswith(RECORDING.hex + "/") for key in keys)


def test_a_data_key_opens_for_its_own_recording_only(settings):
    key = new_data_key()
    wrapped = wrap_key(key, RECORDING)
    assert key not in wrapped
    assert unwrap_key(wrapped, RECORDING) == key
    with pytest.raises(DecryptionError):
        unwrap_key(wrapped, uuid.uuid4())


def test_free_space_is_known_on_disk(disk):
    assert free_space() > 0


def test_private_files_have_no_address(disk):
    with pytest.raises(ValueError, match="no URL"):
        storages["audio"].url("r/1")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/var/audio",
        "file://host/audio",
        "file:audio",
        "file:///",
        "ftp://x/y",
        "s3://",
        "s3://b?colour=red",
        "s3://id:secret@bucket/x",
    ],
)
def test_an_unusable_storage_address_is_refused(url):
    with pytest.raises(ImproperlyConfigured, match="AUDIO_STORAGE_URL") as refusal:
        audio_storage(url)
    assert "secret@" not in str(refusal.value)


def test_an_s3_address_becomes_storage_options():
    url = "s3://clinic-audio/a/b?region=eu-central-1&endpoint=https%3A%2F%2Fs3.example.org&kms=alias/audio"
    options = audio_storage(url)["OPTIONS"]
    assert options["bucket_name"] == "clinic-audio"
    assert options["location"] == "a/b"
    assert options["region_name"] == "eu-central-1"
    assert options["endpoint_url"] == "https://s3.example.org"
    assert options["object_parameters"] == {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "alias/audio"}
    assert options["file_overwrite"] is True
