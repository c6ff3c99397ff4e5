from __future__ import annotations

import io
import os
import random
import uuid

import av
import pytest

from config.crypto.keyring import DecryptionError
from encounters.audio.errors import UnusableAudio
from encounters.audio.formats import HEAD_SIZE, M4A, MP3, MP4
from encounters.audio.probe import Probe, check_limits, check_size, probe
from encounters.audio.store import PlainReader, SliceRef, new_storage_key, slice_aad, write_slice

from .made import ALL_FORMATS, make_audio, make_live_webm, make_video_without_sound, make_wav

KEY = bytes(32)
RECORDING = uuid.UUID(int=7)


def refusal(data: bytes) -> UnusableAudio:
    with pytest.raises(UnusableAudio) as caught:
        probe(io.BytesIO(data))
    assert caught.value.message.endswith(".")
    return caught.value


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("name", ALL_FORMATS)
def test_every_format_is_measured(name, channels):
    measured = probe(io.BytesIO(make_audio(name, seconds=6, channels=channels)))
    assert measured.format.name == name
    assert measured.duration_seconds == pytest.approx(6, abs=0.15)
    assert measured.channels == channels
    assert measured.sample_rate in {16_000, 48_000}
    assert measured.complete


def test_a_live_webm_carries_no_duration_and_is_measured_all_the_same():
    data = make_live_webm(seconds=20)
    with av.open(io.BytesIO(data)) as container:
        assert container.duration is None
    assert probe(io.BytesIO(data)).duration_seconds == pytest.approx(20, abs=0.1)


def test_silence_is_not_refused():
    assert probe(io.BytesIO(make_audio("mp3", silent=True))).codec == "mp3"


def test_mp4_without_pictures_is_audio():
    assert probe(io.BytesIO(make_audio("mp4"))).format is MP4
    relabelled = make_audio("m4a").replace(b"M4A ", b"isom")
    assert probe(io.BytesIO(relabelled)).format is M4A


def test_mp4_is_read_in_fragments_as_browsers_record_it():
    data = make_audio("m4a", movflags="frag_keyframe+empty_moov")
    assert probe(io.BytesIO(data)).duration_seconds == pytest.approx(6, abs=0.15)


def test_mp3_without_any_header_frame_is_measured():
    data = make_audio("mp3", seconds=8, write_xing="0", id3v2_version="0")
    assert data[:2] == b"\xff\xf3"
    measured = probe(io.BytesIO(data))
    assert (measured.format, measured.complete) == (MP3, True)
    assert measured.duration_seconds == pytest.approx(8, abs=0.15)


def test_real_recordings_are_measured(shared_audio):
    expected = {
        "demo_consultation.m4a": ("m4a", 167.6, 1),
        "demo_consultation.mp3": ("mp3", 167.6, 1),
        "demo_consultation.ogg": ("ogg", 167.6, 1),
        "demo_consultation_mono_live.webm": ("webm", 167.6, 1),
        "demo_consultation_stereo_live.webm": ("webm", 167.6, 2),
        "mediarecorder_chrome147_timeslice_20s.webm": ("webm", 20.0, 2),
    }
    for name, (format_name, seconds, channels) in expected.items():
        with (shared_audio / "consultation" / name).open("rb") as file:
            measured = probe(file)
        assert (measured.format.name, measured.channels, measured.complete) == (
            format_name,
            channels,
            True,
        ), name
        assert measured.duration_seconds == pytest.approx(seconds, abs=0.15), name


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b"<!doctype html><title>Sign in</title>", "not_accepted"),
        (b"Patient seen today, stable.", "not_audio"),
        (make_wav(channels=0), "no_channels"),
        (make_wav(rate=0), "damaged"),
        (make_wav()[:44], "damaged"),
        (make_video_without_sound(), "no_audio_track"),
        (b"OggS" + bytes(5000), "damaged"),
        (b"fLaC" + bytes(5000), "damaged"),
        (make_audio("mp3")[:HEAD_SIZE][:60] + os.urandom(60_000).replace(b"\xff", b"\0"), "damaged"),
    ],
    ids=[
        "empty",
        "web page",
        "text",
        "no channels",
        "no rate",
        "header only",
        "no sound",
        "ogg",
        "flac",
        "mp3",
    ],
)
def test_unusable_files_are_refused_with_a_reason(data, code):
    assert refusal(data).code == code


@pytest.mark.parametrize("share", [0.3, 0.6, 0.99])
def test_an_m4a_whose_end_is_missing_can_not_be_read(share):
    data = make_audio("m4a", seconds=30)
    error = refusal(data[: int(len(data) * share)])
    assert error.code == "truncated"
    assert "upload it again" in error.message


