"""The ears of the sandbox: a recording window by window through Whisper, on this machine, never from a hub."""

from __future__ import annotations

import os
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from notes.soapnoteapi.sandbox.errors import JobFailed
from notes.soapnoteapi.sandbox.hearing import audio, channels, weights
from notes.soapnoteapi.sandbox.hearing.listener import Listener
from notes.soapnoteapi.sandbox.hearing.sides import seated
from notes.soapnoteapi.sandbox.log import log
from notes.soapnoteapi.sandbox.progress import OnHeard, unnoticed
from notes.soapnoteapi.sandbox.transcript import ONE_SIDE_SILENT, HearingWarning, Transcript

PACKAGES = ("faster_whisper", "ctranslate2", "av", "numpy", "onnxruntime")
THREADS = 2


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
        on_heard(0.0, seconds)
        found = channels.survey(path)
        listener = Listener(model, found)
        for window in audio.windows(path):
            on_heard(window.start, seconds)
            listener.listen(window)
        warnings = listener.warnings
        if found.dead is not None:
            warnings = [HearingWarning(0.0, round(seconds, 2), ONE_SIDE_SILENT), *warnings]
        return Transcript(seated(listener.segments()), seconds, tuple(warnings))

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
