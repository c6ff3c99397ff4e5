# ruff: noqa: PLC0415
"""What encrypted storage of a recording costs: 500 MB through write_slice and PlainReader, and a plain copy.

Run with `python -m tests.bench.audio_store [megabytes] [rounds]`. Each way runs in turn, in a process of
its own; the medians of CPU-seconds, wall seconds and the growth of resident memory (Linux) are printed. Nothing is
asserted about time. Both ways hash the bytes and flush them to the device.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

CHUNK = 65_536
WAYS = ("plain copy", "sealed write", "plain read", "sealed read", "sealed probe")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("megabytes", type=int, nargs="?", default=500)
    parser.add_argument("rounds", type=int, nargs="?", default=5)
    arguments = parser.parse_args()
    megabytes, rounds = arguments.megabytes, arguments.rounds
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "visit.wav"
        _write_wav(source, megabytes * 1024 * 1024)
        results: dict[str, list[dict[str, float]]] = {way: [] for way in WAYS}
        for _ in range(rounds):
            for way in WAYS:
                results[way].append(_in_a_process(way, source))
    print(f"{megabytes} MB, median of {rounds} rounds")
    base = {"write": "plain copy", "read": "plain read", "probe": "plain read"}
    for way in WAYS:
        cpu, wall, grown = (
            statistics.median(run[k] for run in results[way]) for k in ("cpu", "wall", "grown")
        )
        peer = base.get(way.split()[1], way)
        ratio = cpu / statistics.median(run["cpu"] for run in results[peer])
        print(f"{way:13} {cpu:6.2f} CPU-s  {wall:6.2f} s  +{grown:5.1f} MB  {ratio:4.1f} x {peer}")


def _in_a_process(way: str, source: Path) -> dict[str, float]:
    environment = {**os.environ, "AUDIO_STORAGE_URL": f"file://{source.parent}/audio"}
    command = [sys.executable, "-m", "tests.bench.audio_store", "--one", way, str(source)]
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def _one(way: str, source: Path) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    work = _prepared(way, source)
    Path("/proc/self/clear_refs").write_text("5")  # resets the high-water mark
    before = _resident("VmRSS")
    cpu, wall = time.process_time(), time.perf_counter()
    work()
    figures = {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall}
    print(json.dumps({**figures, "grown": (_resident("VmHWM") - before) / 1024}))


def _prepared(way: str, source: Path) -> Callable[[], object]:
    """The work to be measured, with everything imported and each code path run once on a little data."""
    from encounters.audio.probe import probe
    from encounters.audio.store import SLICE_SIZE, PlainReader, SliceRef, slice_aad, write_slice

    key, recording = bytes(32), uuid.UUID(int=1)

    def write(name: str, size: int) -> list[SliceRef]:
        refs = []
        with source.open("rb") as file:
            for number, start in enumerate(range(0, size, SLICE_SIZE)):
                wanted = min(SLICE_SIZE, size - start)
                aad, storage_key = slice_aad(recording, 1, number), f"{name}/{number}"
                pieces = _chunks(file, wanted)
                stored = write_slice(storage_key=storage_key, key=key, aad=aad, chunks=pieces)
                refs.append(SliceRef(storage_key, stored.size, aad))
        return refs

    def refs(name: str, size: int) -> list[SliceRef]:
        sizes = (min(SLICE_SIZE, size - start) for start in range(0, size, SLICE_SIZE))
        return [SliceRef(f"{name}/{n}", length, slice_aad(recording, 1, n)) for n, length in enumerate(sizes)]

    def drain(file: object) -> None:
        while file.read(CHUNK):  # type: ignore[attr-defined]
            pass

    def copy() -> None:
        digest = hashlib.sha256()
        with source.open("rb") as file, source.with_suffix(".copy").open("wb") as target:
            for chunk in _chunks(file, source.stat().st_size):
                digest.update(chunk)
                target.write(chunk)
            target.flush()
            os.fsync(target.fileno())

    size = source.stat().st_size
    little = write("little", 4 * CHUNK)
    drain(PlainReader(little, key))
    probe(PlainReader(little, key))
    return {
        "plain copy": copy,
        "sealed write": lambda: write("whole", size),
        "plain read": lambda: drain(source.open("rb", buffering=0)),
        "sealed read": lambda: drain(PlainReader(refs("whole", size), key)),
        "sealed probe": lambda: probe(PlainReader(refs("whole", size), key)),
    }[way]


def _chunks(file: object, size: int) -> Iterator[bytes]:
    while size and (chunk := file.read(min(CHUNK, size))):  # type: ignore[attr-defined]
        size -= len(chunk)
        yield chunk


def _write_wav(path: Path, size: int) -> None:
    from tests.encounters.audio.made import make_wav

    noise = os.urandom(1024 * 1024)
    with path.open("wb") as file:
        file.write(make_wav(seconds=0, promised=size))
        for _ in range(size // len(noise)):
            file.write(noise)


def _resident(field: str) -> int:
    """VmRSS (now) or VmHWM (highest since the last reset) of this process in kB, as Linux counts them."""
    status = Path("/proc/self/status").read_text()
    return int(status.split(f"{field}:")[1].split()[0])


if __name__ == "__main__":
    _one(*sys.argv[2:3], Path(sys.argv[3])) if sys.argv[1:2] == ["--one"] else main()
