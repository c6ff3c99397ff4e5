"""Whether a submission may leave now, and if not, for which reasons."""

from __future__ import annotations

from django.conf import settings

from consent.gate import Content, Reason, may_transmit
from encounters.models import Encounter, Recording
from encounters.states import RecordingState
from notes.models import EngineAccount, Submission

NO_ACCOUNT = Reason(
    "no_engine_account",
    "The practice has no account at a note service.",
    "An administrator enters one; what is held is then sent by itself.",
)
SANDBOX_OUTSIDE_DEMO = Reason(
    "sandbox_outside_demo",
    "The practice's account is the sandbox, which is not for real patients.",
    "An administrator enters an account at SOAPNoteAPI.",
)
RECORDING_GONE = Reason(
    "recording_gone",
    "The recording is no longer stored here.",
    "Upload it again, or type a transcript or shorthand.",
)
_SENDABLE = (RecordingState.STORED, RecordingState.RELEASED)


def active_account(encounter: Encounter) -> EngineAccount | None:
    return EngineAccount.objects.filter(practice_id=encounter.practice_id, active=True).first()


def hold_reasons(submission: Submission, account: EngineAccount | None) -> list[dict[str, str]]:
    """Everything that stands against sending, as stored in ``hold_reasons``; empty when it may go."""
    if account is None:
        return [NO_ACCOUNT.as_dict()]
    found = [SANDBOX_OUTSIDE_DEMO] if account.kind == EngineAccount.Kind.SANDBOX and not settings.DEMO else []
    if (
        submission.recording_id
        and not Recording.objects.filter(pk=submission.recording_id, state__in=_SENDABLE).exists()
    ):
        found.append(RECORDING_GONE)
    content: Content = "audio" if submission.kind == Submission.Kind.AUDIO else "text"
    encounter = Encounter.objects.get(pk=submission.encounter_id)
    return [
        reason.as_dict()
        for reason in (*found, *may_transmit(encounter, account.vendor, content=content).reasons)
    ]
