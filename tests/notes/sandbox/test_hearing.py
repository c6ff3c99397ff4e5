"""Recordings: what is read, what is refused with a reason, and what the real recogniser makes of speech."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from difflib import SequenceMatcher
from pathlib import Path

import av
import numpy as np
import pytest

from notes.demo import consultation
from notes.soapnoteapi.sandbox.errors import JobFailed
from notes.soapnoteapi.sandbox.hearing import audio, weights
from notes.soapnoteapi.sandbox.hearing import ears as hearing_ears
from notes.soapnoteapi.sandbox.hearing.ears import WhisperEars
from notes.soapnoteapi.sandbox.note import from_recording
from notes.soapnoteapi.sandbox.options import NoteOptions
from tests.notes.sandbox.recordings import FORMATS, write, write_tone

CACHE = Path(tempfile.gettempdir()) / "countersign-speech-model"
PHYSICIAN = NoteOptions("physician")


@pytest.fixture(scope="module")
def ears() -> WhisperEars:
    """The shipped model, loaded once; its joined copy is kept between runs and checked each time."""
    return WhisperEars(None, CACHE)


@pytest.fixture(scope="module")
def opening() -> np.ndarray:
    """The first twelve seconds of the demo consultation at 16 kHz."""
    resampler = av.AudioResampler(format="s16", layout="mono", rate=audio.RATE)
    with av.open(str(consultation.RECORDING)) as container:
        blocks = [
            out.to_ndarray()[0] for frame in container.decode(audio=0) for out in resampler.resample(frame)
        ]
    return np.concatenate(blocks)[: 12 * audio.RATE]


def words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9']+", text.lower())


def likeness(said: str, heard: str) -> float:
    return SequenceMatcher(None, words(said), words(heard), autojunk=False).ratio()


def refused(path: Path, ears: WhisperEars) -> str:
    with pytest.raises(JobFailed) as caught:
        ears.hear(path)
    return caught.value.code


@pytest.mark.parametrize("ending", FORMATS)
def test_length_is_known_in_every_format_also_where_the_file_does_not_say(
    tmp_path: Path, ending: str
) -> None:
    path = write_tone(tmp_path / f"visit.{ending}", seconds=7)

    assert audio.duration(path) == pytest.approx(7, abs=0.15)


def test_windows_cover_the_recording_without_gap_and_are_cut_in_a_pause(tmp_path: Path) -> None:
    time = np.arange(400 * audio.RATE) / audio.RATE
    loud = (np.sin(2 * np.pi * 300 * time) * 8000).astype(np.int16)
    loud[135 * audio.RATE : 137 * audio.RATE] = 0
    path = write(tmp_path / "long.flac", loud, audio.RATE)

    windows = list(audio.windows(path))

    assert 135 < windows[1].start < 137
    ends = [window.start + window.seconds for window in windows]
    assert [window.start for window in windows[1:]] == pytest.approx(ends[:-1])
    assert ends[-1] == pytest.approx(400, abs=0.05)
    assert all(window.seconds <= audio.WINDOW_MAX + 1 for window in windows)


@pytest.mark.parametrize("seconds", [0.5, 4.9])
def test_shorter_than_five_seconds_is_refused(tmp_path: Path, seconds: float) -> None:
    with pytest.raises(JobFailed) as caught:
        audio.duration(write_tone(tmp_path / "short.wav", seconds=seconds))

    assert caught.value.code == "AUDIO_TOO_SHORT"


def test_longer_than_four_hours_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audio, "MAX_SECONDS", 6.0)

    with pytest.raises(JobFailed) as caught:
        audio.duration(write_tone(tmp_path / "long.ogg", seconds=7))

    assert caught.value.code == "AUDIO_TOO_LONG"


def test_what_cannot_be_read_is_refused_with_a_reason(tmp_path: Path) -> None:
    whole = write_tone(tmp_path / "whole.m4a", seconds=7).read_bytes()
    wav = write_tone(tmp_path / "whole.wav", seconds=7).read_bytes()
    broken = {
        "half.m4a": whole[: len(whole) // 2],
        "head.webm": b"\x1a\x45\xdf\xa3webm" + b"\0" * 200,
        "page.mp3": b"<html>" * 100,
        "empty.ogg": b"",
        "no_channels.wav": wav[:22] + b"\0\0" + wav[24:],
    }
    for name, content in broken.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(JobFailed) as caught:
            audio.duration(tmp_path / name)
        assert caught.value.code in {"AUDIO_UNREADABLE", "AUDIO_TOO_SHORT", "NO_AUDIO_TRACK"}, name


def test_a_file_that_keeps_the_demuxer_busy_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audio, "PATIENCE", 0.05)
    path = tmp_path / "zeros.wav"
    with path.open("wb") as file:
        file.write(b"RIFF\0\0\0\0WAVE")
        file.truncate(16 * 1024 * 1024)

    with pytest.raises(JobFailed) as caught:
        audio.duration(path)

    assert caught.value.code == "AUDIO_UNREADABLE"


def test_a_picture_without_sound_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "silent.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 16, 16, "yuv420p"
        for _ in range(60):
            container.mux(stream.encode(av.VideoFrame(16, 16, "yuv420p")))
        container.mux(stream.encode(None))

    with pytest.raises(JobFailed) as caught:
        audio.duration(path)

    assert caught.value.code == "NO_AUDIO_TRACK"


def test_without_the_speech_packages_the_job_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hearing_ears, "PACKAGES", ("a_package_nobody_has",))
    ears = WhisperEars(None, tmp_path)

    ears.prepare()

    assert refused(write_tone(tmp_path / "visit.wav", seconds=6), ears) == "SPEECH_UNAVAILABLE"


def test_without_the_weights_or_with_other_weights_nothing_is_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(weights, "DIGEST", "0" * 64)
    with pytest.raises(JobFailed):
        weights.find(None, tmp_path / "cache")
    assert list((tmp_path / "cache").rglob("model.bin")) == []
    with pytest.raises(JobFailed):
        weights.find(tmp_path, tmp_path / "cache")
    monkeypatch.setattr(weights, "PARTS", (("a-package-nobody-has", "model.bin.part1"),))
    with pytest.raises(JobFailed):
        weights.find(None, tmp_path / "cache")


def test_a_damaged_copy_of_the_model_is_joined_again(tmp_path: Path) -> None:
    found = weights.find(None, tmp_path)
    (found / "model.bin").write_bytes(b"damaged")

    again = weights.find(None, tmp_path)

    assert weights._is_genuine(again / "model.bin")
    shutil.rmtree(tmp_path)


@pytest.mark.speech
@pytest.mark.parametrize("ending", FORMATS)
def test_speech_is_heard_in_every_format(
    ears: WhisperEars, tmp_path: Path, opening: np.ndarray, ending: str
) -> None:
    heard = ears.hear(write(tmp_path / f"visit.{ending}", opening, audio.RATE))

    assert "lower back" in heard.text
    assert 11 < heard.seconds < 13
    assert all(0 <= part.start < part.end <= 13 for part in heard.segments)


@pytest.mark.speech
def test_a_recording_that_broke_off_is_heard_up_to_there(
    ears: WhisperEars, tmp_path: Path, opening: np.ndarray
) -> None:
    whole = write(tmp_path / "visit.webm", opening, audio.RATE)
    whole.write_bytes(whole.read_bytes()[: int(whole.stat().st_size * 0.7)])

    assert "good morning" in ears.hear(whole).text.lower()


@pytest.mark.speech
@pytest.mark.parametrize("kind", ["silence", "hum", "noise"])
def test_sound_without_speech_gives_no_note(ears: WhisperEars, tmp_path: Path, kind: str) -> None:
    noise = np.random.default_rng(1).normal(0, 2000, 20 * audio.RATE).astype(np.int16)
    path = tmp_path / "visit.ogg"
    if kind == "noise":
        write(path, noise, audio.RATE)
    else:
        write_tone(path, seconds=20, level=0.0 if kind == "silence" else 0.3)

    assert refused(path, ears) == "NO_SPEECH"


@pytest.mark.speech
def test_silence_after_speech_is_not_filled_with_words(
    ears: WhisperEars, tmp_path: Path, opening: np.ndarray
) -> None:
    padded = np.concatenate([opening, np.zeros(200 * audio.RATE, np.int16)])

    heard = ears.hear(write(tmp_path / "visit.flac", padded, audio.RATE))

    assert heard.segments[-1].end < 14


@pytest.mark.speech
def test_another_language_is_refused(ears: WhisperEars, tmp_path: Path) -> None:
    espeak = shutil.which("espeak-ng")
    if espeak is None:
        pytest.skip("left out: espeak-ng, which speaks the foreign words, is not installed")
    words = "Guten Morgen, Frau Doktor. Ich habe seit fünf Tagen starke Schmerzen im Rücken und kann nicht schlafen."
    path = tmp_path / "visit.wav"
    subprocess.run([espeak, "-v", "de", "-s", "140", "-w", str(path), words], check=True)

    assert refused(path, ears) == "LANGUAGE_NOT_SUPPORTED"


@pytest.mark.speech
def test_the_demo_consultation_becomes_a_note_with_each_thing_in_its_section(ears: WhisperEars) -> None:
    heard = ears.hear(consultation.RECORDING)
    note = from_recording(heard, PHYSICIAN)

    assert likeness(consultation.text(), heard.text) > 0.85
    expected = {
        "subjective": ("lower back", "four days", "metformin", "allergic to penicillin"),
        "objective": ("128 over 82", "98.4", "walk"),
        "assessment": ("muscle strain", "well controlled"),
        "plan": ("ibuprofen 600", "heavy lifting", "emergency room", "two weeks"),
    }
    for section, phrases in expected.items():
        for phrase in phrases:
            assert phrase in note[section], (section, phrase)


@pytest.mark.speech
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("5703-47212-0000.hq.ogg", "with her white paint and her scarlet smokestack"),
        (
            "sense_and_sensibility_01_austen_64kb-0870.wav",
            "had then leisure to consider how much there might be",
        ),
    ],
)
def test_real_read_speech_is_heard(ears: WhisperEars, shared_audio: Path, name: str, said: str) -> None:
    heard = " ".join(words(ears.hear(shared_audio / "speech" / name).text))

    assert said in heard


@pytest.mark.speech
def test_what_a_browser_recorded_in_time_slices_is_heard(ears: WhisperEars, shared_audio: Path) -> None:
    heard = ears.hear(shared_audio / "consultation" / "mediarecorder_chrome147_timeslice_20s.webm")

    said = words((shared_audio / "consultation" / "demo_consultation.txt").read_text())
    assert heard.seconds == pytest.approx(20, abs=0.5)
    assert likeness(" ".join(said[:46]), heard.text) > 0.9
