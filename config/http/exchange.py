"""Time limits of one request, its progress, and the caller's right to stop it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from config.http.errors import Aborted, BodySent, TimedOut


@dataclass(frozen=True)
class Limits:
    """Seconds for each step and for everything together, and the byte cap on the answer.

    ``pulse`` is how often, at most, the caller's callbacks are run while bytes move or an answer is awaited.
    """

    connect: float = 10.0
    read: float = 30.0
    write: float = 30.0
    total: float = 120.0
    pulse: float = 1.0
    answer_bytes: int = 8 * 1024 * 1024


@dataclass(frozen=True)
class Watch:
    """Callbacks of the caller: ``on_progress`` gets the body bytes moved so far (sent, the piece that is just leaving
    included, or received by a download), also when the exchange fails; ``should_abort`` answers whether to stop.
    Both run in the calling thread and may raise."""

    on_progress: Callable[[int], object] | None = None
    should_abort: Callable[[], bool] | None = None


class Exchange:
    """One request under way: its deadline, and how much of its body has left."""

    def __init__(
        self, limits: Limits, watch: Watch, *, host: str = "", clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.limits = limits
        self.host = host
        self.body_sent: BodySent = "no"
        self._watch = watch
        self._clock = clock
        self._deadline = clock() + limits.total
        self._next_pulse = clock()
        self._moved = 0

    def now(self) -> float:
        return self._clock()

    def left(self, step: float) -> float:
        """Seconds a step may take; ``TimedOut`` once the whole exchange has used up its time."""
        left = self._deadline - self._clock()
        if left <= 0:
            raise TimedOut("The exchange took too long", host=self.host, body_sent=self.body_sent)
        return min(step, left)

    def tick(self, *, final: bool = False) -> None:
        """Check the deadline and, once a pulse, report progress and ask whether to go on."""
        if final:
            self._report()
            return
        self.left(0.0)
        if self._clock() < self._next_pulse:
            return
        self._next_pulse = self._clock() + self.limits.pulse
        if self._moved:
            self._report()
        if self._watch.should_abort is not None and self._watch.should_abort():
            raise Aborted("The request was withdrawn", host=self.host, body_sent=self.body_sent)

    def moved(self, count: int) -> None:
        """Count body bytes that are being sent (or, for a download, were received)."""
        self._moved += count

    def _report(self) -> None:
        if self._watch.on_progress is not None:
            self._watch.on_progress(self._moved)
