"""The one way in for results: webhook, poll and an upload's own answer all end here, once.

The first completed note becomes the draft. Whatever comes second, or after a person has written or signed, is kept
as a superseded revision and overwrites nothing.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any
from uuid import UUID

import structlog
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone

from consent.audit import SYSTEM, audited, record
from consent.models import ConsentRecord
from consent.selectors import latest_decisions
from consent.transitions import StaleState, advance
from encounters.models import Encounter
from encounters.states import EncounterStatus, RecordingState
from notes.content import Content, clean_content, content_hash, empty_content
from notes.models import EngineAccount, Note, Revision, Submission
from notes.services.revisions import revision_make
from notes.services.settling import fail
from notes.services.worklist import refresh_next_step
from notes.soapnoteapi.errors import NoteFailed
from notes.soapnoteapi.schemas import EngineNote
from notes.states import NoteState, SubmissionState

if TYPE_CHECKING:
    from encounters.models import User

log = structlog.get_logger(__name__)
Kind = Revision.Kind
CANCELLED = "The encounter was cancelled"
WITHDRAWN = "Consent was declined or withdrawn"


def apply(*, submission_id: UUID, engine_note: EngineNote, source: str) -> Note | None:
    """Take in a note that the engine made for this submission; `source` is upload, webhook or poll.

    Idempotent: the same note twice changes nothing. Returns the encounter's note, or None when the submission was
    cancelled or its recording withdrawn, whether or not anybody was told of it: the note is refused and audited.
    """
    with audited():
        submission = _locked(submission_id)
        if submission.state == SubmissionState.CANCELLED:
            refuse(submission, note_id=engine_note.note_id, reason="The submission was cancelled")
            return None
        if submission.completed_note_id == engine_note.note_id:
            return Note.objects.get(encounter=submission.encounter_id)
        if unwanted := _unwanted(submission):
            _stop(submission, unwanted)
            refuse(submission, note_id=engine_note.note_id, reason=unwanted)
            return None
        content = content_of(engine_note)
        note, created = _note_for(submission)
        if created:
            _fill(note, submission, content, engine_note)
        else:
            _supersede(note, submission, content)
        if submission.state != SubmissionState.COMPLETED:
            _complete(submission, engine_note, source)
        refresh_next_step(submission.encounter_id)
    return note


def fail_upstream(*, submission_id: UUID, error: NoteFailed) -> None:
    """The engine gave up on this submission. Ignored once there is a result: a state never goes back."""
    with audited():
        submission = _locked(submission_id)
        if submission.state in (SubmissionState.PROCESSING, SubmissionState.UPLOADING):
            fail(submission, code=error.code, words=error.human)


def refuse(submission: Submission, *, note_id: str, reason: str) -> None:
    """Record that an answer was not taken in; none of it is kept."""
    record(
        "engine.result_refused", actor=SYSTEM, target=submission, outcome="refused", reason=reason,
        data={"note_id": note_id}, **submission.audit_context(),
    )  # fmt: skip


def note_start_by_hand(*, encounter: Encounter, actor: User) -> Note:
    """The encounter's note, started empty if there is none: for a visit that needs no engine or can't have one.

    Raises ValidationError for a cancelled encounter.
    """
    with audited():
        found = Encounter.objects.get(pk=encounter.pk)
        if found.status == EncounterStatus.CANCELLED:
            raise ValidationError("This encounter was cancelled. Open a new one to write a note.")
        note, created = Note.objects.get_or_create(
            encounter=found, purpose="soap",
            defaults={
                "practice_id": found.practice_id, "patient_id": found.patient_id, "state": NoteState.IN_REVIEW,
                "working": empty_content(),
            },
        )  # fmt: skip
        if created:
            revision = revision_make(note=note, kind=Kind.STARTED, content=empty_content(), author=actor)
            Note.objects.filter(pk=note.pk).update(current_revision=revision)
            note.current_revision = revision
            record("note.created", actor=actor, target=note, data={"by_hand": True}, **note.audit_context())
            refresh_next_step(found.pk)
    return note


def _unwanted(submission: Submission) -> str:
    """Why no note may come of it any more: the visit was cancelled, or somebody who was recorded has said no by now.
    Typed text was recorded from nobody."""
    if submission.encounter.status == EncounterStatus.CANCELLED:
        return CANCELLED
    if submission.kind != Submission.Kind.AUDIO:
        return ""
    decisions = latest_decisions(submission.encounter).values()
    said_no = any(decided.decision != ConsentRecord.Decision.GRANTED for decided in decisions)
    return WITHDRAWN if said_no else ""


def _stop(submission: Submission, reason: str) -> None:
    if submission.state == SubmissionState.COMPLETED:
        return
    advance(
        submission, SubmissionState.CANCELLED, actor=SYSTEM, reason=reason, lease=None, lease_until=None,
        next_attempt_at=None, attention=False,
    )  # fmt: skip
    refresh_next_step(submission.encounter_id)


def content_of(engine_note: EngineNote) -> Content:
    """The engine's note in the shape of notes/content.py."""
    codes = [
        {"system": code.system, "code": code.code, "description": code.description}
        for code in engine_note.billing_codes
    ]
    return clean_content(
        {
            "sections": dict(engine_note.sections),
            "billing_codes": codes,
            "patient_summary": engine_note.patient_summary,
        }
    )


