"""The soak itself, short: a fixed number of visits and three faults, on a deployment of its own."""

from __future__ import annotations

import subprocess
import sys

import pytest

from config.env import BASE_DIR

pytestmark = [pytest.mark.slow, pytest.mark.sqlite, pytest.mark.speech, pytest.mark.xdist_group("processes")]

FAULTS = "worker killed,engine: lost-answer,webhook flood"


def test_a_few_visits_and_faults_end_with_everything_held() -> None:
    command = [sys.executable, "-m", "tests.soak", "--visits", "6", "--per-minute", "60", "--seed", "1"]
    done = subprocess.run(
        [*command, "--every", "3", "--faults", FAULTS],
        cwd=BASE_DIR,
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert "I1 ok  I2 ok  I3 ok  I4 ok  I5 ok  I6 ok  I7 ok  lost ok  doubled ok  feed ok" in done.stdout
    for name in FAULTS.split(","):
        assert f"1  {name}" in done.stdout
