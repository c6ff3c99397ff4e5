from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from config import health
from config.models import Heartbeat
from tests.logbook import logbook


@pytest.fixture
def beating(db: None) -> Heartbeat:
    beat, _ = Heartbeat.objects.update_or_create(name="worker", defaults={"beat_at": timezone.now()})
    return beat


def parts(answer: Any) -> dict[str, str]:
    found: dict[str, str] = answer.json()["parts"]
    return found


def test_healthz_answers_for_the_process_alone(django_assert_num_queries: Any, db: None) -> None:
    with django_assert_num_queries(0):
        answer = Client().get("/healthz")
    assert answer.json() == {"status": "ok"}


def test_everything_is_ready(beating: Heartbeat) -> None:
    answer = Client().get("/readyz")
    assert answer.status_code == 200
    assert set(parts(answer).values()) == {"ok"}


@pytest.mark.parametrize("silent", [timedelta(seconds=61), timedelta(days=1)])
def test_a_silent_worker_is_named(beating: Heartbeat, silent: timedelta) -> None:
    Heartbeat.objects.update(beat_at=timezone.now() - silent)
    answer = Client().get("/readyz")
    assert answer.status_code == 503
    assert parts(answer) == {"database": "ok", "broker": "ok", "worker": "failing", "storage": "ok"}


@pytest.mark.parametrize("part", ["database", "broker", "worker", "storage"])
def test_a_failing_part_is_named_without_details(
    beating: Heartbeat, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    def broken() -> bool:
        raise ConnectionError("postgres://user:Zqxsecret@db.internal")

    monkeypatch.setitem(health.PROBES, part, broken)
    with logbook() as log:
        answer = Client().get("/readyz")
    assert answer.status_code == 503
    assert [name for name, state in parts(answer).items() if state == "failing"] == [part]
    assert "Zqx" not in answer.content.decode() + log.getvalue()
    assert f'"part": "{part}"' in log.getvalue()


def test_an_unreachable_redis_is_a_failing_broker(beating: Heartbeat, settings: Any) -> None:
    settings.USES_REDIS, settings.BROKER_URL = True, "redis://127.0.0.1:1/0"
    assert parts(Client().get("/readyz"))["broker"] == "failing"
