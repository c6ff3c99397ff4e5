"""What becomes of a submission after a failure: tried again, parked with its account, or failed, in plain words."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db.models import F, Q
from django.utils import timezone

from config.doorbell import ring
from consent.audit import SYSTEM, audited, record
from consent.transitions import StaleState, advance
from notes.models import EngineAccount, Submission
from notes.services.attempts import Attempt
from notes.services.holding import hold_reasons
from notes.services.worklist import refresh_next_step
from notes.soapnoteapi.errors import RECORDING_KEPT, EngineError, RateLimited, Unreachable, Withdrawn
from notes.states import SubmissionState

log = structlog.get_logger(__name__)
BASE_SECONDS, CAP_SECONDS = 2.0, 300.0
RATE_LIMIT_SECONDS = 60.0
TEST_KEY_RATE_LIMIT_SECONDS = 900.0
ATTENTION_AFTER = timedelta(minutes=30)
ATTEMPTS = {Submission.Kind.AUDIO: 3, Submission.Kind.TEXT: 5, Submission.Kind.SHORTHAND: 5}
WORKER_DIED = f"Sending stopped unexpectedly several times. {RECORDING_KEPT} Try again, or type the note."
GAVE_UP = f"The note service could not be used for a whole day. {RECORDING_KEPT} Try again, or type the note."


def most_attempts(submission: Submission) -> int:
    return ATTEMPTS[Submission.Kind(submission.kind)]


def backoff(attempts: int) -> float:
    """Seconds, with full jitter: anything up to twice as long as after the attempt before, at most five minutes."""
    return secrets.SystemRandom().uniform(0, min(CAP_SECONDS, BASE_SECONDS * 2 ** max(0, attempts - 1)))


def settle(attempt: Attempt, error: EngineError) -> None:
    """Write down what `error` means for the submission, and what had left. Quiet if it isn't ours any more."""
    submission = Submission.objects.get(pk=attempt.submission.pk)
    ambiguous = error.ambiguous and attempt.body_complete
    with audited():
        record_sent(attempt, outcome="failure", code=error.code)
        try:
            _settle(attempt, submission, error, ambiguous=ambiguous)
        except StaleState:
            log.info("no longer ours to settle", submission=str(submission.pk))
            return
        refresh_next_step(submission.encounter_id)


def _settle(attempt: Attempt, submission: Submission, error: EngineError, *, ambiguous: bool) -> None:
    now = timezone.now()
    lost = now if ambiguous else submission.answer_lost_at
    if isinstance(error, Withdrawn):
        _stopped(attempt, submission, lost)
    elif error.account_wide or isinstance(error, RateLimited):
        until = account_pause(attempt.account, error)
        _again(attempt, submission, error, at=until, counted=False, attention=error.account_wide)
    elif not error.retryable:
        fail(submission, code=error.code, words=error.human, where=attempt.mine, answer_lost_at=lost)
    elif isinstance(error, Unreachable):
        _keep_trying(attempt, submission, error)
    elif submission.attempts >= most_attempts(submission):
        fail(submission, code=error.code, words=error.human, where=attempt.mine, answer_lost_at=lost)
    else:
        wait = max(backoff(submission.attempts), error.retry_after_seconds or 0.0)
        if ambiguous:
            wait = max(wait, settings.ENGINE_ANSWER_WAIT_SECONDS)
            ring("notes.tasks.read_inbox", attempt.account.pk)
        _again(attempt, submission, error, at=now + timedelta(seconds=wait), answer_lost_at=lost)


def _stopped(attempt: Attempt, submission: Submission, lost: datetime | None) -> None:
    """We cut the connection ourselves: the gate shut while bytes were leaving."""
    reasons = hold_reasons(submission, attempt.account)
    to = SubmissionState.HELD if reasons else SubmissionState.QUEUED
    advance(
        submission, to, actor=SYSTEM, where=attempt.mine, hold_reasons=reasons, lease=None, lease_until=None,
        answer_lost_at=lost, bytes_sent=attempt.sent, reason="Stopped while it was being sent",
        data={"bytes": attempt.sent, "reasons": [reason["code"] for reason in reasons]},
    )  # fmt: skip


