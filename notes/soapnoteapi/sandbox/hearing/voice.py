"""Where somebody speaks, at whatever level they were recorded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from notes.soapnoteapi.sandbox.hearing.audio import RATE

FRAME = RATE // 50
# Root mean square of ordinary speech in its loud fifth; far quieter speech is lifted to it before it is looked for.
LEVEL = 0.08
MOST_GAIN = 30.0
SILENCE = 1e-4  # digital silence, dithered or not; half a step above the smallest 16-bit sound
PAUSE_MS = 300
MARGIN_MS = 30
JOIN = 1.0
PADDING = 0.3


@dataclass(frozen=True)
class Span:
    """A stretch of time in seconds."""

    start: float
    end: float

    @property
    def seconds(self) -> float:
        return self.end - self.start


def levelled(samples: Any) -> Any:
    """One channel without its offset, and lifted where it is very quiet: a whisper, a distant microphone."""
    import numpy as np  # noqa: PLC0415

    centred = samples - samples.mean()
    loud = float(np.percentile(loudness(centred), 80)) if len(centred) >= FRAME else 0.0
    loudest = float(np.abs(centred).max(initial=0.0))
    if loud < SILENCE or loud >= LEVEL:
        return centred
    return centred * min(LEVEL / loud, MOST_GAIN, max(1.0, 0.99 / loudest))


def loudness(samples: Any) -> Any:
    """Root mean square of each fiftieth of a second."""
    import numpy as np  # noqa: PLC0415

    frames = samples[: len(samples) // FRAME * FRAME].reshape(-1, FRAME)
    return np.sqrt((frames**2).mean(axis=1))


def voices(samples: Any) -> list[Span]:
    """Stretches of voice of one channel, pauses from 0.3 s on left out; empty for silence, noise, most music."""
    import numpy as np  # noqa: PLC0415
    from faster_whisper.vad import get_speech_timestamps  # noqa: PLC0415

    if float(np.abs(samples).max(initial=0.0)) < SILENCE:
        return []
    found = get_speech_timestamps(samples, min_silence_duration_ms=PAUSE_MS, speech_pad_ms=MARGIN_MS)
    return [Span(part["start"] / RATE, part["end"] / RATE) for part in found]


def passages(voiced: Sequence[Span], seconds: float) -> list[Span]:
    """What the recogniser is given: voice with a little around it, short pauses included."""
    joined: list[Span] = []
    for span in voiced:
        wide = Span(max(0.0, span.start - PADDING), min(seconds, span.end + PADDING))
        if joined and wide.start - joined[-1].end < JOIN:
            joined[-1] = Span(joined[-1].start, wide.end)
        else:
            joined.append(wide)
    return joined
