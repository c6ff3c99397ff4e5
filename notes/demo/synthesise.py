"""Speak the demo consultation with Debian's flite and write it as Opus: `python -m notes.demo.synthesise FILE.ogg`.

Needed only when the script changes; the recording itself is in the repository. Two voices, mono, pauses between turns.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from notes.demo.consultation import CLINICIAN, PATIENT, TURNS

VOICES = {CLINICIAN: ("slt", 1.0), PATIENT: ("rms", 1.0)}  # flite voice and how much slower it speaks
RATE = 48_000
SENTENCE_PAUSE = 0.3
TURN_PAUSE = 0.5
BIT_RATE = 56_000
PEAK = 0.7
FRAME = RATE // 50  # Opus takes 20 ms at a time


def main() -> None:
    if len(sys.argv) != 2:
        raise SystemExit("Usage: python -m notes.demo.synthesise FILE.ogg")
    flite = shutil.which("flite")
    if flite is None:
        raise SystemExit("flite is not installed; on Debian: apt-get install flite")
    write(Path(sys.argv[1]), np.concatenate(list(spoken(flite))))


def spoken(flite: str) -> Iterator[Any]:
    """Sentence after sentence at 48 kHz, each as loud as the next."""
    for speaker, words in TURNS:
        for sentence in re.split(r"(?<=[.?])\s+", words):
            yield say(flite, speaker, sentence)
            yield silence(SENTENCE_PAUSE)
        yield silence(TURN_PAUSE - SENTENCE_PAUSE)


def say(flite: str, speaker: str, sentence: str) -> Any:
    voice, slowness = VOICES[speaker]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "sentence.wav"
        command = [
            flite,
            "-voice",
            voice,
            "--setf",
            f"duration_stretch={slowness}",
            "-t",
            sentence,
            str(file),
        ]
        subprocess.run(command, check=True)  # noqa: S603 - fixed words of our own script
        samples = read(file)
    return samples / np.abs(samples).max() * PEAK


def silence(seconds: float) -> Any:
    return np.zeros(int(seconds * RATE))


def read(file: Path) -> Any:
    resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
    with av.open(str(file)) as container:
        frames = [out for frame in container.decode(audio=0) for out in resampler.resample(frame)]
        frames += resampler.resample(None)
    return np.concatenate([frame.to_ndarray()[0] for frame in frames]).astype(np.float64)


def write(target: Path, samples: Any) -> None:
    with av.open(str(target), "w", format="ogg") as container:
        stream = container.add_stream("libopus", rate=RATE, layout="mono")
        stream.bit_rate = BIT_RATE
        for start in range(0, len(samples), FRAME):
            block = (samples[start : start + FRAME] * 32767).astype(np.int16)
            frame = av.AudioFrame.from_ndarray(block.reshape(1, -1), format="s16", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = RATE, start, Fraction(1, RATE)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


if __name__ == "__main__":
    main()
