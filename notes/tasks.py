"""Doorbells: each looks at rows and calls one service. Ids only, as text, never content.

What went wrong is on the row; what was left undone is found again by the beat and the sweep.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from config.doorbell import ring
from config.models import Heartbeat
from config.tasks import quietly
from encounters.services.capture_grants import forget_expired_grants
from encounters.services.capture_interrupted import finish_interrupted_captures
from encounters.services.recordings import purge_abandoned_uploads
from encounters.services.video import sweeping as video
from notes.services import (
    engine_accounts,
    exports,
    filing,
    idempotency,
    inbox,
    polling,
    sending,
    submissions,
    sweeping,
    worklist,
)
from notes.services.access.tokens import forget_expired
from notes.services.webhooks import deliveries

SWEEP_EVERY = timedelta(seconds=60)


@quietly
def recording_ready(recording_id: UUID | str) -> None:
    """A recording is stored: make its submission."""
    submissions.submission_create_for_recording(recording_id=UUID(str(recording_id)))


@quietly
def recording_over(encounter_id: UUID | str) -> None:
    """A recording was refused, failed or was deleted: what the visit waits for may be another thing now."""
    worklist.refresh_next_step(UUID(str(encounter_id)))


@quietly
def permission_changed(practice_id: UUID | str) -> None:
    """Consents or agreements of a practice changed: look again at what is held."""
    ring("notes.tasks.recheck_held", UUID(str(practice_id)))


@quietly
def permission_withdrawn(encounter_id: UUID | str) -> None:
    """Somebody declined or withdrew: stop what is on its way, now and not when a worker has time."""
    submissions.submissions_withdraw(UUID(str(encounter_id)))


@quietly
def recheck_held(practice_id: str) -> None:
    submissions.submissions_recheck(UUID(practice_id))


@quietly
def send(submission_id: str) -> None:
    sending.send(UUID(submission_id))


@quietly
def poll(submission_id: str) -> None:
    polling.poll(UUID(submission_id))


@quietly
def read_inbox(account_id: str) -> None:
    inbox.read_inbox(UUID(account_id))


@quietly
def deliver(delivery_id: str) -> None:
    deliveries.deliver(UUID(delivery_id))


@quietly
def plan_export(export_id: str) -> None:
    exports.export_plan(UUID(export_id))


@quietly
def beat() -> None:
    """Vouch for the worker, then ring for whatever has become due: a few queries over unfinished rows only."""
    _vouch("worker")
    sweeping.ring_due()
    video.ring_due()
    deliveries.ring_due()
    if not Heartbeat.objects.filter(name="sweep", beat_at__gte=timezone.now() - 2 * SWEEP_EVERY).exists():
        sweep()


@quietly
def sweep() -> None:
    """Once a minute: everything that a lost ring, a dead worker or a passed date has left behind."""
    _vouch("sweep")
    jobs: tuple[Callable[[], object], ...] = (
        engine_accounts.engine_account_from_environment,
        sweeping.sweep,
        filing.file_due_notes,
        purge_abandoned_uploads,
        finish_interrupted_captures,
        idempotency.forget_old_requests,
        forget_expired,
        forget_expired_grants,
        exports.exports_tend,
    )
    for job in jobs:
        quietly(job)()


def _vouch(name: str) -> None:
    Heartbeat.objects.update_or_create(name=name, defaults={"beat_at": timezone.now()})
