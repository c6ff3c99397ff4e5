"""How much memory and processor time the deployment's processes take, read from /proc (Linux)."""

from __future__ import annotations

import os
import statistics
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path

from tests.processes.tree import descendants

EVERY = 2.0
WARMED_UP = 20.0  # seconds after a start in which a process still loads what it needs
TOLERANCE = 0.01  # of the median, a minute
SHORTEST = 300.0  # seconds; over less, no trend can be told from a process that warms up
IDLE_SHARE = 0.10  # of one processor, for the whole deployment: beats, polls and the queue's own looking
TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Growth:
    """Memory of one process and its children over the second half: median in MB, slope in MB a minute."""

    name: str
    samples: int
    seconds: float
    peak: float
    median: float
    slope: float

    @property
    def flat(self) -> bool:
        return self.seconds < SHORTEST or self.slope <= TOLERANCE * self.median


@dataclass
class Memory:
    """Samples of resident memory; `pids` gives the processes as they are now, by name."""

    pids: Callable[[], Mapping[str, int]]
    samples: dict[str, list[tuple[float, float]]] = field(default_factory=lambda: defaultdict(list))

    def run(self, stopping: threading.Event) -> None:
        while not stopping.wait(EVERY):
            self.sample(time.monotonic())

    def sample(self, moment: float) -> None:
        """What has just been started is left out: its memory grows by nature."""
        for name, pid in self.pids().items():
            tree = [pid, *descendants(pid)]
            if min(map(age, tree), default=0.0) >= WARMED_UP:
                self.samples[name].append((moment, sum(map(resident, tree)) / 1e6))

    def growth(self) -> list[Growth]:
        return [grown(name, points) for name, points in sorted(self.samples.items())]


def grown(name: str, points: list[tuple[float, float]]) -> Growth:
    """The slope is the median of those between any two samples of the second half (Theil and Sen), so that a process
    that was replaced in between counts as one low sample and not as a trend."""
    middle = (points[0][0] + points[-1][0]) / 2
    late = [point for point in points if point[0] >= middle]
    slopes = [(b[1] - a[1]) / (b[0] - a[0]) * 60 for a, b in combinations(late, 2) if b[0] > a[0]]
    return Growth(
        name,
        samples=len(late),
        seconds=late[-1][0] - late[0][0],
        peak=max(value for _, value in points),
        median=statistics.median(value for _, value in late),
        slope=statistics.median(slopes) if slopes else 0.0,
    )


def busy(pids: Mapping[str, int], seconds: float) -> dict[str, float]:
    """The share of one processor that each process and its children take over the next so many seconds."""
    before = {name: _ticks(pid) for name, pid in pids.items()}
    time.sleep(seconds)
    return {name: (_ticks(pid) - before[name]) / TICKS / seconds for name, pid in pids.items()}


def resident(pid: int) -> int:
    with suppress(OSError):
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE
    return 0


def age(pid: int) -> float:
    """Seconds since the process began; 0 for one that is gone."""
    with suppress(OSError):
        uptime = float(Path("/proc/uptime").read_text().split()[0])
        return uptime - int(_fields(pid)[19]) / TICKS
    return 0.0


def _ticks(pid: int) -> int:
    """User and system time of the process, of its children, and of those that have ended and been waited for."""
    total = 0
    for each in [pid, *descendants(pid)]:
        with suppress(OSError):
            total += sum(map(int, _fields(each)[11:15]))
    return total


def _fields(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
