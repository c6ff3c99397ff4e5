"""Hearing: Whisper through faster-whisper, window by window, on this machine and never from a hub."""

from __future__ import annotations

import os
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from notes.soapnoteapi.sandbox import audio, weights
from notes.soapnoteapi.sandbox.errors import JobFailed
from notes.soapnoteapi.sandbox.log import log
from notes.soapnoteapi.sandbox.progress import OnHeard, unnoticed
from notes.soapnoteapi.sandbox.transcript import Segment, Transcript

PACKAGES = ("faster_whisper", "ctranslate2", "av", "numpy", "onnxruntime")
THREADS = 2
# A few steps of sampling get the decoder out of a loop; more would make words up.
TEMPERATURES = (0.0, 0.2, 0.4)
FOREIGN = 0.6
ENGLISH = 0.25


class WhisperEars:
    """Loads the model once, on first use, and keeps it."""

    def __init__(self, model_dir: Path | None, cache_dir: Path) -> None:
        self._model_dir = model_dir
        self._cache_dir = cache_dir
        self._model: Any = None

    def prepare(self) -> None:
        try:
            self._load()
        except JobFailed as reason:
            log("speech_unavailable", reason=reason.message)

    def hear(self, path: Path, on_heard: OnHeard = unnoticed) -> Transcript:
        """What is said in a recording of English speech; raises `JobFailed` with a reason for people."""
        model = self._load()
        seconds = audio.duration(path)
        segments: list[Segment] = []
        language_known = False
        for window in audio.windows(path):
            on_heard(window.start, seconds)
            if not language_known:
                speech = _speech(window.samples)
                if not speech:
                    continue
                _require_english(model, window.samples, speech)
                language_known = True
            segments += _transcribe(model, window)
        if not any(_has_word(segment.text) for segment in segments):
            raise JobFailed("NO_SPEECH", "No speech was found in the recording.")
        return Transcript(tuple(segments), seconds)

    def _load(self) -> Any:
        if self._model is not None:
            return self._model
        if any(find_spec(package) is None for package in PACKAGES):
            raise weights.unavailable()
        os.environ["HF_HUB_OFFLINE"] = "1"
        started = time.monotonic()
        path = weights.find(self._model_dir, self._cache_dir)
        from faster_whisper import WhisperModel  # noqa: PLC0415 - 200 MB that a text-only sandbox does without

        try:
            self._model = WhisperModel(
                str(path), device="cpu", compute_type="int8", cpu_threads=THREADS, local_files_only=True
            )
        except (RuntimeError, ValueError, OSError) as error:
            raise JobFailed("SPEECH_UNAVAILABLE", "The speech model cannot be loaded.") from error
        log("model_loaded", took_seconds=round(time.monotonic() - started, 2))
        return self._model


def _transcribe(model: Any, window: audio.Window) -> list[Segment]:
    heard, _ = model.transcribe(
        window.samples,
        language="en",
        beam_size=1,
        temperature=TEMPERATURES,
        condition_on_previous_text=False,
        vad_filter=True,
    )
    return [
        Segment(round(window.start + part.start, 2), round(window.start + part.end, 2), part.text.strip())
        for part in heard
        if part.text.strip()
    ]


def _speech(samples: Any) -> list[dict[str, int]]:
    """Where voices are, as sample positions; empty for silence, noise and most music."""
    from faster_whisper.vad import get_speech_timestamps  # noqa: PLC0415

    found: list[dict[str, int]] = get_speech_timestamps(samples)
    return found


def _require_english(model: Any, samples: Any, speech: list[dict[str, int]]) -> None:
    """The base model hears 99 languages and would write any of them down as English."""
    import numpy as np  # noqa: PLC0415

    spoken = np.concatenate([samples[part["start"] : part["end"]] for part in speech])
    language, probability, all_probabilities = model.detect_language(spoken, language_detection_segments=2)
    english = dict(all_probabilities).get("en", 0.0)
    if language != "en" and probability >= FOREIGN and english < ENGLISH:
        raise JobFailed("LANGUAGE_NOT_SUPPORTED", "The recording does not seem to be in English.")


def _has_word(text: str) -> bool:
    return any(character.isalpha() for character in text)
