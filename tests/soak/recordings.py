"""Short recordings cut out of the shipped demo consultation, no two of them of the same size."""

from __future__ import annotations

import struct
import wave
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import av
import numpy as np

from notes.demo.consultation import RECORDING
from tests.soak.visits import MARK

RATE = 16_000
QUIET = 60  # of 32767: what Opus leaves of digital silence
PAUSE = RATE * 2 // 5
SHORTEST, LONGEST = 6 * RATE, 16 * RATE
STEP = 2 * RATE  # lengths are rounded up to this, and what the visit's number adds stays below
# Words of the consultation that occur nowhere in the product itself.
SPOKEN_WORDS = ("penicillin", "heavy box", "heating pad", "pinched nerve", "blood sugar test")


def write_clip(folder: Path, number: int) -> Path:
    """A recording of 6 to 20 seconds for the visit `number`; its bytes name the soak in a comment."""
    turns = clips()
    samples = turns[number % len(turns)]
    length = -(-len(samples) // STEP) * STEP + number * 16 % STEP
    path = folder / f"{number:05d}.wav"
    path.write_bytes(_with_comment(_wav(np.pad(samples, (0, length - len(samples))))))
    return path


@cache
def clips() -> tuple[Any, ...]:
    """Stretches of the consultation from one pause between two speakers to another."""
    samples = _decoded(RECORDING)
    ends = [0, *_pauses(samples), len(samples)]
    found, start = [], 0
    for end in ends[1:]:
        if end - start >= SHORTEST:
            found.append(samples[start : min(end, start + LONGEST)])
            start = end
    return tuple(found)


def _pauses(samples: Any) -> list[int]:
    """The middles of the pauses that are longer than those between two sentences."""
    loud = np.flatnonzero(np.abs(samples) > QUIET)
    gaps = np.flatnonzero(np.diff(loud) > PAUSE)
    return [int((loud[at] + loud[at + 1]) // 2) for at in gaps]


def _decoded(path: Path) -> Any:
    resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
    with av.open(str(path)) as container:
        frames = [out for frame in container.decode(audio=0) for out in resampler.resample(frame)]
        frames += resampler.resample(None)
    return np.concatenate([frame.to_ndarray()[0] for frame in frames])


def _wav(samples: Any) -> bytes:
    written = BytesIO()
    with wave.open(written, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.astype("<i2").tobytes())
    return written.getvalue()


def _with_comment(wav: bytes) -> bytes:
    """The same with an INFO chunk after the header, for finding copies of the file."""
    comment = f"{MARK} soak ".encode()
    info = b"INFO" + b"ICMT" + struct.pack("<I", len(comment)) + comment + b"\0" * (len(comment) % 2)
    chunk = b"LIST" + struct.pack("<I", len(info)) + info
    body = wav[8:12] + chunk + wav[12:]
    return wav[:4] + struct.pack("<I", len(body)) + body
