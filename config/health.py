"""/healthz answers for the process, /readyz for everything a visit needs. Neither tells a stranger any detail."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import structlog
from django.conf import settings
from django.core.files.storage import storages
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from config.models import Heartbeat

log = structlog.get_logger(__name__)
STALE = timedelta(seconds=60)


@require_safe
def healthz(_request: HttpRequest) -> HttpResponse:
    return JsonResponse({"status": "ok"})


@require_safe
def readyz(_request: HttpRequest) -> HttpResponse:
    parts = {name: _holds(name, probe) for name, probe in PROBES.items()}
    ready = all(parts.values())
    return JsonResponse(
        {
            "status": "ready" if ready else "not ready",
            "parts": {k: "ok" if v else "failing" for k, v in parts.items()},
        },
        status=200 if ready else 503,
    )


def _holds(name: str, probe: Callable[[], bool]) -> bool:
    try:
        return probe()
    except Exception:
        log.warning("readiness probe failed", part=name, exc_info=True)
        return False


def _database() -> bool:
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def _broker() -> bool:
    if not settings.USES_REDIS:
        return True  # the broker is the database
    import redis  # noqa: PLC0415 - only where Redis is used

    return bool(redis.Redis.from_url(settings.BROKER_URL, socket_timeout=2).ping())


def _worker() -> bool:
    return Heartbeat.objects.filter(name="worker", beat_at__gte=timezone.now() - STALE).exists()


def _storage() -> bool:
    storages["audio"].exists("readiness-probe")
    return True


PROBES: dict[str, Callable[[], bool]] = {
    "database": _database,
    "broker": _broker,
    "worker": _worker,
    "storage": _storage,
}
