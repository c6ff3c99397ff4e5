"""The real recogniser on real sound: stereo calls, bad recordings, other languages, a second hearing."""

from __future__ import annotations

import json
import resource
import shutil
import subprocess
import wave
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from notes.demo import consultation
from notes.soapnoteapi.sandbox.errors import JobFailed
from notes.soapnoteapi.sandbox.hearing import audio
from notes.soapnoteapi.sandbox.hearing.channels import Sides
from notes.soapnoteapi.sandbox.hearing.ears import WhisperEars
from notes.soapnoteapi.sandbox.hearing.listener import Listener
from notes.soapnoteapi.sandbox.note import from_recording
from notes.soapnoteapi.sandbox.options import NoteOptions
from notes.soapnoteapi.sandbox.transcript import (
    ONE_SIDE_SILENT,
    OTHER_LANGUAGE,
    PASSAGE_MAY_BE_MISSING,
    PATIENT,
    PROVIDER,
    Transcript,
)
from tests.notes.sandbox.test_hearing import CACHE, likeness, words

pytestmark = pytest.mark.speech
RATE = audio.RATE
TIMED = NoteOptions("physician", include_transcript=True)


@pytest.fixture(scope="module")
def ears() -> WhisperEars:
    return WhisperEars(None, CACHE)


@pytest.fixture(scope="module")
def opening() -> np.ndarray:
    """The first twelve seconds of the demo consultation, -1…1."""
    blocks = audio.blocks(consultation.RECORDING)
    return np.concatenate([block[0] for block in blocks])[: 12 * RATE].astype(np.float64) / 32768


@pytest.fixture(scope="module")
def stereo(ears: WhisperEars, shared_consultation: Path) -> Transcript:
    return ears.hear(shared_consultation / "demo_consultation_stereo_live.webm")


@pytest.fixture(scope="module")
def shared_consultation() -> Path:
    folder = Path(__file__).resolve().parents[5] / "shared" / "audio" / "consultation"
    if not folder.is_dir():
        pytest.skip("left out: the folder of real recordings (shared/audio) is not on this machine")
    return folder


def write(path: Path, *channels: np.ndarray, rate: int = RATE) -> Path:
    samples = (np.stack(channels, axis=1) * 32768).clip(-32768, 32767).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(len(channels))
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.tobytes())
    return path


def speak(text: str, language: str, folder: Path) -> np.ndarray:
    espeak = shutil.which("espeak-ng")
    if espeak is None:
        pytest.skip("left out: espeak-ng, which speaks the foreign words, is not installed")
    path = folder / "spoken.wav"
    subprocess.run([espeak, "-v", language, "-s", "150", "-w", str(path), text], check=True)
    return np.concatenate([block[0] for block in audio.blocks(path)]).astype(np.float64) / 32768


def test_each_turn_of_a_stereo_call_is_heard_once_by_its_speaker_and_in_order(
    stereo: Transcript, shared_consultation: Path
) -> None:
    turns = json.loads((shared_consultation / "demo_consultation.json").read_text())
    for letter, speaker in (("D", PROVIDER), ("P", PATIENT)):
        said = " ".join(text for who, text in turns if who == letter)
        heard = " ".join(segment.text for segment in stereo.segments if segment.speaker == speaker)
        assert likeness(said, heard) > 0.85
        assert len(words(heard)) == pytest.approx(len(words(said)), rel=0.1)
    heard_order = [segment.text.lower() for segment in stereo.segments]
    questions = [
        index for index, text in enumerate(heard_order) if "any allergies" in text or "smoke" in text
    ]
    assert ["penicillin" in heard_order[questions[0] + 1], "quit" in heard_order[questions[1] + 1]] == [
        True
    ] * 2
    assert stereo.warnings == ()


def test_the_transcript_that_is_answered_has_a_time_for_every_word(stereo: Transcript) -> None:
    note = from_recording(stereo, TIMED)

    segments = note["transcript"]
    assert {segment["speaker"] for segment in segments} == {PROVIDER, PATIENT}
    for segment in segments:
        assert " ".join(word["word"] for word in segment["words"]) == segment["text"]
        assert all(
            word["start"] <= word["end"] and 0 <= word["probability"] <= 1 for word in segment["words"]
        )
    assert [segment["start"] for segment in segments] == sorted(segment["start"] for segment in segments)
    assert (note["warnings"], type(note["annotations"])) == ([], list)


def damaged(kind: str, sound: np.ndarray) -> tuple[list[np.ndarray], int]:
    if kind == "very quiet":
        return [sound * 0.004], RATE
    if kind == "clipped":
        return [(sound * 2).clip(-0.3, 0.3)], RATE
    if kind == "offset":
        return [sound * 0.5 + 0.4], RATE
    if kind == "telephone":
        return [sound[::2]], RATE // 2
    return [sound * 0.3, sound], RATE


