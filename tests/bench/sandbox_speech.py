"""How long the sandbox takes to turn a recording into a note, and the most memory it needs for that.

Starts `manage.py sandbox` as a process of its own, sends one long recording made by repeating a short one, and
prints seconds of work per minute of audio and the peak resident memory of all its processes. The consultation is
synthetic speech: the figures say nothing about how well real visits are understood.

    python -m tests.bench.sandbox_speech [--minutes 15] [--audio FILE]
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import av
import numpy as np

from config.http import Door, FieldPart, FilePart, multipart_body
from tests.notes.sandbox.recordings import write

ROOT = Path(__file__).resolve().parent.parent.parent
SHIPPED = ROOT / "notes" / "demo" / "consultation.ogg"
KEY = "snapi_sk_test_" + secrets.token_hex(16)
RATE = 16_000


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=15.0)
    parser.add_argument("--audio", type=Path, default=SHIPPED)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        recording = repeat(given.audio, Path(folder) / "long.webm", given.minutes * 60)
        measure(recording, Path(folder), given.minutes)


def measure(recording: Path, folder: Path, minutes: float) -> None:
    config = folder / "sandbox.json"
    config.write_text(json.dumps({"state_dir": str(folder / "state"), "port": 0}))
    command = [sys.executable, str(ROOT / "manage.py"), "sandbox", "--config", str(config)]
    process = subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, env={**os.environ, "DEMO": "1"}, start_new_session=True
    )
    try:
        address, loaded = started(process)
        before = cpu_seconds(process.pid)
        began = time.monotonic()
        upload(address, recording)
        job = wait_for(process, "job")
        took = time.monotonic() - began
        used = cpu_seconds(process.pid) - before
        print(f"model loaded in {loaded:.1f} s; outcome: {job['outcome']}")
        print(f"{minutes:g} min of audio: {took:.1f} s, {took / minutes:.2f} s a minute of audio")
        print(f"CPU: {used:.1f} s, {used / minutes:.2f} s a minute of audio")
        print(f"peak memory: {peak_megabytes(process.pid):.0f} MB over all processes")
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()


def repeat(source: Path, target: Path, seconds: float) -> Path:
    resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
    with av.open(str(source)) as container:
        blocks = [
            out.to_ndarray()[0] for frame in container.decode(audio=0) for out in resampler.resample(frame)
        ]
    once = np.concatenate(blocks)
    return write(target, np.resize(once, int(seconds * RATE)), RATE)


def upload(address: str, recording: Path) -> None:
    door = Door(allowed_origins=[address])
    with recording.open("rb") as reader:
        parts = [
            FilePart("audio", reader, recording.name, "audio/webm"),
            FieldPart("metadata", json.dumps({"specialty": "physician"}), "application/json"),
        ]
        authorization = {"Authorization": f"Bearer {KEY}"}
        answer = door.send(
            "PUT", f"{address}/v1/note/audio", headers=authorization, body=multipart_body(parts)
        )
    if answer.status != 202:
        raise SystemExit(f"The sandbox refused the recording: HTTP {answer.status}.")


def started(process: subprocess.Popen[str]) -> tuple[str, float]:
    address = wait_for(process, "listening")["address"]
    return str(address), float(str(wait_for(process, "model_loaded")["took_seconds"]))


def wait_for(process: subprocess.Popen[str], step: str) -> dict[str, object]:
    assert process.stderr
    for line in process.stderr:
        if line.startswith("{") and (entry := json.loads(line))["step"] == step:
            return dict(entry)
        if "unavailable" in line:
            raise SystemExit("The speech packages are not installed; run make setup.")
    raise SystemExit("The sandbox ended early.")


def family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(int(child) for child in children)]


def cpu_seconds(pid: int) -> float:
    ticks = 0
    for member in family(pid):
        fields = Path(f"/proc/{member}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def peak_megabytes(pid: int) -> float:
    """The sum of what each process needed at its own worst moment."""
    total = 0
    for member in family(pid):
        status = Path(f"/proc/{member}/status").read_text()
        total += next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))
    return total / 1024


if __name__ == "__main__":
    main()
