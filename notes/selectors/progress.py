"""Where an encounter stands on its way to a filed note, in words, with the one next step."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta

from django.urls import reverse
from django.utils import timezone

from consent.gate import may_record
from encounters.models import Encounter, Recording
from encounters.states import EncounterStatus, RecordingState
from notes.models import Note, Submission
from notes.states import FILED_NOTES, LIVE_SUBMISSIONS, NoteState, SubmissionState

OVERDUE = timedelta(minutes=15)


@dataclass(frozen=True)
class Step:
    label: str
    state: str  # done, now, bad or empty for what is still to come
    detail: str = ""


@dataclass(frozen=True)
class Progress:
    """What the status panel shows. `tone` is info, held, failed or good; `settled` ends the polling."""

    headline: str
    detail: str
    tone: str
    settled: bool
    steps: list[Step] = field(default_factory=list)
    note: Note | None = None
    submission: Submission | None = None
    recording: Recording | None = None
    reasons: list[dict[str, str]] = field(default_factory=list)
    action_label: str = ""
    action_url: str = ""
    retry_label: str = ""
    version: str = ""


def progress_of(encounter: Encounter) -> Progress:
    """Three small queries that leave every encrypted column behind."""
    note = Note.objects.filter(encounter=encounter).defer("working", "transcript").first()
    submission = _current_submission(encounter)
    recording = Recording.objects.filter(encounter=encounter).order_by("-created_at").first()
    found = _describe(encounter, note, submission, recording)
    return replace(
        found,
        steps=_steps(note, submission, recording),
        note=note,
        submission=submission,
        recording=recording,
        version=_version(encounter, note, submission, recording),
    )


def _current_submission(encounter: Encounter) -> Submission | None:
    found = list(
        Submission.objects.filter(encounter=encounter)
        .defer("text", "result")
        .order_by("-created_at", "-id")[:5]
    )
    live = [row for row in found if row.state in LIVE_SUBMISSIONS]
    return live[0] if live else (found[0] if found else None)


def _version(
    encounter: Encounter, note: Note | None, submission: Submission | None, recording: Recording | None
) -> str:
    parts = [encounter.status, str(encounter.next_step)]
    if note:
        parts += [note.state, str(note.hold_until)]
    if submission:
        parts += [
            str(submission.pk),
            submission.state,
            submission.last_error_code,
            str(len(submission.hold_reasons)),
        ]
        parts.append(str(is_overdue(submission)))
    if recording:
        parts += [str(recording.pk), recording.state]
    return "|".join(parts)


def is_overdue(submission: Submission) -> bool:
    """Processing for much longer than the engine's usual minute or two, as its guide states it."""
    started = submission.accepted_at
    late = submission.state == SubmissionState.PROCESSING and started and timezone.now() - started > OVERDUE
    return bool(late)


def _describe(
    encounter: Encounter, note: Note | None, submission: Submission | None, recording: Recording | None
) -> Progress:
    if note and note.state != NoteState.DRAFTING:
        return _about_note(note)
    if encounter.status == EncounterStatus.CANCELLED:
        return _said(
            "Cancelled", "This encounter was cancelled. Nothing is recorded or sent.", "info", settled=True
        )
    if submission and submission.state != SubmissionState.CANCELLED:
        return _about_submission(encounter, submission)
    if recording and recording.state in (RecordingState.REJECTED, RecordingState.FAILED):
        return _said(
            "The recording could not be used", recording.problem, "failed", settled=True,
            action=("Upload another recording", _url("encounter-upload", encounter)),
        )  # fmt: skip
    if recording and recording.state == RecordingState.RECEIVING:
        return _said(
            "The recording is being received",
            "If the upload stopped, choose the same file again; it goes on where it was.", "info", settled=False,
            action=("Continue the upload", _url("encounter-upload", encounter)),
        )  # fmt: skip
    if recording and recording.state == RecordingState.STORED:
        return _about_unsent(encounter, stopped=submission is not None)
    return _nothing_yet(encounter)


def _about_unsent(encounter: Encounter, *, stopped: bool) -> Progress:
    """A recording that nothing is sending: just stored, or stopped by a withdrawal that may have been a slip."""
    if not stopped:
        return _said("The recording is safe here", "It will be sent in a moment.", "info", settled=False)
    if may_record(encounter).allowed:
        said = _said(
            "The recording was not sent",
            "Sending was stopped. Everybody agrees now, and the recording is still here.", "held", settled=True,
        )  # fmt: skip
        return replace(said, retry_label="Send the recording")
    return _said(
        "The recording is not sent", "Not everybody who takes part agrees. You can type what was said instead.",
        "held", settled=True, action=("Type what was said", _url("transcript", encounter)),
    )  # fmt: skip


