"""How far the recording in work has come, for the page: told by the ears, kept in memory, lost with the process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

HEARING = "hearing"
ARRANGING = "arranging"

OnHeard = Callable[[float, float], object]
"""Called with the seconds heard so far and the seconds of the whole recording."""


@dataclass(frozen=True)
class Progress:
    """`stage` is `HEARING` or `ARRANGING`; `seconds` is 0 until the length is known."""

    note_id: str
    stage: str = HEARING
    heard: float = 0.0
    seconds: float = 0.0


def unnoticed(_heard: float, _seconds: float) -> None:
    """For ears that nobody watches."""