def _keep_trying(attempt: Attempt, submission: Submission, error: EngineError) -> None:
    """Nothing left us, so it costs nobody anything to knock again: about as long from now as it has failed so far."""
    now = timezone.now()
    failing = (now - (submission.failing_since or now)).total_seconds()
    if failing > settings.ENGINE_GIVE_UP_SECONDS:
        fail(submission, code=error.code, words=GAVE_UP, where=attempt.mine)
        return
    wait = secrets.SystemRandom().uniform(0.5, 1.0) * min(60.0, max(BASE_SECONDS, failing))
    late = failing > ATTENTION_AFTER.total_seconds()
    _again(attempt, submission, error, at=now + timedelta(seconds=wait), counted=False, attention=late)


def _again(
    attempt: Attempt, submission: Submission, error: EngineError, *, at: datetime, counted: bool = True,
    attention: bool = False, **fields: Any,
) -> None:  # fmt: skip
    if not counted:
        fields["attempts"] = F("attempts") - 1
    advance(
        submission, SubmissionState.QUEUED, actor=SYSTEM, where=attempt.mine, next_attempt_at=at, lease=None,
        lease_until=None, last_error_code=error.code[:60], last_error=error.human[:300], attention=attention,
        failing_since=submission.failing_since or timezone.now(), reason=error.code, bytes_sent=attempt.sent, **fields,
    )  # fmt: skip


def fail(submission: Submission, *, code: str, words: str, where: Q | None = None, **fields: Any) -> None:
    """Give up, in words; the recording or text stays, and a person may try again. Call it inside ``audited()``."""
    advance(
        submission, SubmissionState.FAILED, actor=SYSTEM, where=where, reason=code, next_attempt_at=None, lease=None,
        lease_until=None, last_error_code=code[:60], last_error=words[:300], attention=False, **fields,
    )  # fmt: skip
    refresh_next_step(submission.encounter_id)


def recover(submission: Submission) -> None:
    """Take back what a dead worker left: send again at once if nothing can have arrived, wait if it may have."""
    now = timezone.now()
    abandoned = Q(state=SubmissionState.UPLOADING, lease=submission.lease, lease_until__lt=now)
    lost = submission.body_sent_at is not None
    with audited():
        try:
            if submission.attempts >= most_attempts(submission):
                kept = now if lost else submission.answer_lost_at
                fail(submission, code="WORKER_DIED", words=WORKER_DIED, where=abandoned, answer_lost_at=kept)
                return
            wait = timedelta(seconds=settings.ENGINE_ANSWER_WAIT_SECONDS if lost else 0)
            advance(
                submission, SubmissionState.QUEUED, actor=SYSTEM, where=abandoned, reason="Its worker died", lease=None,
                lease_until=None, next_attempt_at=now + wait, answer_lost_at=now if lost else submission.answer_lost_at,
            )  # fmt: skip
        except StaleState:
            return
        if lost and submission.account_id:
            ring("notes.tasks.read_inbox", submission.account_id)
        refresh_next_step(submission.encounter_id)


def account_pause(account: EngineAccount, error: EngineError) -> datetime:
    """Let the account's other work wait, too; it goes on by itself. Returns until when."""
    seconds = error.retry_after_seconds or _default_pause(account, error)
    until = timezone.now() + timedelta(seconds=max(1.0, seconds))
    EngineAccount.objects.filter(pk=account.pk).update(paused_until=until, paused_reason=error.human[:300])
    if error.account_wide:
        record(
            "engine_account.paused", actor=SYSTEM, target=account, outcome="failure",
            data={"code": error.code, "until": until.isoformat()}, **account.audit_context(),
        )  # fmt: skip
    return until


def account_works(account: EngineAccount) -> None:
    """The engine answered: whatever paused the account is over."""
    EngineAccount.objects.filter(pk=account.pk).exclude(paused_reason="", paused_until=None).update(
        paused_until=None, paused_reason=""
    )


def _default_pause(account: EngineAccount, error: EngineError) -> float:
    if not isinstance(error, RateLimited):
        return float(settings.ENGINE_PAUSE_SECONDS)
    return TEST_KEY_RATE_LIMIT_SECONDS if account.mode == EngineAccount.Mode.TEST else RATE_LIMIT_SECONDS


def record_sent(attempt: Attempt, *, outcome: str, code: str = "") -> None:
    """The proof of what left: how many bytes, to whom, with what outcome."""
    if not attempt.sent:
        return
    submission = attempt.submission
    record(
        "submission.sent", actor=SYSTEM, target=submission, outcome=outcome, reason=code,
        data={
            "vendor": attempt.account.vendor, "account": str(attempt.account.pk), "kind": submission.kind,
            "bytes": attempt.sent, "whole": attempt.body_complete, "attempt": submission.attempts,
        },
        **submission.audit_context(),
    )  # fmt: skip
