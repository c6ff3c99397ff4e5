from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from notes.soapnoteapi.sandbox.config import Config
from tests.notes.sandbox.recordings import write_tone
from tests.notes.sandbox.running import ADMIN, Receiver, Running, ScriptedEars, account, running


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture
def ears() -> ScriptedEars:
    return ScriptedEars()


@pytest.fixture
def config(tmp_path: Path, receiver: Receiver) -> Config:
    return Config(state_dir=tmp_path / "state", accounts=(account(receiver),), admin_token=ADMIN)


@pytest.fixture
def sandbox(config: Config, ears: ScriptedEars) -> Iterator[Running]:
    with running(config, ears) as started:
        yield started


@pytest.fixture
def tone(tmp_path: Path) -> Path:
    return write_tone(tmp_path / "visit.wav", seconds=6)
