from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.processes.engine import Engine
from tests.processes.site import Site, running, write_wav


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    server = Engine()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def site(engine: Engine, tmp_path_factory: Any, django_db_blocker: Any) -> Iterator[Site]:
    """One deployment for the tests of a module; each test makes encounters of its own."""
    with django_db_blocker.unblock(), running(tmp_path_factory.mktemp("site"), engine) as started:
        yield started


@pytest.fixture(scope="session")
def recording(tmp_path_factory: Any) -> Path:
    """Twelve megabytes: more than the socket buffers between worker and engine hold."""
    return write_wav(tmp_path_factory.mktemp("audio") / "visit.wav", 12)


@pytest.fixture(autouse=True)
def usual(engine: Engine) -> Iterator[None]:
    """Each test begins with an engine that delivers once and is held nowhere."""
    engine.deliver, engine.retries, engine.before_answer_is_read = "once", 0, None
    yield
    if engine._trap:
        engine._trap.released.set()
    engine._trap = None
