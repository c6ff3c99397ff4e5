"""Every unusable recording that people do send: refused in specific words, its bytes gone, the visit untouched."""

from __future__ import annotations

import struct

import pytest

from encounters.services.uploads import Unusable
from tests.factories.encounters import EncounterFactory
from tests.fixtures_audio import upload, wav_bytes


def without_channels() -> bytes:
    data = bytearray(wav_bytes())
    at = data.index(b"fmt ") + 10
    data[at : at + 2] = struct.pack("<H", 0)
    return bytes(data)


BAD = {
    "a text file named .mp3": (lambda: b"Patient says that " * 500, "text file"),
    "a web page named .m4a": (lambda: b"<!DOCTYPE html><html><body>Sign in</body></html>" * 90, "web page"),
    "noise": (lambda: bytes(range(256)) * 40, "not a recording"),
    "4 seconds": (lambda: wav_bytes(seconds=4), "4.0 seconds"),
    "4 hours 1 minute": (lambda: wav_bytes(seconds=4 * 3600 + 60, rate=100), "4 h 1 min"),
    "a WAV without channels": (without_channels, ""),
    "the beginning of a WAV": (lambda: wav_bytes()[:44], ""),
}


@pytest.mark.parametrize("name", BAD)
def test_it_is_refused_in_words_and_nothing_of_it_is_kept(db, tmp_path, name):
    make, words = BAD[name]
    visit = EncounterFactory(consented=True, status="scheduled", started_at=None, ended_at=None)
    with pytest.raises(Unusable) as refused:
        upload(visit, make())
    assert words in refused.value.message
    recording = visit.recordings.get()
    assert recording.state == "rejected" and recording.problem_code
    assert recording.problem == refused.value.message and len(recording.problem.split(". ")) > 1
    assert not recording.wrapped_key and not recording.parts.get().slices.exists()
    assert not [path for path in (tmp_path / "audio").rglob("*") if path.is_file()]
    assert recording.copies.get().deleted_at
    visit.refresh_from_db()
    assert visit.status == "scheduled"


def test_a_good_file_follows_a_bad_one(db):
    visit = EncounterFactory(consented=True)
    with pytest.raises(Unusable):
        upload(visit, b"just text " * 500)
    assert upload(visit, wav_bytes()).state == "stored"


def test_a_truncated_webm_is_used_as_far_as_it_goes(db, shared_audio):
    whole = (shared_audio / "consultation" / "demo_consultation_mono_live.webm").read_bytes()
    recording = upload(EncounterFactory(consented=True), whole[: len(whole) // 2])
    assert recording.state == "stored"
    assert 20 < recording.duration_seconds < 100


def test_a_wav_that_lost_its_end_is_used_and_says_so(db):
    recording = upload(EncounterFactory(consented=True), wav_bytes(seconds=20)[:-100_000])
    assert (recording.state, recording.problem_code) == ("stored", "incomplete")
    assert "end of the recording is missing" in recording.problem


def test_silence_is_taken_in(db):
    """Whether there is speech in it only the engine can tell; it says so when there is none."""
    assert upload(EncounterFactory(consented=True), wav_bytes(tone=0)).state == "stored"


@pytest.mark.parametrize(
    "name",
    [
        "consultation/demo_consultation.m4a",
        "consultation/demo_consultation.mp3",
        "consultation/demo_consultation.ogg",
        "consultation/demo_consultation_stereo_live.webm",
        "consultation/mediarecorder_chrome147_timeslice_20s.webm",
        "speech/sense_and_sensibility_01_austen_64kb-0870.wav",
    ],
)
def test_real_recordings_are_stored(db, shared_audio, name):
    recording = upload(EncounterFactory(consented=True), (shared_audio / name).read_bytes())
    assert recording.state == "stored" and recording.duration_seconds >= 5
