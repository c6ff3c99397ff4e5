"""The job that sends one submission to the engine: claim, ask the gate, stream, write down what came of it."""

from __future__ import annotations

from contextlib import closing, suppress
from datetime import timedelta
from uuid import UUID

import structlog
from django.conf import settings
from django.db import IntegrityError
from django.db.models import Q
from django.utils import timezone

from config.connections import leave_connection_usable
from config.doorbell import ring
from consent.audit import SYSTEM, audited
from consent.transitions import StaleState, advance
from encounters.services.recordings import open_recording
from notes.models import Submission
from notes.services import attempts, settling
from notes.services.attempts import Attempt, MarkedReader, RowLost
from notes.services.engine import audio_metadata, client_for, text_request
from notes.services.inbox import read_inbox_afresh
from notes.services.results import refuse
from notes.services.taking_in import take_in
from notes.services.worklist import refresh_next_step
from notes.soapnoteapi.errors import RECORDING_KEPT, EngineError, NotTakenIn, Withdrawn
from notes.soapnoteapi.schemas import EngineNote
from notes.states import SubmissionState

log = structlog.get_logger(__name__)
UNREADABLE = (
    f"The stored recording could not be read. Ask an administrator. {RECORDING_KEPT} You can type the note."
)
TAKEN_ID = (
    f"The note service named a note that belongs to another visit, so it was not used. {RECORDING_KEPT}"
)


def send(submission_id: UUID) -> None:
    """Send the submission if it is due. Does nothing, quietly, when somebody else has it or it is past that."""
    submission = _load(submission_id)
    if submission is not None and submission.state == SubmissionState.UPLOADING:
        settling.recover(submission)
        submission = _load(submission_id)
    if submission is None or not _due(submission):
        return
    if submission.answer_lost_at and not submission.upstream_note_id and submission.account_id:
        read_inbox_afresh(submission.account_id)  # the note may have been announced meanwhile
        submission = _load(submission_id)
        if submission is None or not _due(submission):
            return
    if attempts.free_places() == 0:
        return  # rung again when a place becomes free
    attempt = attempts.claim(submission)
    if attempt is not None:
        _carry_out(attempt)
        ring_next()


def ring_next(most: int | None = None) -> int:
    """Ring for the submissions that are due, as many as may be sent at once; returns how many."""
    places = attempts.free_places() if most is None else most
    if not places:
        return 0
    now = timezone.now()
    queued = Submission.objects.filter(
        Q(next_attempt_at__isnull=True) | Q(next_attempt_at__lte=now), state=SubmissionState.QUEUED
    )
    awake = queued.exclude(account__paused_until__gt=now).order_by("created_at").values_list("pk", flat=True)
    found = list(awake[:places])
    for pk in found:
        ring("notes.tasks.send", pk)
    return len(found)


def _load(submission_id: UUID) -> Submission | None:
    found = Submission.objects.select_related(
        "account", "recording", "encounter__practice", "encounter__patient"
    )
    return found.filter(pk=submission_id).first()


def _due(submission: Submission) -> bool:
    now = timezone.now()
    if submission.state != SubmissionState.QUEUED:
        return False
    if submission.next_attempt_at and submission.next_attempt_at > now:
        return False
    account = submission.account
    return not (account and account.paused_until and account.paused_until > now)


def _carry_out(attempt: Attempt) -> None:
    try:
        if attempt.submission.kind == Submission.Kind.AUDIO:
            _send_audio(attempt)
        else:
            _send_text(attempt)
    except EngineError as error:
        settling.settle(attempt, error)
    except RowLost:
        settling.record_sent(attempt, outcome="failure", code="ROW_LOST")
    except (OSError, ValueError) as broken:
        _unreadable(attempt, broken)


def _send_audio(attempt: Attempt) -> None:
    submission = attempt.submission
    recording = submission.recording
    assert recording is not None
    metadata = audio_metadata(submission.encounter)
    with closing(open_recording(recording)) as plain:
        answer = client_for(attempt.account).upload_audio(
            MarkedReader(plain, attempt),
            filename=f"{recording.pk.hex}.{recording.format or 'bin'}",
            media_type=recording.media_type or "application/octet-stream",
            metadata=metadata,
            on_progress=attempt.progress,
            should_abort=attempt.should_abort,
        )
    if _accepted(attempt, answer.note_id) and answer.note is not None:
        _take_in(submission, answer.note)


def _send_text(attempt: Attempt) -> None:
    request = text_request(attempt.submission)
    if attempt.should_abort():
        settling.settle(attempt, Withdrawn())
        return
    attempt.mark_body_sent()
    attempt.sent = len(str(request["transcript"]).encode())
    note: EngineNote = client_for(attempt.account).create_note(request)
    if _accepted(attempt, note.note_id):
        _take_in(attempt.submission, note)


def _take_in(submission: Submission, note: EngineNote) -> None:
    """What can't be stored now is fetched again by polling: the note's id is saved."""
    with suppress(NotTakenIn):
        take_in(submission_id=submission.pk, engine_note=note, source="upload")


def _accepted(attempt: Attempt, note_id: str) -> bool:
    """Save the engine's id of the note together with the state. False when the submission was stopped meanwhile."""
    now, submission = timezone.now(), attempt.submission
    # Ours, or taken back as abandoned while the answer was on its way: the id is too precious to lose.
    waiting = attempt.mine | Q(state=SubmissionState.QUEUED, upstream_note_id="")
    try:
        with audited():
            settling.record_sent(attempt, outcome="success")
            advance(
                submission, SubmissionState.PROCESSING, actor=SYSTEM, where=waiting, upstream_note_id=note_id,
                accepted_at=now, lease=None, lease_until=None, bytes_sent=attempt.sent, last_error="",
                last_error_code="", failing_since=None, attention=False, polls=0,
                next_attempt_at=now + timedelta(seconds=settings.ENGINE_FIRST_POLL_SECONDS * attempt.account.patience),
            )  # fmt: skip
            refresh_next_step(submission.encounter_id)
            ring("notes.tasks.read_inbox", attempt.account.pk)
    except IntegrityError:
        with audited():
            refuse(submission, note_id=note_id, reason="The note belongs to another submission")
            settling.fail(submission, code="NOTE_ID_TAKEN", words=TAKEN_ID, where=attempt.mine)
        return False
    except StaleState:
        _keep_id_of_stopped(attempt, note_id)
        return False
    settling.account_works(attempt.account)
    return True


def _keep_id_of_stopped(attempt: Attempt, note_id: str) -> None:
    """Withdrawn at the last moment: remember whose note it is, so that it is refused when it comes."""
    with audited():
        settling.record_sent(attempt, outcome="failure", code="STOPPED")
        Submission.objects.filter(
            pk=attempt.submission.pk, state=SubmissionState.CANCELLED, upstream_note_id=""
        ).update(upstream_note_id=note_id)


def _unreadable(attempt: Attempt, broken: Exception) -> None:
    """The audio is not where it should be, or was altered. Sending again won't help; somebody has to look."""
    leave_connection_usable()
    lost = {"answer_lost_at": timezone.now()} if attempt.body_complete else {}
    log.error(
        "recording could not be read", submission=str(attempt.submission.pk), error=type(broken).__name__
    )
    with audited():
        settling.record_sent(attempt, outcome="failure", code="UNREADABLE")
        try:
            settling.fail(
                Submission.objects.get(pk=attempt.submission.pk), code="UNREADABLE",
                words=UNREADABLE, where=attempt.mine, **lost,
            )  # fmt: skip
        except StaleState:
            return
