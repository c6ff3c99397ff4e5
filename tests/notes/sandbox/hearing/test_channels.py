"""Two sides of a recording: whether there is a person on each, and that bleed is not heard a second time."""

from __future__ import annotations

import numpy as np
import pytest

from notes.soapnoteapi.sandbox.hearing import channels
from notes.soapnoteapi.sandbox.hearing.audio import RATE
from notes.soapnoteapi.sandbox.hearing.channels import Sides

BLEED = 10 ** (-36 / 20)
SECOND = channels.FRAMES_PER_SECOND


def levels(*parts: tuple[float, float, float]) -> np.ndarray:
    """Loudness of both sides from (seconds, left, right)."""
    return np.concatenate(
        [np.full((2, int(s * SECOND)), [[left], [right]]) for s, left, right in parts], axis=1
    )


def voice(seconds: float, level: float, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, level, int(seconds * RATE)).astype(np.float32)


@pytest.mark.parametrize(
    ("found", "recording"),
    [
        (Sides(apart=True), levels((5, 0.1, 0.1 * BLEED), (5, 0.1 * BLEED, 0.1))),
        (Sides(apart=True), levels((5, 0.1, 0.002), (2, 0.001, 0.01), (1, 0.1, 0.01))),
        (Sides(), levels((5, 0.1, 0.1), (5, 0.05, 0.05))),
        (Sides(), levels((10, 0.1, 0.04))),
        (Sides(), levels((8, 0.1, 0.09), (2, 0.1, 0.02), (2, 0.02, 0.1))),
        (Sides(), levels((10, 0.0, 0.0))),
        (Sides(dead=1), levels((5, 0.1, 0.0), (5, 0.001, 0.0))),
        (Sides(dead=0), levels((10, 0.1 * BLEED, 0.1))),
    ],
    ids=["bleed", "quiet patient", "dual mono", "panned", "music", "silence", "dead right", "dead left"],
)
def test_two_people_are_told_from_one_sound_on_both_sides(found: Sides, recording: np.ndarray) -> None:
    assert channels.sides(recording) == found


def test_each_side_is_silent_while_only_the_other_speaks() -> None:
    provider = np.concatenate([voice(2, 0.1, 1), voice(2, 0.0005, 2)])
    patient = np.concatenate([voice(2, 0.0005, 3), voice(2, 0.1, 4)])
    recorded = np.stack([provider + BLEED * patient, patient + BLEED * provider])

    left, right = channels.gated(recorded)

    own, other = slice(int(0.3 * RATE), int(1.7 * RATE)), slice(int(2.3 * RATE), int(3.7 * RATE))
    assert np.abs(right[own]).max() == np.abs(left[other]).max() == 0
    assert left[own] == pytest.approx(recorded[0, own], abs=0.001)
    assert right[other] == pytest.approx(recorded[1, other], abs=0.001)


def test_two_who_speak_at_once_are_both_heard() -> None:
    recorded = np.stack([voice(2, 0.1, 1), voice(2, 0.06, 2)])

    left, right = channels.gated(recorded)

    assert np.abs(left).mean() == pytest.approx(np.abs(recorded[0]).mean(), rel=0.01)
    assert np.abs(right).mean() == pytest.approx(np.abs(recorded[1]).mean(), rel=0.01)
