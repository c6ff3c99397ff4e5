"""The safety net: asking the engine for what its webhook should have told us."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import structlog
from django.conf import settings
from django.db.models import F, Q
from django.utils import timezone

from config.doorbell import ring
from consent.audit import audited
from consent.transitions import StaleState
from notes.models import EngineAccount, Submission
from notes.services.engine import client_for
from notes.services.results import fail_upstream, refuse
from notes.services.settling import account_pause, account_works, fail
from notes.services.taking_in import take_in
from notes.services.worklist import refresh_next_step
from notes.soapnoteapi.errors import (
    ANOTHER_NOTE,
    RECORDING_KEPT,
    BadAnswer,
    EngineError,
    NoteFailed,
    NoteNotFound,
    RateLimited,
)
from notes.soapnoteapi.failures import note_failed
from notes.soapnoteapi.schemas import EngineNote
from notes.states import SubmissionState

log = structlog.get_logger(__name__)
LEASE = timedelta(seconds=90)
LONGEST_WAIT, SLOW_WAIT = 60.0, 300.0
OVERDUE = f"The note service is taking much longer than usual. {RECORDING_KEPT} We keep asking; you can also write it."
GAVE_UP = f"The note service never finished this note. {RECORDING_KEPT} Send it again, or type the note."
ANOTHER = f"The note service answered with another note, so it was not kept. {RECORDING_KEPT} Send it again."
RUNNING = frozenset({"NO_NOTE"})


def poll(submission_id: UUID) -> None:
    """Ask once how far the note is, if it is time to; take it in when it is ready."""
    lease = uuid4()
    if not _claim(submission_id, lease):
        return
    submission = Submission.objects.select_related("account", "encounter").get(pk=submission_id)
    account = submission.account
    assert account is not None
    try:
        note = _ask(submission, account)
        account_works(account)
        if note is not None:
            take_in(submission_id=submission_id, engine_note=note, source="poll")
    except EngineError as error:
        _trouble(submission, account, lease, error)
        return
    if note is None:
        _later(submission, account, lease)


def ring_due(most: int = 50) -> int:
    """Ring for every submission whose time to be polled has come."""
    now = timezone.now()
    due = Submission.objects.filter(
        Q(lease_until__isnull=True) | Q(lease_until__lt=now),
        state=SubmissionState.PROCESSING, next_attempt_at__lte=now,
    )  # fmt: skip
    awake = (
        due.exclude(account__paused_until__gt=now).order_by("next_attempt_at").values_list("pk", flat=True)
    )
    found = list(awake[:most])
    for pk in found:
        ring("notes.tasks.poll", pk)
    return len(found)


def wait_after(polls: int, account: EngineAccount, *, overdue: bool) -> float:
    """Seconds until the next poll: from ten on half as long again, at most a minute; five minutes once overdue."""
    usual = min(LONGEST_WAIT, settings.ENGINE_FIRST_POLL_SECONDS * 1.5 ** min(polls, 20))
    return float(SLOW_WAIT if overdue else usual) * account.patience


def _claim(submission_id: UUID, lease: UUID) -> bool:
    now = timezone.now()
    free = Q(lease_until__isnull=True) | Q(lease_until__lt=now)
    due = Submission.objects.filter(
        free,
        pk=submission_id,
        state=SubmissionState.PROCESSING,
        next_attempt_at__lte=now,
        account__isnull=False,
    )
    return bool(due.update(lease=lease, lease_until=now + LEASE, polls=F("polls") + 1))


def _ask(submission: Submission, account: EngineAccount) -> EngineNote | None:
    """The finished note, or None while it is being written. A typed text's note has no job to ask about."""
    client, note_id = client_for(account), submission.upstream_note_id
    if submission.kind == Submission.Kind.AUDIO:
        status = client.status(note_id)
        if status.state == "failed":
            raise note_failed(status.reason)
        if status.state == "running":
            return None
    return client.note(note_id)


def _trouble(submission: Submission, account: EngineAccount, lease: UUID, error: EngineError) -> None:
    mine = Q(lease=lease, state=SubmissionState.PROCESSING)
    if error.code in RUNNING:
        _later(submission, account, lease)
    elif error.account_wide or isinstance(error, RateLimited):
        with audited():
            until = account_pause(account, error)
            _reschedule(submission, lease, until, error=error, attention=error.account_wide)
    elif isinstance(error, NoteNotFound) and submission.last_error_code != NoteNotFound.default_code:
        # Once may be the engine's own delay between accepting a job and knowing it.
        _later(submission, account, lease, error=error, code=NoteNotFound.default_code)
    elif error.retryable:
        _later(submission, account, lease, error=error)
    else:
        _give_up(submission, mine, error)


def _give_up(submission: Submission, mine: Q, error: EngineError) -> None:
    if isinstance(error, NoteFailed):
        fail_upstream(submission_id=submission.pk, error=error)
        return
    another = isinstance(error, BadAnswer) and error.code == ANOTHER_NOTE
    try:
        with audited():
            if another:
                refuse(
                    submission, note_id=submission.upstream_note_id, reason="The answer named another note"
                )
            fail(submission, code=error.code, words=ANOTHER if another else error.human, where=mine)
    except StaleState:
        log.info("finished by another way meanwhile", submission=str(submission.pk))


def _later(
    submission: Submission,
    account: EngineAccount,
    lease: UUID,
    *,
    error: EngineError | None = None,
    code: str = "",
) -> None:
    now = timezone.now()
    age = (now - (submission.accepted_at or now)).total_seconds()
    if age > settings.ENGINE_GIVE_UP_SECONDS:
        _give_up(submission, Q(lease=lease), EngineError("NEVER_FINISHED", human=GAVE_UP))
        return
    overdue = age > settings.ENGINE_OVERDUE_SECONDS
    wait = wait_after(submission.polls, account, overdue=overdue)
    if error is not None:
        wait = max(wait, error.retry_after_seconds or 0.0)
    _reschedule(submission, lease, now + timedelta(seconds=wait), error=error, code=code, attention=overdue)


def _reschedule(
    submission: Submission,
    lease: UUID,
    at: datetime,
    *,
    error: EngineError | None,
    code: str = "",
    attention: bool,
) -> None:
    words = error.human if error else OVERDUE if attention else ""
    found = (code or error.code) if error else "OVERDUE" if attention else ""
    mine = Submission.objects.filter(pk=submission.pk, lease=lease, state=SubmissionState.PROCESSING)
    changed = mine.update(
        next_attempt_at=at, lease=None, lease_until=None, attention=attention, last_error=words[:300],
        last_error_code=found[:60],
    )  # fmt: skip
    if changed and attention != submission.attention:
        refresh_next_step(submission.encounter_id)
