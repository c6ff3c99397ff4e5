"""Stereo recordings: one person on each side, the same on both, or nobody on one of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from notes.soapnoteapi.sandbox.hearing import audio
from notes.soapnoteapi.sandbox.hearing.voice import FRAME, SILENCE, loudness

FRAMES_PER_SECOND = audio.RATE // FRAME
# How many times louder one side is while its person speaks; bleed of an echo canceller is 20 to 60 times softer.
LOUDER = 3.0
REOPENS = 2.0
# Of a side's loud fifth: what is softer is background.
BACKGROUND = 0.1
AT_LEAST_SECONDS = 1.0
MOST_SHARED = 0.5
# A side that is this much softer than the other throughout holds bleed and noise only.
DEAD = 1 / 30
SHORT = FRAMES_PER_SECOND // 6
PADDING = FRAMES_PER_SECOND // 20


@dataclass(frozen=True)
class Sides:
    """`apart`: a person on each side. `dead`: the index of the side on which nobody is, if one is."""

    apart: bool = False
    dead: int | None = None


def survey(path: Path) -> Sides:
    """Listen to the loudness of both sides of the whole recording; a mono file is not read to its end."""
    import numpy as np  # noqa: PLC0415

    levels: list[Any] = []
    rest: Any = None
    for block in audio.blocks(path):
        if len(block) == 1:
            return Sides()
        samples = block if rest is None else np.concatenate([rest, block], axis=1)
        whole = samples.shape[1] // FRAME * FRAME
        rest = samples[:, whole:]
        if whole:
            levels.append(_levels(samples[:, :whole].astype(np.float32) / 32768.0))
    return sides(np.concatenate(levels, axis=1)) if levels else Sides()


def sides(levels: Any) -> Sides:
    """What the loudness of both sides (2 × fiftieths of a second) says about who is where."""
    import numpy as np  # noqa: PLC0415

    left, right = levels
    loud = [max(float(np.percentile(side, 90)), SILENCE) for side in (left, right)]
    active = (left > loud[0] * BACKGROUND) | (right > loud[1] * BACKGROUND)
    active &= np.maximum(left, right) > 2 * SILENCE
    only_left = int((active & (left > LOUDER * right)).sum())
    only_right = int((active & (right > LOUDER * left)).sum())
    enough = AT_LEAST_SECONDS * FRAMES_PER_SECOND
    shared = int(active.sum()) - only_left - only_right
    if min(only_left, only_right) >= enough:
        return Sides(apart=bool(shared <= MOST_SHARED * int(active.sum())))
    softer = 0 if loud[0] < loud[1] else 1
    if loud[softer] <= DEAD * loud[1 - softer] and loud[1 - softer] > 2 * SILENCE:
        return Sides(dead=softer)
    return Sides()


def one_channel(samples: Any, found: Sides) -> Any:
    """The channel that is heard where both sides hold the same, or one holds nothing."""
    return samples[1 - found.dead] if found.dead is not None else samples.mean(axis=0)


def gated(samples: Any) -> Any:
    """Both sides, each silenced while the other is three times louder: bleed is not heard a second time."""
    import numpy as np  # noqa: PLC0415

    centred = samples - samples.mean(axis=1, keepdims=True)
    levels = np.stack([np.convolve(side, np.ones(3) / 3, mode="same") for side in _levels(centred)])
    levels = np.maximum(levels, SILENCE)
    opened = [_open(levels[side], levels[1 - side]) for side in (0, 1)]
    at = np.arange(samples.shape[1])
    middles = np.arange(levels.shape[1]) * FRAME + FRAME // 2
    return np.stack([centred[side] * np.interp(at, middles, opened[side]) for side in (0, 1)]).astype(
        np.float32
    )


def _open(own: Any, other: Any) -> Any:
    """1.0 for each frame in which a side may be heard, with hysteresis and without short openings.

    It shuts a little before and opens a little after the other's voice, while that is not softer than its own.
    """
    import numpy as np  # noqa: PLC0415

    ratio = other / own
    is_open, state = np.empty(len(ratio), dtype=bool), True
    for index, value in enumerate(ratio):
        state = bool(value <= LOUDER if state else value < REOPENS)
        is_open[index] = state
    for start, end in _runs(is_open):
        if end - start < SHORT and start > 0 and end < len(is_open):
            is_open[start:end] = False
    shut = ~is_open
    for start, end in _runs(shut):
        around = slice(max(0, start - PADDING), end + PADDING)
        shut[around] |= ratio[around] > 1.0
    return (~shut).astype(np.float32)


def _runs(flags: Any) -> list[tuple[int, int]]:
    """Start and end of each run of true values."""
    import numpy as np  # noqa: PLC0415

    edges = np.flatnonzero(np.diff(np.concatenate([[0], flags.astype(np.int8), [0]])))
    return [(int(start), int(end)) for start, end in zip(edges[::2], edges[1::2], strict=True)]


def _levels(samples: Any) -> Any:
    import numpy as np  # noqa: PLC0415

    return np.stack([loudness(side) for side in samples])
