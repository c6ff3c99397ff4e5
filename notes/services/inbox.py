"""Working off the inbox of verified webhooks: find whose note it is, ask the engine, take the result in.

An event may come before the upload's own answer is saved: it then stays open until the note's id is known. After a
lost answer, an event that nobody owns may be the missing one (notes/services/adoption.py).
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import structlog
from django.db import OperationalError
from django.db.models import Q, QuerySet
from django.utils import timezone

from config.connections import leave_connection_usable
from config.doorbell import ring
from consent.audit import SYSTEM, audited, record
from notes.models import EngineEvent, Submission
from notes.services.adoption import adoptable
from notes.services.engine import client_for
from notes.services.results import fail_upstream, refuse
from notes.services.settling import account_pause, backoff
from notes.services.taking_in import take_in
from notes.soapnoteapi.errors import ANOTHER_NOTE, BadAnswer, EngineError, NoteFailed, NoteNotFound
from notes.soapnoteapi.failures import note_failed
from notes.soapnoteapi.schemas import EngineNote, load_object, read_event, read_status
from notes.states import SubmissionState

log = structlog.get_logger(__name__)
CLAIM = timedelta(seconds=90)
OWNER_WAIT = timedelta(seconds=5)
KEEP_OPEN = timedelta(hours=24)
NOBODYS = "A note that belongs to no submission"
GENERATED, FAILED = "note.generated", "note.failed"


def read_inbox(account_id: UUID) -> None:
    """Handle every open event of an account whose time has come, those included that come in meanwhile."""
    for _ in range(5):
        found = list(_open().filter(account=account_id).values_list("pk", flat=True)[:200])
        for pk in found:
            _read_guarded(pk)
        if not found:
            return


def read_inbox_afresh(account_id: UUID) -> None:
    """As `read_inbox`, those included that wait for their owner: for the last look before something is sent again."""
    soon = timezone.now() + OWNER_WAIT
    waiting = EngineEvent.objects.filter(account=account_id, handled_at__isnull=True, look_after__lte=soon)
    waiting.update(look_after=None)
    read_inbox(account_id)


def _read_guarded(event_id: UUID) -> None:
    """One event that can't be handled doesn't keep the others waiting; it is let go of with the day."""
    try:
        read_event_row(event_id)
    except OperationalError:
        raise
    except Exception:
        leave_connection_usable()
        log.exception("event could not be handled", event_id=str(event_id))
        EngineEvent.objects.filter(pk=event_id, received_at__lt=timezone.now() - KEEP_OPEN).update(
            handled_at=timezone.now(), payload=None, look_after=None
        )


def ring_due() -> int:
    """Ring once for each account with events to handle."""
    accounts = set(_open().values_list("account_id", flat=True)[:1000])
    for pk in accounts:
        ring("notes.tasks.read_inbox", pk)
    return len(accounts)


def _open() -> QuerySet[EngineEvent]:
    now = timezone.now()
    waiting = Q(look_after__isnull=True) | Q(look_after__lte=now)
    return EngineEvent.objects.filter(waiting, handled_at__isnull=True).order_by("received_at")


def read_event_row(event_id: UUID) -> None:
    """Handle one event, unless another worker has it. Leaves it open when the engine can't be asked just now."""
    now = timezone.now()
    if not _open().filter(pk=event_id).update(look_after=now + CLAIM):
        return
    event = EngineEvent.objects.select_related("account").get(pk=event_id)
    submission = _owner(event)
    adopted = None if submission else adoptable(event)
    if submission is None and adopted is None:
        _wait_for_owner(event)
        return
    try:
        if submission is not None:
            _handle(event, submission)
        elif adopted is not None and _fits(event, adopted):
            submission = adopted
    except EngineError as error:
        _try_later(event, error)
        return
    _done(event, submission)


def _owner(event: EngineEvent) -> Submission | None:
    found = Submission.objects.filter(account=event.account_id, upstream_note_id=event.note_id)
    return found.select_related("account", "encounter").first()


def _handle(event: EngineEvent, submission: Submission) -> None:
    if submission.completed_note_id == event.note_id:
        return
    if submission.state == SubmissionState.CANCELLED:
        with audited():
            refuse(submission, note_id=event.note_id, reason="The submission was cancelled")
        return
    if event.event == FAILED:
        _handle_failed(event, submission)
    elif (note := fetched(event)) is not None:
        take_in(submission_id=submission.pk, engine_note=note, source="webhook")


