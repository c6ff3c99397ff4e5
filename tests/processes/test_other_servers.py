"""The same deployment with its broker on Redis, and with its database on PostgreSQL: killed in mid-upload, one note."""

from __future__ import annotations

import os
import random
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.processes.engine import Engine
from tests.processes.site import Site, running

REDIS = os.environ.get("COUNTERSIGN_TEST_REDIS", "redis://127.0.0.1:6379/15")
POSTGRES = os.environ.get("COUNTERSIGN_TEST_POSTGRES") or os.environ.get("DATABASE_URL", "")


@pytest.fixture
def redis_broker() -> str:
    import redis  # noqa: PLC0415

    try:
        redis.Redis.from_url(REDIS, socket_timeout=2).flushdb()
    except redis.RedisError:
        pytest.skip("left out: no Redis server on this machine")
    return REDIS


@pytest.fixture
def postgres_database() -> Iterator[str]:
    """The address of an empty database, dropped at the end."""
    import psycopg  # noqa: PLC0415

    if not POSTGRES.startswith("postgres"):
        pytest.skip("left out: no PostgreSQL server was named")
    name = f"countersign_site_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(POSTGRES, autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}"')
        yield urlsplit(POSTGRES)._replace(path=f"/{name}").geturl()
        server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.mark.slow
@pytest.mark.sqlite
@pytest.mark.redis
@pytest.mark.xdist_group("processes")
def test_with_the_broker_on_redis(
    redis_broker: str, engine: Engine, recording: Path, tmp_path: Path, django_db_blocker: Any
) -> None:
    with django_db_blocker.unblock(), running(tmp_path / "site", engine, BROKER_URL=redis_broker) as site:
        assert_one_note_after_a_kill(site, engine, recording)


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.xdist_group("processes")
def test_with_the_database_on_postgresql(
    postgres_database: str, engine: Engine, recording: Path, tmp_path: Path, django_db_blocker: Any
) -> None:
    with (
        django_db_blocker.unblock(),
        running(tmp_path / "site", engine, DATABASE_URL=postgres_database) as site,
    ):
        assert_one_note_after_a_kill(site, engine, recording)


def assert_one_note_after_a_kill(site: Site, engine: Engine, recording: Path) -> None:
    """Worker and web are killed while bytes leave; the webhook is delivered twice afterwards."""
    engine.deliver = "twice"
    byte = random.randrange(1, 6_000_000)
    trap = engine.trap("receiving", byte)
    encounter = site.visit()
    site.upload(encounter, recording)
    trap.wait()

    site.kill("worker")
    site.kill("web")
    trap.released.set()
    site.stage.start("worker")
    site.restart("web")
    site.await_note(encounter)

    assert site.drafts(encounter) == (1, 1, 1), f"killed at byte {byte}"
    assert len(engine.accepted) == 1