@pytest.mark.parametrize("name", ["wav", "mp3", "flac"])
def test_a_recording_whose_end_is_missing_says_so(name):
    data = make_audio(name, seconds=30)
    measured = probe(io.BytesIO(data[: len(data) // 2]))
    assert not measured.complete
    assert 10 < measured.duration_seconds < 20
    (notice,) = check_limits(measured, len(data))
    assert "end of the recording is missing" in notice


def test_what_arrived_of_a_live_webm_is_used():
    data = make_live_webm(seconds=30)
    assert 10 < probe(io.BytesIO(data[: len(data) // 2])).duration_seconds < 20


def test_a_live_wav_makes_no_promise_about_its_length():
    measured = probe(io.BytesIO(make_wav(seconds=6, promised=2**32 - 1)))
    assert (measured.complete, measured.duration_seconds) == (True, pytest.approx(6, abs=0.01))


def probed_or_refused(data: bytes) -> bool:
    try:
        measured = probe(io.BytesIO(data))
    except UnusableAudio as error:
        assert error.message.endswith(".")
        return False
    assert measured.duration_seconds >= 0
    assert measured.channels > 0
    return True


@pytest.mark.parametrize("name", ALL_FORMATS)
def test_a_file_cut_anywhere_is_measured_or_refused(name):
    data = make_audio(name, seconds=6)
    for percent in range(100):
        probed_or_refused(data[: len(data) * percent // 100])


def test_real_files_cut_anywhere_are_measured_or_refused(shared_audio):
    for path in sorted((shared_audio / "consultation").glob("*.*")):
        if path.suffix in {".m4a", ".mp3", ".ogg", ".webm"}:
            data = path.read_bytes()
            usable = sum(
                probed_or_refused(data[: len(data) * percent // 100]) for percent in range(1, 100, 3)
            )
            assert usable == (0 if path.suffix == ".m4a" else 33), path.name


@pytest.mark.parametrize("name", ALL_FORMATS)
def test_damaged_files_are_measured_or_refused(name):
    data = make_audio(name, seconds=6)
    chance = random.Random(name)
    for _ in range(150):
        damaged = bytearray(data)
        reach = chance.choice([64, 512, len(data)])
        for _ in range(chance.choice([1, 8, 200])):
            damaged[chance.randrange(reach)] = chance.randrange(256)
        probed_or_refused(bytes(damaged))


@pytest.mark.parametrize("name", ALL_FORMATS)
def test_random_bytes_behind_a_true_beginning_are_measured_or_refused(name):
    head = make_audio(name, seconds=1)[:64]
    chance = random.Random(name)
    for size in (0, 1, 100, 5_000, 100_000):
        probed_or_refused(head + chance.randbytes(size))
        probed_or_refused(chance.randbytes(size))


def stored(data: bytes, slice_size: int) -> list[SliceRef]:
    refs = []
    for number, start in enumerate(range(0, len(data), slice_size)):
        aad = slice_aad(RECORDING, 1, number)
        key = new_storage_key(RECORDING, 1, number)
        piece = data[start : start + slice_size]
        refs.append(SliceRef(key, write_slice(storage_key=key, key=KEY, aad=aad, chunks=[piece]).size, aad))
    return refs


@pytest.mark.parametrize("name", ALL_FORMATS)
def test_recordings_are_measured_through_encrypted_slices(name):
    data = make_audio(name, seconds=12)
    with PlainReader(stored(data, len(data) // 4), KEY) as reader:
        assert probe(reader) == probe(io.BytesIO(data))
        assert not reader.closed


def test_a_storage_that_was_tampered_with_is_not_blamed_on_the_recording():
    refs = stored(make_audio("wav", seconds=12), 100_000)
    refs[2] = SliceRef(refs[1].storage_key, refs[2].size, refs[2].aad)
    with pytest.raises(DecryptionError):
        probe(PlainReader(refs, KEY))


def measured(seconds: float) -> Probe:
    return Probe(MP3, seconds, 1, 16_000, "mp3")


@pytest.mark.parametrize(
    ("seconds", "size", "code", "words"),
    [
        (4.0, 1000, "too_short", "lasts 4.0 seconds; at least 5"),
        (4 * 3600 + 60, 1000, "too_long", "lasts 4 h 1 min; at most 4 h 0 min"),
        (600, 600 * 1024 * 1024, "too_large", "has 600 MB; at most 500 MB"),
    ],
)
def test_the_limits_are_explained(seconds, size, code, words):
    with pytest.raises(UnusableAudio) as caught:
        check_limits(measured(seconds), size)
    assert caught.value.code == code
    assert words in caught.value.message


def test_the_limits_themselves_are_allowed():
    assert check_limits(measured(5), 1000) == ()
    assert len(check_limits(measured(14_400), 500 * 1024 * 1024)) == 1


def test_a_large_file_is_refused_before_it_is_read(settings):
    settings.AUDIO_MAX_BYTES = 10 * 1024 * 1024
    check_size(10 * 1024 * 1024)
    with pytest.raises(UnusableAudio, match="too_large"):
        check_size(10 * 1024 * 1024 + 1)


def test_a_large_but_allowed_file_comes_with_a_notice():
    (notice,) = check_limits(measured(600), 26 * 1024 * 1024)
    assert "26 MB" in notice
