"""Webhooks that come twice, early, never, or to a web process that dies; and an engine that is away."""

from __future__ import annotations

import random
import threading
from pathlib import Path

import pytest

from tests.processes.engine import DELIVERIES, Engine
from tests.processes.site import Site, until, write_wav

pytestmark = [pytest.mark.slow, pytest.mark.sqlite, pytest.mark.xdist_group("processes")]


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_wav(tmp_path_factory.mktemp("audio") / "short.wav", 0.5)


@pytest.mark.parametrize("deliver", DELIVERIES)
def test_whatever_the_webhook_does_there_is_one_draft(
    site: Site, engine: Engine, short: Path, deliver: str
) -> None:
    engine.deliver = deliver
    before = len(engine.accepted)
    encounter = site.visit()
    site.upload(encounter, short)
    site.await_note(encounter)

    assert site.drafts(encounter) == (1, 1, 1)
    assert len(engine.accepted) - before == 1


@pytest.mark.parametrize("within", [(0, 1), (1, 8), (8, 30)], ids=str)
def test_a_web_process_killed_between_webhook_and_answer(
    site: Site, engine: Engine, short: Path, within: tuple[int, int]
) -> None:
    """Killed so many milliseconds after the last byte of the webhook was sent, drawn anew in each run."""
    killed = threading.Event()
    milliseconds = random.uniform(*within)

    def kill_once() -> None:
        if not killed.is_set():
            killed.wait(milliseconds / 1000)
            site.kill("web")
            killed.set()

    engine.before_answer_is_read, engine.retries = kill_once, 30
    encounter = site.visit()
    site.upload(encounter, short)
    until(killed.is_set)
    site.restart("web")
    site.await_note(encounter)

    assert site.drafts(encounter) == (1, 1, 1), f"killed after {milliseconds:.1f} ms"


def test_a_web_process_killed_and_a_webhook_that_is_never_repeated(
    site: Site, engine: Engine, short: Path
) -> None:
    killed = threading.Event()

    def kill() -> None:
        site.kill("web")
        killed.set()

    engine.before_answer_is_read = kill
    encounter = site.visit()
    site.upload(encounter, short)
    until(killed.is_set)
    engine.before_answer_is_read = None
    site.restart("web")
    site.await_note(encounter)

    assert site.drafts(encounter) == (1, 1, 1)


def test_an_engine_that_is_away_is_sent_the_recording_when_it_is_back(
    site: Site, engine: Engine, short: Path
) -> None:
    before = len(engine.accepted)
    engine.leave()
    encounter = site.visit()
    site.upload(encounter, short)
    until(lambda: site.troubled(encounter))
    assert site.drafts(encounter) == (0, 0, 1)

    engine.come_back()
    site.await_note(encounter)

    assert site.drafts(encounter) == (1, 1, 1)
    assert len(engine.accepted) - before == 1
