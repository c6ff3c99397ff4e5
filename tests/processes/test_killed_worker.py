"""`kill -9` of the worker and all its processes at five moments of a submission: the note arrives once all the same.

The moments are drawn anew in each run, one from each stretch of a submission's life; the failure message names them.
"""

from __future__ import annotations

import os
import random
import time
from pathlib import Path

import pytest

from tests.processes.engine import Engine
from tests.processes.site import Site

pytestmark = [pytest.mark.slow, pytest.mark.sqlite, pytest.mark.xdist_group("processes")]

SEED = os.environ.get("COUNTERSIGN_TEST_SEED") or str(int(time.time()))
DRAW = random.Random(SEED)
SENT = 6_000_000
POINTS = {
    "early in the upload": ("receiving", DRAW.randrange(1, SENT // 2)),
    "late in the upload": ("receiving", DRAW.randrange(SENT // 2, SENT)),
    "before the engine's answer": ("received", 0),
    "after the engine's answer": ("answered", 0),
    "while fetching the note": ("note", 0),
}


@pytest.mark.parametrize("point", POINTS)
def test_the_note_arrives_exactly_once(site: Site, engine: Engine, recording: Path, point: str) -> None:
    moment, byte = POINTS[point]
    site.forget_lost_answers()
    before = len(engine.accepted)
    trap = engine.trap(moment, byte)
    encounter = site.visit()
    site.upload(encounter, recording)
    trap.wait()

    site.kill("worker")
    trap.released.set()
    site.restart("worker")
    site.await_note(encounter)

    assert site.drafts(encounter) == (1, 1, 1), f"seed {SEED}"
    assert len(engine.accepted) - before == 1, f"the engine was sent it twice (seed {SEED})"
    assert site.upstream_ids(encounter) <= set(engine.accepted)
