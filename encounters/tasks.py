"""Doorbells of calls and of recordings at video vendors: each looks at rows and calls one service. Ids only."""

from __future__ import annotations

from uuid import UUID

from config.doorbell import ring
from config.tasks import quietly
from encounters.services.video import discarding, inbox, polling, sweeping, taking


@quietly
def read_vendor_inbox(connection_id: str) -> None:
    inbox.read_inbox(UUID(connection_id))


@quietly
def take_recording(recording_id: str) -> None:
    taking.recording_take(UUID(recording_id))


@quietly
def discard_vendor_copy(vendor_recording_id: str) -> None:
    discarding.copy_discard(UUID(vendor_recording_id))


@quietly
def poll_call(call_id: str) -> None:
    polling.call_poll(UUID(call_id))


@quietly
def permission_changed(practice_id: UUID | str) -> None:
    sweeping.permission_changed(UUID(str(practice_id)))


@quietly
def permission_withdrawn(encounter_id: UUID | str) -> None:
    """Somebody declined or withdrew. A vendor may take its time to answer, so a worker asks it."""
    ring("encounters.tasks.stop_recording_of", UUID(str(encounter_id)))


@quietly
def stop_recording_of(encounter_id: str) -> None:
    sweeping.permission_withdrawn(UUID(encounter_id))
