# ruff: noqa: PLC0415
"""From the end of an upload to the note on the clinician's screen, with an engine that answers at once.

Real web process and worker, SQLite and the ORM broker as embedded (`--broker redis://…` for another). "On the screen"
is when the encounter's status, asked for as often as the page does, first links to the note;
"arrived" is when its row is there. The peer is the wait alone that a page refreshed every five seconds adds.

    python -m tests.bench.latency [--encounters 40] [--without-webhook 10] [--broker URL]
"""

from __future__ import annotations

import argparse
import random
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench.measure import caveat, load, percentile, set_up

if TYPE_CHECKING:
    from tests.processes.engine import Engine
    from tests.processes.site import Site

POLL = 0.7  # templates/notes/_status.html


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--encounters", type=int, default=40)
    parser.add_argument("--without-webhook", type=int, default=10)
    parser.add_argument("--broker", default="orm://default")
    given = parser.parse_args()
    set_up()
    with tempfile.TemporaryDirectory() as folder:
        _measure(Path(folder), given.encounters, given.without_webhook, given.broker)


def _measure(folder: Path, count: int, silent: int, broker: str) -> None:
    from tests.processes.engine import Engine
    from tests.processes.site import running, write_wav

    recording = write_wav(folder / "visit.wav", 0.96)
    engine = Engine()
    usual = {
        "ENGINE_LEASE_SECONDS": "30",
        "ENGINE_ANSWER_WAIT_SECONDS": "120",
        "ENGINE_FIRST_POLL_SECONDS": "10",
    }
    with running(folder / "site", engine, **usual, BROKER_URL=broker) as site:
        _one(site, recording)
        found = [_one(site, recording) for _ in range(count)]
        engine.deliver = "never"
        silently = _all_at_once(site, engine, recording, silent)
        engine.deliver = "once"
    print(f"{count} recordings of 30 s, one after the other, {broker}; {load()}")
    _print("arrived", [arrived for arrived, _ in found])
    _print(f"on the screen (asked every {POLL:g} s)", [seen for _, seen in found])
    _print("webhook never: arrived", silently)
    print("peer: a page that is refreshed every 5 s adds 2.5 s (p50) and 4.75 s (p95) to `arrived`")
    caveat(
        "the engine's own one or two minutes, the network, a browser's drawing of the page, and a busy clinic. "
        f"The {silent} without a webhook were sent together, so that they wait for the engine's polls in parallel."
    )


def _one(site: Site, recording: Path) -> tuple[float, float]:
    """Seconds from the end of the upload until the note's row is there, and until the page shows it."""
    encounter = site.visit()
    site.upload(encounter, recording)
    began = time.monotonic()
    phase = random.uniform(0, POLL)
    while not site.drafts(encounter)[0]:
        time.sleep(0.01)
    arrived = time.monotonic() - began
    while time.monotonic() - began < phase or (time.monotonic() - began - phase) % POLL > 0.02:
        time.sleep(0.005)
    while "/notes/" not in site.provider.session.get(f"{encounter}status/"):
        time.sleep(POLL)
    return arrived, time.monotonic() - began


def _all_at_once(site: Site, engine: Engine, recording: Path, count: int) -> list[float]:
    """Seconds from the engine's having each note until its row is there, when nobody says so."""
    encounters = [site.visit() for _ in range(count)]
    known = set(engine.accepted)
    for encounter in encounters:
        site.upload(encounter, recording)
    waited: dict[str, float] = {}
    pause = threading.Event()
    while len(waited) < count:
        for encounter in set(encounters) - set(waited):
            if site.drafts(encounter)[0]:
                note_id = next(iter(site.upstream_ids(encounter) - {""}), "")
                waited[encounter] = time.monotonic() - engine.accepted_at.get(note_id, time.monotonic())
        pause.wait(0.1)
    assert len(set(engine.accepted) - known) == count, "sent more than once"
    return list(waited.values())


def _print(name: str, values: list[float]) -> None:
    p50, p95 = percentile(values, 0.5), percentile(values, 0.95)
    print(f"{name:34} p50 {p50:6.2f} s  p95 {p95:6.2f} s  longest {max(values):6.2f} s")


if __name__ == "__main__":
    main()
