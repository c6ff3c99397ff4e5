"""Making, retrying, holding and cancelling submissions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

import structlog
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.db.models import Case, F, Q, When
from django.db.models.functions import Now

from config.doorbell import ring
from consent.audit import SYSTEM, Acting, audited, record
from consent.transitions import StaleState, advance
from encounters.models import Encounter, Recording
from encounters.services.ending import visit_over
from encounters.states import EncounterStatus, RecordingState
from notes.models import Note, Submission
from notes.services.holding import active_account, hold_reasons
from notes.services.worklist import refresh_next_step
from notes.soapnoteapi.errors import NotTakenIn
from notes.soapnoteapi.reading import clean
from notes.soapnoteapi.requests import SHORTEST_TRANSCRIPT
from notes.states import LIVE_SUBMISSIONS, SubmissionState

if TYPE_CHECKING:
    from encounters.models import User

log = structlog.get_logger(__name__)
LONGEST_TEXT = 200_000
TYPED = (Submission.Kind.TEXT, Submission.Kind.SHORTHAND)
# What a fresh try starts from. That an answer was lost is not forgotten: the note of the earlier try may still come.
FRESH: dict[str, Any] = {
    "attempts": 0, "polls": 0, "result_tries": 0, "next_attempt_at": None, "lease": None, "lease_until": None,
    "failing_since": None, "sent_at": None, "body_sent_at": None, "accepted_at": None, "bytes_sent": 0,
    "upstream_note_id": "", "last_error": "", "last_error_code": "", "attention": False,
    "answer_lost_at": Case(When(~Q(upstream_note_id=""), then=Now()), default=F("answer_lost_at")),
}  # fmt: skip
# Nobody will write down the answer to what is being sent when it is cancelled.
UNANSWERED = Q(state=SubmissionState.UPLOADING, body_sent_at__isnull=False)


def submission_create_for_recording(*, recording_id: UUID, actor: Acting = SYSTEM) -> Submission | None:
    """The submission of a stored recording, made once: told twice, it answers with the first.

    None for a recording that is not (or no longer) stored.
    """
    recording = Recording.objects.select_related("encounter").filter(pk=recording_id).first()
    if recording is None or recording.state != RecordingState.STORED:
        return None
    known = Submission.objects.filter(recording=recording).order_by("-created_at").first()
    if known is not None:
        return known
    fresh = Submission(encounter=recording.encounter, kind=Submission.Kind.AUDIO, recording=recording)
    try:
        return _create(fresh, actor=actor)
    except IntegrityError:  # two notices at once; the constraint let one through
        return Submission.objects.get(recording=recording, state__in=LIVE_SUBMISSIONS)


def submission_create_for_text(*, encounter: Encounter, kind: str, text: str, actor: User) -> Submission:
    """Submit a typed transcript or shorthand. Raises ValidationError, in words for the form, for too little or too
    much text, for a cancelled visit, and when a typed text is already on its way or a note exists."""
    typed = _checked_text(text)
    if kind not in TYPED:
        raise ValidationError("Say whether this is a transcript or shorthand.")
    with audited():
        # Locked, so that two clicks make one submission.
        locked = Encounter.objects.select_for_update(no_key=True).get(pk=encounter.pk)
        _check_room(locked)
        made = _create(Submission(encounter=locked, kind=kind, text=typed, created_by=actor), actor=actor)
        visit_over(encounter=locked, actor=actor, reason="Its transcript was typed")
        record(
            "transcript.typed", actor=actor, target=made, data={"kind": kind, "characters": len(typed)},
            **made.audit_context(),
        )  # fmt: skip
    return made


def submission_retry(*, submission: Submission, actor: Acting) -> Submission:
    """Send a failed one again from the start, or only fetch its note again where the engine has made it.

    Raises StaleState when it is not failed (any more), ValidationError when another submission of the same recording
    is under way."""
    if submission.last_error_code == NotTakenIn.default_code:
        return _fetch_again(submission, actor)
    with audited():
        try:
            moved = advance(
                Submission.objects.get(pk=submission.pk), SubmissionState.QUEUED, actor=actor, reason="Tried again",
                where=Q(state=SubmissionState.FAILED), **{**FRESH, "account": active_account(submission.encounter)},
            )  # fmt: skip
        except IntegrityError:
            raise ValidationError("This recording is already on its way.") from None
        _hold_or_ring(moved)
        refresh_next_step(moved.encounter_id)
    return moved


def _fetch_again(submission: Submission, actor: Acting) -> Submission:
    with audited():
        moved = advance(
            Submission.objects.get(pk=submission.pk), SubmissionState.PROCESSING, actor=actor, reason="Tried again",
            where=Q(state=SubmissionState.FAILED), result_tries=0, polls=0, next_attempt_at=Now(), lease=None,
            lease_until=None, last_error="", last_error_code="",
        )  # fmt: skip
        ring("notes.tasks.poll", moved.pk)
        refresh_next_step(moved.encounter_id)
    return moved


def recording_send_again(*, encounter: Encounter, actor: Acting) -> Submission | None:
    """Send what is stored and unsent once more: after a failure, or after a refusal that turned out to be a slip.

    None when there is nothing to send. Raises StaleState and ValidationError as ``submission_retry`` does.
    """
    tried = Submission.objects.filter(encounter=encounter).order_by("-created_at", "-id")
    if failed := tried.filter(state=SubmissionState.FAILED).first():
        return submission_retry(submission=failed, actor=actor)
    last = tried.filter(kind=Submission.Kind.AUDIO, recording__state=RecordingState.STORED).first()
    if last is None or last.state != SubmissionState.CANCELLED:
        return None
    try:
        return _create(
            Submission(encounter=last.encounter, kind=Submission.Kind.AUDIO, recording=last.recording),
            actor=actor,
        )
    except IntegrityError:
        raise ValidationError("This recording is already on its way.") from None


def submission_cancel(*, submission: Submission, actor: Acting, reason: str) -> Submission:
    """Stop it, wherever it is; an upload under way ends within two seconds. Raises StaleState once completed."""
    with audited():
        moved = advance(
            submission, SubmissionState.CANCELLED, actor=actor, reason=reason,
            lease=None, lease_until=None, next_attempt_at=None, attention=False,
            answer_lost_at=Case(When(UNANSWERED, then=Now()), default=F("answer_lost_at")),
        )  # fmt: skip
        refresh_next_step(moved.encounter_id)
    return moved


def submissions_recheck(practice_id: UUID) -> int:
    """Ask the gate again for everything the practice has on hold, oldest first; how many may go now."""
    held = Submission.objects.filter(encounter__practice_id=practice_id, state=SubmissionState.HELD)
    rows = list(held.select_related("encounter").defer("text", "result").order_by("created_at", "id"))
    return sum(submission_recheck(row) for row in rows)


def submission_recheck(submission: Submission) -> bool:
    """Release one held submission if its reasons have cleared, or note down the present ones."""
    account = active_account(submission.encounter)
    reasons = hold_reasons(submission, account)
    if reasons:
        if reasons != submission.hold_reasons:
            Submission.objects.filter(pk=submission.pk, state=SubmissionState.HELD).update(
                hold_reasons=reasons
            )
        return False
    try:
        with audited():
            advance(
                submission, SubmissionState.QUEUED, actor=SYSTEM, reason="The reasons for holding it cleared",
                hold_reasons=[], account=account, next_attempt_at=None,
            )  # fmt: skip
            refresh_next_step(submission.encounter_id)
            ring("notes.tasks.send", submission.pk)
    except StaleState:
        return False
    return True


def submissions_withdraw(encounter_id: UUID) -> int:
    """Cancel every submission of the encounter's audio that may still bring a note, after somebody declined or
    withdrew consent. A failed one may, too: late, or because somebody tries again."""
    live = Submission.objects.filter(
        encounter=encounter_id,
        kind=Submission.Kind.AUDIO,
        state__in=(*LIVE_SUBMISSIONS, SubmissionState.FAILED),
    ).select_related("encounter")
    stopped = 0
    for submission in live:
        try:
            submission_cancel(submission=submission, actor=SYSTEM, reason="Consent was declined or withdrawn")
            stopped += 1
        except StaleState:
            log.info("withdrawal came after the result", submission=str(submission.pk))
    return stopped


def _create(fresh: Submission, *, actor: Acting) -> Submission:
    with audited():
        fresh.account = active_account(fresh.encounter)
        fresh.hold_reasons = hold_reasons(fresh, fresh.account)
        fresh.state = SubmissionState.HELD if fresh.hold_reasons else SubmissionState.QUEUED
        fresh.save(force_insert=True)
        record(
            "submission.created", actor=actor, target=fresh,
            data={"kind": fresh.kind, "state": fresh.state, "reasons": _codes(fresh)}, **fresh.audit_context(),
        )  # fmt: skip
        refresh_next_step(fresh.encounter_id)
        if fresh.state == SubmissionState.QUEUED:
            ring("notes.tasks.send", fresh.pk)
    return fresh


def _hold_or_ring(submission: Submission) -> None:
    reasons = hold_reasons(submission, submission.account)
    if reasons:
        advance(
            submission, SubmissionState.HELD, actor=SYSTEM, hold_reasons=reasons, reason="The gate is shut"
        )
    else:
        ring("notes.tasks.send", submission.pk)


def _codes(submission: Submission) -> list[str]:
    return [reason["code"] for reason in submission.hold_reasons]


def _checked_text(text: str) -> str:
    typed = clean(text)
    if len(typed) < SHORTEST_TRANSCRIPT:
        raise ValidationError(
            f"The note service needs at least {SHORTEST_TRANSCRIPT} characters; this has {len(typed)}. Add a few words."
        )
    if len(text) > LONGEST_TEXT:
        raise ValidationError(f"This is longer than {LONGEST_TEXT:,} characters. Shorten it.")
    return typed


def _check_room(encounter: Encounter) -> None:
    if encounter.status == EncounterStatus.CANCELLED:
        raise ValidationError("This encounter was cancelled. Open a new one to write a note.")
    if Note.objects.filter(encounter=encounter).exists():
        raise ValidationError("This encounter already has a note. Open it and add your text there.")
    if Submission.objects.filter(encounter=encounter, kind__in=TYPED, state__in=LIVE_SUBMISSIONS).exists():
        raise ValidationError("A typed text of this encounter is already on its way. Wait for its draft.")
