"""Rows of the sandbox's own database."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

PROCESSING = "processing"
COMPLETED = "completed"
FAILED = "failed"

PENDING = "pending"
DELIVERED = "delivered"
GIVEN_UP = "given_up"


@dataclass(frozen=True)
class Job:
    """One accepted input. `note` is the stored answer, watermark included; empty while processing."""

    note_id: str
    account: str
    kind: str
    status: str
    created_at: float
    expires_at: float
    options: dict[str, object]
    audio: Path | None
    received_bytes: int
    attempts: int
    note: dict[str, object]
    error_code: str
    error_message: str
    audio_seconds: float | None
    finished_at: float | None


@dataclass(frozen=True)
class Delivery:
    """One webhook that is owed; `event_id` stays the same over all its attempts."""

    event_id: str
    account: str
    note_id: str
    event: str
    body: bytes
    state: str
    attempts: int
    next_at: float
    last_status: int | None


@dataclass(frozen=True)
class Attempt:
    """One try at a delivery; `http_status` is None where no answer came."""

    number: int
    at: float
    http_status: int | None