def _locked(submission_id: UUID) -> Submission:
    found = Submission.objects.select_for_update(of=("self",), no_key=True).select_related(
        "account", "encounter", "recording"
    )
    return found.get(pk=submission_id)


def _is_sandbox(submission: Submission) -> bool:
    return submission.account is not None and submission.account.kind == EngineAccount.Kind.SANDBOX


def _author(submission: Submission) -> str:
    return "Sandbox (not for clinical use)" if _is_sandbox(submission) else "SOAPNoteAPI"


def _note_for(submission: Submission) -> tuple[Note, bool]:
    encounter = submission.encounter
    note, created = Note.objects.get_or_create(
        encounter=encounter, purpose="soap",
        defaults={
            "practice_id": encounter.practice_id, "patient_id": encounter.patient_id,
            "state": NoteState.IN_REVIEW, "sandbox": _is_sandbox(submission), "working": empty_content(),
        },
    )  # fmt: skip
    return (note, True) if created else (Note.objects.select_for_update(no_key=True).get(pk=note.pk), False)


def _fill(note: Note, submission: Submission, content: Content, engine_note: EngineNote) -> None:
    note.working = content
    note.transcript = [asdict(segment) for segment in engine_note.transcript] or _typed(submission)
    note.current_revision = revision_make(
        note=note,
        kind=Kind.DRAFT,
        content=content,
        author=None,
        author_label=_author(submission),
        submission=submission,
    )
    note.save(update_fields=["working", "transcript", "current_revision"])
    record(
        "note.created", actor=SYSTEM, target=note,
        data={"revision": str(note.current_revision.pk), "sandbox": note.sandbox}, **note.audit_context(),
    )  # fmt: skip


def _typed(submission: Submission) -> list[dict[str, Any]]:
    """What was typed, line by line, so that the clinician can hold the draft against it."""
    lines = (submission.text or "").splitlines()
    return [
        {"speaker": "", "start": None, "end": None, "text": line.strip()} for line in lines if line.strip()
    ]


def _supersede(note: Note, submission: Submission, content: Content) -> None:
    """Keep a late or second draft beside the note. Nothing if the same text is among the engine's drafts already."""
    digest = content_hash(content)
    drafts = note.revisions.filter(kind__in=[Kind.DRAFT, Kind.SUPERSEDED])
    if drafts.filter(content_sha256=digest).exists():
        return
    taken = drafts.filter(submission=submission).exists()
    revision = revision_make(
        note=note, kind=Kind.SUPERSEDED, content=content, author=None, author_label=_author(submission),
        submission=None if taken else submission,
    )  # fmt: skip
    record(
        "note.superseded_draft", actor=SYSTEM, target=note,
        data={"revision": str(revision.pk), "submission": str(submission.pk), "note_state": note.state},
        **note.audit_context(),
    )  # fmt: skip


def _complete(submission: Submission, engine_note: EngineNote, source: str) -> None:
    fields: dict[str, Any] = {} if submission.upstream_note_id else {"upstream_note_id": engine_note.note_id}
    advance(
        submission, SubmissionState.COMPLETED, actor=SYSTEM, action="engine.result", result=engine_note.raw,
        completed_at=timezone.now(), completed_note_id=engine_note.note_id, next_attempt_at=None, lease=None,
        lease_until=None, last_error="", last_error_code="", failing_since=None, attention=False, hold_reasons=[],
        result_tries=0,
        data={"source": source, "note_id": engine_note.note_id}, **fields,
    )  # fmt: skip
    if submission.recording is not None:
        try:
            advance(
                submission.recording,
                RecordingState.RELEASED,
                actor=SYSTEM,
                where=Q(state=RecordingState.STORED),
            )
        except StaleState:
            log.info("recording was released or deleted before", submission=str(submission.pk))