def _nothing_yet(encounter: Encounter) -> Progress:
    """Consent first, then the recording; words are typed where somebody said no."""
    reasons = [reason.as_dict() for reason in may_record(encounter).reasons]
    step = _step_for(encounter, reasons)
    if not reasons:
        return _said(
            "Nothing recorded yet", "Upload the recording of the visit, or type what was said.", "info", settled=True,
            action=("Upload a recording", _url("encounter-upload", encounter)),
        )  # fmt: skip
    if step == _typing(encounter):
        return _said("This visit is not recorded", "Somebody who takes part said no. Type what was said, or write the "
                     "note yourself.", "info", settled=True, action=step)  # fmt: skip
    return _said(
        "Ask for consent first", "A recording can be uploaded as soon as everybody who takes part has agreed. "
        "Without a recording, type what was said.", "info", settled=True, action=step,
    )  # fmt: skip


def _step_for(encounter: Encounter, reasons: list[dict[str, str]]) -> tuple[str, str]:
    """The act of a clinician that opens the gate, or the way round it; nothing where an administrator has to act."""
    codes = {reason["code"] for reason in reasons}
    if codes & {"consent_declined", "consent_withdrawn"}:
        return _typing(encounter)
    if codes & {"consent_missing", "consent_method", "no_patient"}:
        return ("Ask for consent", "#consent")
    return ("", "")


def _typing(encounter: Encounter) -> tuple[str, str]:
    return ("Type a transcript or shorthand", _url("transcript", encounter))


def _about_note(note: Note) -> Progress:
    where = reverse("note", args=[note.pk])
    if note.state == NoteState.IN_REVIEW:
        return _said(
            "The draft is ready for your review", "Read it against the transcript, correct it, then sign.", "good",
            settled=True, action=("Review the draft", where),
        )  # fmt: skip
    if note.state == NoteState.SIGNED:
        return _said("Signed, not yet filed", "File it to the chart, or take the signature back while you can.", "good",
                     settled=False, action=("Open the signed note", where))  # fmt: skip
    return _said("Filed to the chart", "Integrations can pull this note.", "good", settled=True,
                 action=("Open the filed note", where))  # fmt: skip


def _about_submission(encounter: Encounter, submission: Submission) -> Progress:
    state = submission.state
    if state == SubmissionState.HELD:
        said = _said("Held: nothing has been sent", "What you recorded or typed is kept here. It is sent by itself "
                     "when this clears.", "held", settled=False)  # fmt: skip
        label, url = _step_for(encounter, submission.hold_reasons)
        return replace(said, reasons=submission.hold_reasons, action_label=label, action_url=url)
    if state == SubmissionState.FAILED:
        failed = _said("No draft could be made", submission.last_error, "failed", settled=True)
        return replace(failed, retry_label="Try again")
    if state == SubmissionState.QUEUED and submission.last_error:
        return _said("Waiting to try again", f"{submission.last_error} Everything is kept; the next try comes by "
                     "itself.", "held", settled=False)  # fmt: skip
    if state == SubmissionState.PROCESSING and is_overdue(submission):
        return _said("Taking longer than usual", "The engine has the recording but has not answered. We keep asking. "
                     "You can also write the note yourself.", "held", settled=False)  # fmt: skip
    words = {
        SubmissionState.QUEUED: ("Waiting to be sent", "This takes a few seconds."),
        SubmissionState.UPLOADING: ("Being sent to the engine", "You can leave this page; the work goes on."),
        SubmissionState.PROCESSING: (
            "The note is being written",
            "This usually takes one to two minutes. You can leave this page.",
        ),
        SubmissionState.COMPLETED: ("The draft has arrived", "It opens in a moment."),
    }[SubmissionState(state)]
    return _said(*words, "info", settled=False)


def _said(
    headline: str, detail: str, tone: str, *, settled: bool, action: tuple[str, str] = ("", "")
) -> Progress:
    return Progress(
        headline=headline,
        detail=detail,
        tone=tone,
        settled=settled,
        action_label=action[0],
        action_url=action[1],
    )


def _url(name: str, encounter: Encounter) -> str:
    return reverse(name, args=[encounter.pk])


def _steps(note: Note | None, submission: Submission | None, recording: Recording | None) -> list[Step]:
    typed = submission is not None and submission.kind != Submission.Kind.AUDIO
    has_input = typed or (recording is not None and recording.stored_at is not None)
    sent = submission is not None and (
        submission.accepted_at is not None or submission.completed_at is not None
    )
    failed = submission is not None and submission.state == SubmissionState.FAILED
    signed = note is not None and note.signed_at is not None
    filed = note is not None and note.state in FILED_NOTES
    source = (
        "Recording or transcript" if not has_input else "Transcript typed" if typed else "Recording stored"
    )
    stations = {source: has_input, "Sent": sent or note is not None, "Draft received": note is not None}
    if note is not None and not has_input:
        stations = {"Written by hand": True}
    stations |= {"Signed": signed, "Filed": filed}
    steps: list[Step] = []
    for label, finished in stations.items():
        current = not finished and all(step.state == "done" for step in steps)
        state = "done" if finished else ("bad" if failed else "now") if current else ""
        steps.append(Step(label, state))
    return steps