@pytest.mark.parametrize("kind", ["very quiet", "clipped", "offset", "telephone", "panned"])
def test_bad_sound_is_heard(ears: WhisperEars, tmp_path: Path, opening: np.ndarray, kind: str) -> None:
    channels, rate = damaged(kind, opening)

    heard = ears.hear(write(tmp_path / "visit.wav", *channels, rate=rate))

    assert "lower back" in heard.text
    assert heard.warnings == ()


def test_a_silent_side_is_told(ears: WhisperEars, tmp_path: Path, opening: np.ndarray) -> None:
    heard = ears.hear(write(tmp_path / "visit.wav", opening, np.zeros_like(opening)))

    assert "lower back" in heard.text
    assert [warning.reason for warning in heard.warnings] == [ONE_SIDE_SILENT]
    assert from_recording(heard, TIMED)["subjective"].startswith(
        "[Sandbox: One channel of the recording is silent"
    )


def test_music_gives_no_note(ears: WhisperEars, tmp_path: Path) -> None:
    time = np.arange(RATE // 3) / RATE
    tones = np.random.default_rng(2).choice([262, 294, 330, 349, 392, 440, 523], 90)
    melody = np.concatenate([np.sin(2 * np.pi * tone * time) * np.exp(-4 * time) * 0.3 for tone in tones])

    with pytest.raises(JobFailed) as caught:
        ears.hear(write(tmp_path / "visit.wav", melody, np.roll(melody, 40) * 0.7))

    assert caught.value.code == "NO_SPEECH"


def test_a_passage_in_another_language_is_left_out_and_told(
    ears: WhisperEars, tmp_path: Path, opening: np.ndarray
) -> None:
    spanish = speak(
        "Buenos días, doctora. Desde hace cinco días tengo mucho dolor en la espalda y no puedo dormir.",
        "es",
        tmp_path,
    )

    heard = ears.hear(write(tmp_path / "visit.wav", np.concatenate([opening, spanish, opening])))

    assert any(
        warning.reason in {OTHER_LANGUAGE, PASSAGE_MAY_BE_MISSING} and warning.start < 15 < warning.end
        for warning in heard.warnings
    )
    assert heard.text.count("lower back") == 2
    assert not {"dolor", "pain in my back", "sleep", "espalda"} & set(words(heard.text))


def test_four_hours_are_heard_to_the_end_in_constant_memory(
    ears: WhisperEars, tmp_path: Path, opening: np.ndarray
) -> None:
    rate, silence = 8000, 4 * 3600 - 30
    path = tmp_path / "visit.wav"
    write(path, np.zeros(rate), rate=rate)
    speech = (opening[::2] * 32768).astype("<i2").tobytes()
    with path.open("r+b") as file:
        file.truncate(44 + silence * rate * 2)
        file.seek(0, 2)
        file.write(speech)
        size = file.tell()
        file.seek(4)
        file.write((size - 8).to_bytes(4, "little"))
        file.seek(40)
        file.write((size - 44).to_bytes(4, "little"))
    ears.prepare()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    heard = ears.hear(path)

    assert "lower back" in heard.text
    assert heard.segments[0].start >= silence
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 350 * 1024  # the samples are 920 MB


class SkippingModel:
    """A recogniser that leaves out everything the first time, as Whisper does now and then, or each time."""

    def __init__(self, real: Any, *, times: int) -> None:
        self._real = real
        self._times = times

    def transcribe(self, samples: Any, **options: Any) -> tuple[Iterator[Any], Any]:
        self._times -= 1
        if self._times >= 0:
            return iter(()), SimpleNamespace()
        return self._real.transcribe(samples, **options)

    def detect_language(self, samples: Any, **options: Any) -> Any:
        return self._real.detect_language(samples, **options)


def listened(ears: WhisperEars, sound: np.ndarray, times: int) -> Listener:
    listener = Listener(SkippingModel(ears._load(), times=times), Sides())
    listener.listen(audio.Window(60.0, sound[np.newaxis].astype(np.float32)))
    return listener


def test_what_was_left_out_is_heard_once_more(ears: WhisperEars, opening: np.ndarray) -> None:
    listener = listened(ears, opening, times=1)

    assert "lower back" in " ".join(segment.text for segment in listener.segments())
    assert listener.warnings == []


def test_what_stays_unheard_is_told_with_its_place(ears: WhisperEars, opening: np.ndarray) -> None:
    listener = listened(ears, opening, times=99)

    (warning,) = listener.warnings
    assert warning.reason == PASSAGE_MAY_BE_MISSING
    assert 60 <= warning.start < 62 and 70 < warning.end <= 72
    assert warning.message.startswith("A passage from 1:0")
    with pytest.raises(JobFailed):
        listener.segments()
