# ruff: noqa: PLC0415
"""A four-hour WAV of 461 MB through the real web process and the real worker, to an engine that discards it.

Prints by how much the resident memory of each process grows at its highest (VmHWM after a reset, Linux), and the
CPU-seconds of the worker while it sends, beside a plain streamed multipart PUT of the same file (httpx, open file),
and of the web process, beside Django's own multipart parser under the same server, which spools the file to disk
unsealed and reads nothing back.

    python -m tests.bench.upload_memory [--megabytes 461] [--rounds 5]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.bench.measure import caveat, cpu_seconds, family, in_turns, load, memory, reset_peak, set_up


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--megabytes", type=float, default=460.8)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--peer", nargs=2, metavar=("FILE", "URL"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.peer:
        _plain_put(Path(given.peer[0]), given.peer[1])
        return
    set_up()
    with tempfile.TemporaryDirectory() as folder:
        _measure(Path(folder), given.megabytes, given.rounds)


def _measure(folder: Path, megabytes: float, rounds: int) -> None:
    from tests.bench.peer import Peer
    from tests.processes.engine import Engine
    from tests.processes.site import running, write_wav

    whole, little = folder / "visit.wav", write_wav(folder / "little.wav", 2)
    _write_hours(whole, megabytes)
    engine = Engine()
    with running(folder / "site", engine) as site:
        first = site.visit()  # so that everything is imported and every way gone once
        site.upload(first, little)
        site.await_note(first)
        web, worker = (site.stage.processes[name].pid for name in ("web", "worker"))

        def ours() -> dict[str, float]:
            encounter = site.visit()
            processes = {name: family(pid) for name, pid in (("web", web), ("worker", worker))}
            before = {pid: memory(pid, "VmRSS") for group in processes.values() for pid in group}
            for pid in before:
                reset_peak(pid)
            cpu = {name: cpu_seconds(*group) for name, group in processes.items()}
            sending: dict[str, float] = {}
            engine.noticed = lambda moment: sending.setdefault(moment, cpu_seconds(*processes["worker"]))
            began = time.monotonic()
            site.upload(encounter, whole)
            uploaded = time.monotonic()
            site.await_note(encounter)
            engine.noticed = None
            figures = {"uploaded": uploaded - began, "sent": time.monotonic() - uploaded}
            for name, group in processes.items():
                figures[f"{name} CPU"] = cpu_seconds(*group) - cpu[name]
                figures[f"{name} MB"] = max(memory(pid, "VmHWM") - before[pid] for pid in group)
            figures["worker CPU"] = sending["received"] - sending["begun"]
            return figures

        def plain() -> dict[str, float]:
            engine.deliver = "never"
            command = [sys.executable, "-m", "tests.bench.upload_memory", "--peer", str(whole), engine.url]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            engine.deliver = "once"
            return dict(json.loads(done.stdout))

        with Peer(folder / "peer") as peer:

            def parser() -> dict[str, float]:
                before = cpu_seconds(*family(peer.pid))
                command = [sys.executable, "-m", "tests.bench.upload_memory", "--peer", str(whole), peer.url]
                subprocess.run(command, check=True, capture_output=True)
                return {"CPU": cpu_seconds(*family(peer.pid)) - before}

            found = in_turns(rounds, {"ours": ours, "plain": plain, "parser": parser})
    _print(found, whole.stat().st_size, rounds)


def _print(found: dict[str, dict[str, float]], size: int, rounds: int) -> None:
    ours, plain = found["ours"], found["plain"]
    print(f"{size / 1e6:.0f} MB, median of {rounds} rounds in turn; {load()}")
    peer = f"{plain['CPU']:.2f} CPU-s of a plain streamed multipart PUT, {plain['wall']:.1f} s, +{plain['MB']:.0f} MB"
    print(f"peer: {peer}")
    for name, does in (
        ("web", "receives, seals, reads back, measures"),
        ("worker", "unseals and sends as multipart"),
    ):
        cpu = ours[f"{name} CPU"]
        print(
            f"{name:7} +{ours[f'{name} MB']:5.1f} MB  {cpu:6.2f} CPU-s  {cpu / plain['CPU']:.1f} x the PUT   ({does})"
        )
    print(f"upload {ours['uploaded']:.1f} s, from then to the note {ours['sent']:.1f} s")
    caveat(
        "what a real network does (sender, web, worker and engine share this machine's cores and its loopback), and "
        "growth over days. The memory is of one process each, the one that grew most; the worker's beat runs meanwhile."
    )


def _write_hours(path: Path, megabytes: float) -> None:
    """Sixteen bits, 16,000 times a second: 460.8 MB are four hours to the second."""
    import wave

    noise = os.urandom(1_000_000)
    left = round(megabytes * 1_000_000)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        while left:
            file.writeframesraw(noise[:left])
            left -= min(left, len(noise))


def _plain_put(file: Path, url: str) -> None:
    import httpx

    with httpx.Client(timeout=120) as client, file.open("rb") as opened:
        reset_peak(os.getpid())
        before, cpu, wall = memory(os.getpid(), "VmRSS"), time.process_time(), time.perf_counter()
        client.put(
            f"{url}/v1/note/audio", files={"audio": (file.name, opened, "audio/wav")}
        ).raise_for_status()
        figures = {"CPU": time.process_time() - cpu, "wall": time.perf_counter() - wall}
    print(json.dumps({**figures, "MB": memory(os.getpid(), "VmHWM") - before}))


if __name__ == "__main__":
    main()
