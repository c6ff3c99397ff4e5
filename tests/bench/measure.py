"""What the benchmarks share: CPU-seconds and memory of processes as Linux counts them, rounds in turn, and printing."""

from __future__ import annotations

import logging
import os
import statistics
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tests.processes.tree import descendants


def set_up() -> None:
    """Django with our settings, quiet; call it before anything that needs models is imported."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django  # noqa: PLC0415

    django.setup()
    logging.disable(logging.WARNING)


def family(pid: int) -> list[int]:
    return [pid, *descendants(pid)]


def cpu_seconds(*pids: int) -> float:
    """User and system time of the processes, and of their children that have ended."""
    ticks = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += sum(int(field) for field in fields[11:15])
    return ticks / os.sysconf("SC_CLK_TCK")


def memory(pid: int, field: str) -> float:
    """VmRSS (now) or VmHWM (highest since the last reset) in MB; 0 for a process that has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    return int(status.split(f"{field}:")[1].split()[0]) / 1024


def reset_peak(pid: int) -> None:
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def in_turns(
    rounds: int, ways: Mapping[str, Callable[[], Mapping[str, float]]]
) -> dict[str, dict[str, float]]:
    """Run the ways in turn (A, B, A, B …) and return each way's medians."""
    found: dict[str, list[Mapping[str, float]]] = {way: [] for way in ways}
    for _ in range(rounds):
        for way, run in ways.items():
            found[way].append(run())
    return {
        way: {key: statistics.median(run[key] for run in runs) for key in runs[0]}
        for way, runs in found.items()
    }


def percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]


def load() -> str:
    one, five, _ = os.getloadavg()
    return f"load average {one:.1f} (1 min), {five:.1f} (5 min) on {os.cpu_count()} cores"


def caveat(words: str) -> None:
    print(f"These figures can't tell: {words}")
