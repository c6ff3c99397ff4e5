"""Owning a submission while it is being sent: the claim, the lease, and the marks left on the row meanwhile."""

from __future__ import annotations

import io
import time
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID, uuid4

import structlog
from django.conf import settings
from django.db import DatabaseError
from django.db.models import F, Q
from django.utils import timezone

from config.connections import leave_connection_usable
from config.http import BytesReader
from config.models import Heartbeat
from consent.audit import SYSTEM, audited, record
from consent.transitions import StaleState, advance
from encounters.models import AudioCopy
from notes.models import EngineAccount, Submission
from notes.services.holding import active_account, hold_reasons
from notes.services.worklist import refresh_next_step
from notes.states import SubmissionState

log = structlog.get_logger(__name__)
# Typed text goes out in one call of up to two minutes, in which nothing can extend the lease.
TEXT_LEASE = timedelta(seconds=150)
ENGINE_STATEMENT = "The service states that it deletes audio after transcription."


class RowLost(Exception):
    """The submission is no longer ours to send."""


def lease_time(submission: Submission) -> timedelta:
    if submission.kind == Submission.Kind.AUDIO:
        return timedelta(seconds=settings.ENGINE_LEASE_SECONDS)
    return TEXT_LEASE


def free_places() -> int:
    """How many more submissions may be sent at once, so that a worker stays free for results."""
    now = timezone.now()
    busy = Submission.objects.filter(state=SubmissionState.UPLOADING, lease_until__gte=now).count()
    return max(0, settings.ENGINE_SENDING_AT_ONCE - busy)


def claim(submission: Submission) -> Attempt | None:
    """Take a queued submission, with the gate asked in the same transaction; None when there is nothing to send.

    The engine counts as holder of a copy from here on, whatever becomes of the attempt.
    """
    now, lease = timezone.now(), uuid4()
    account = submission.account
    if account is None or not account.active:
        account = active_account(submission.encounter)
    reasons = hold_reasons(submission, account)
    due = Q(next_attempt_at__isnull=True) | Q(next_attempt_at__lte=now)
    with audited():
        try:
            if account is None or reasons:
                _hold(submission, reasons)
                return None
            advance(
                submission, SubmissionState.UPLOADING, actor=SYSTEM, where=Q(state=SubmissionState.QUEUED) & due,
                attempts=F("attempts") + 1, lease=lease, lease_until=now + lease_time(submission), account=account,
                sent_at=now, body_sent_at=None, bytes_sent=0, data={"vendor": account.vendor},
            )  # fmt: skip
        except StaleState:
            return None
        if submission.recording_id:
            AudioCopy.objects.get_or_create(
                recording_id=submission.recording_id, place=AudioCopy.Place.ENGINE, holder=str(account)[:100],
                defaults={"evidence": ENGINE_STATEMENT},
            )  # fmt: skip
        refresh_next_step(submission.encounter_id)
    return Attempt(submission, account, lease)


def _hold(submission: Submission, reasons: list[dict[str, str]]) -> None:
    codes = [reason["code"] for reason in reasons]
    advance(
        submission, SubmissionState.HELD, actor=SYSTEM, where=Q(state=SubmissionState.QUEUED),
        hold_reasons=reasons, reason="The gate is shut", data={"reasons": codes},
    )  # fmt: skip
    record(
        "gate.refused", actor=SYSTEM, target=submission, outcome="refused", data={"reasons": codes},
        **submission.audit_context(),
    )  # fmt: skip
    refresh_next_step(submission.encounter_id)


@dataclass
class Attempt:
    """One try at sending. ``sent`` counts body bytes; ``body_complete`` once the last of them may have left."""

    submission: Submission
    account: EngineAccount
    lease: UUID
    sent: int = 0
    body_complete: bool = False
    _confirmed: float = field(default_factory=time.monotonic)

    @property
    def mine(self) -> Q:
        return Q(lease=self.lease, state=SubmissionState.UPLOADING)

    def progress(self, sent: int) -> None:
        self.sent = sent

    def should_abort(self) -> bool:
        """Asked about once a second: whether the row was taken away, or the gate has shut meanwhile.

        Extends the lease and vouches for the worker. A database that can't be asked is waited for as long as the
        lease lasts.
        """
        try:
            go_on = self._extended() and not hold_reasons(self.submission, self.account)
        except DatabaseError:
            leave_connection_usable()
            return time.monotonic() - self._confirmed > settings.ENGINE_LEASE_SECONDS
        self._confirmed = time.monotonic()
        return not go_on

    def _extended(self) -> bool:
        now = timezone.now()
        Heartbeat.objects.filter(name="worker").update(beat_at=now)
        row = Submission.objects.filter(self.mine, pk=self.submission.pk)
        return bool(row.update(lease_until=now + lease_time(self.submission), bytes_sent=self.sent))

    def mark_body_sent(self) -> None:
        """Remember, durably and before the last bytes leave, that the engine may accept from now on."""
        if self.body_complete:
            return
        row = Submission.objects.filter(self.mine, pk=self.submission.pk)
        if not row.update(body_sent_at=timezone.now()):
            raise RowLost
        self.body_complete = True


class MarkedReader(io.RawIOBase):
    """Reads through to `plain` and tells the attempt before it hands out the last bytes."""

    def __init__(self, plain: BytesReader, attempt: Attempt) -> None:
        super().__init__()
        self._plain, self._attempt = plain, attempt
        self._size = plain.seek(0, io.SEEK_END)
        self._position = plain.seek(0)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        self._position = self._plain.seek(offset, whence)
        return self._position

    def read(self, size: int = -1, /) -> bytes:
        data = self._plain.read(size)
        self._position += len(data)
        if self._position >= self._size:
            self._attempt.mark_body_sent()
        return data