def _handle_failed(event: EngineEvent, submission: Submission) -> None:
    """The engine says it gave up; its own status decides, unless it no longer knows the job."""
    reason = _said_reason(event)
    if event.account.refetch:
        try:
            status = client_for(event.account).status(event.note_id)
        except NoteNotFound:
            fail_upstream(submission_id=submission.pk, error=note_failed(reason))
            return
        if status.state != "failed":
            Submission.objects.filter(pk=submission.pk, state=SubmissionState.PROCESSING).update(
                next_attempt_at=timezone.now()
            )
            ring("notes.tasks.poll", submission.pk)
            return
        reason = status.reason or reason
    fail_upstream(submission_id=submission.pk, error=note_failed(reason))


def fetched(event: EngineEvent) -> EngineNote | None:
    """The note as the engine confirms it, or from the signed event when the engine no longer has it."""
    said = _said_note(event)
    if not event.account.refetch and said is not None:
        return said
    try:
        return client_for(event.account).note(event.note_id)
    except NoteNotFound:
        if said is None:
            raise
        return said


def _fits(event: EngineEvent, submission: Submission) -> bool:
    """Take in a note that nobody owns, if it is nobody else's and its transcript doesn't contradict the recording."""
    note = fetched(event)
    if note is None or not matches(submission, note):
        with audited():
            _refused(event, NOBODYS)
        return False
    take_in(submission_id=submission.pk, engine_note=note, source="webhook")
    return True


def matches(submission: Submission, note: EngineNote) -> bool:
    """Whether the note can have come from this recording: nothing in it was said after the recording's end."""
    ends = [segment.end for segment in note.transcript if segment.end is not None]
    recording = submission.recording
    if not ends or recording is None or not recording.duration_seconds:
        return True
    return max(ends) <= recording.duration_seconds + 5


def _said_note(event: EngineEvent) -> EngineNote | None:
    try:
        return read_event(str(event.payload or "").encode()).note()
    except BadAnswer:
        return None


def _said_reason(event: EngineEvent) -> str:
    try:
        return read_status(load_object(str(event.payload or "").encode())).reason
    except BadAnswer:
        return ""


def _wait_for_owner(event: EngineEvent) -> None:
    """Leave it open for when the note's id becomes known; let go after a day."""
    if timezone.now() - event.received_at < KEEP_OPEN:
        EngineEvent.objects.filter(pk=event.pk).update(look_after=timezone.now() + OWNER_WAIT)
        return
    with audited():
        _refused(event, NOBODYS)
        _done(event, None)


def _refused(event: EngineEvent, reason: str) -> None:
    record(
        "engine.result_refused", actor=SYSTEM, target=event, outcome="refused", reason=reason,
        data={"note_id": event.note_id}, **event.account.audit_context(),
    )  # fmt: skip


def _try_later(event: EngineEvent, error: EngineError) -> None:
    """Polling will fetch the note in any case; here only the hint waits."""
    if isinstance(error, NoteFailed | NoteNotFound) or (not error.retryable and not error.account_wide):
        log.warning("event could not be used", event_id=str(event.pk), code=error.code)
        with audited():
            if error.code == ANOTHER_NOTE:
                _refused(event, "The answer named another note")
            _done(event, None)
        return
    if timezone.now() - event.received_at > KEEP_OPEN:
        _done(event, None)
        return
    if error.account_wide:
        with audited():
            account_pause(event.account, error)
    tries = 1 + int((timezone.now() - event.received_at).total_seconds() // 10)
    wait = max(1.0, backoff(tries), error.retry_after_seconds or 0.0)
    EngineEvent.objects.filter(pk=event.pk).update(look_after=timezone.now() + timedelta(seconds=wait))


def _done(event: EngineEvent, submission: Submission | None) -> None:
    """Close the event; its payload goes, the row stays so that a repeated delivery is known."""
    EngineEvent.objects.filter(pk=event.pk).update(
        handled_at=timezone.now(), payload=None, submission=submission, look_after=None
    )
