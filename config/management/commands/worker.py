"""`manage.py worker`: background work, under a supervisor that notices when it has stopped."""

from __future__ import annotations

import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django_q.models import Schedule

from config.env import BASE_DIR
from config.supervisor import Supervisor


class Command(BaseCommand):
    help = "Run the background worker: sending, polling, results and the minutely sweep."

    def handle(self, *_args: Any, **_options: Any) -> None:
        ensure_schedule()
        Supervisor(
            command=[sys.executable, str(BASE_DIR / "manage.py"), "qcluster"],
            beat=settings.WORKER_BEAT,
            interval=settings.WORKER_BEAT_SECONDS,
            stale_after=settings.WORKER_STALE_SECONDS,
            grace=settings.WORKER_GRACE_SECONDS,
        ).run()


def ensure_schedule() -> None:
    """The minutely sweep, once however many workers start. The beat runs it, too, should the schedule be dead."""
    if Schedule.objects.filter(name="sweep").count() > 1:
        Schedule.objects.filter(name="sweep").delete()
    Schedule.objects.update_or_create(
        name="sweep",
        defaults={
            "func": settings.WORKER_SWEEP,
            "schedule_type": Schedule.MINUTES,
            "minutes": 1,
            "repeats": -1,
        },
    )
