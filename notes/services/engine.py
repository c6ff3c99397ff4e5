"""Our side of the engine's client: which address and key, and what is said about a visit."""

from __future__ import annotations

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone

from encounters.models import Encounter, Patient
from notes.models import EngineAccount, Submission
from notes.soapnoteapi.client import SoapNoteClient
from notes.soapnoteapi.requests import NoteOptions, VisitContext, build_metadata, build_note_request


def client_for(account: EngineAccount) -> SoapNoteClient:
    """The client of an account. Plain http and private addresses only for the sandbox of a demo deployment."""
    local = [account.base_url] if account.kind == EngineAccount.Kind.SANDBOX and settings.DEMO else []
    return SoapNoteClient(account.base_url, account.api_key, allowed_origins=local)


def audio_metadata(encounter: Encounter) -> dict[str, object]:
    """The upload's ``metadata``; raises InvalidRequest for a visit that the engine would refuse."""
    return build_metadata(
        options_of(encounter), context_of(encounter), send_patient_name=encounter.practice.send_patient_name
    )


def text_request(submission: Submission) -> dict[str, object]:
    """The body of a typed submission; raises InvalidRequest as above, and for fewer than 50 characters."""
    encounter = submission.encounter
    return build_note_request(
        submission.text or "",
        options_of(encounter),
        context_of(encounter),
        send_patient_name=encounter.practice.send_patient_name,
    )


def options_of(encounter: Encounter) -> NoteOptions:
    return NoteOptions(
        specialty=encounter.specialty,
        template=encounter.template,
        billing_codes=encounter.include_billing_codes,
        patient_summary=encounter.include_patient_summary,
        transcript=encounter.include_transcript,
    )


def context_of(encounter: Encounter) -> VisitContext:
    """What the clinician entered about the visit, and the patient's age and gender; never the record number."""
    told: dict[str, Any] = encounter.clinical_context or {}
    patient, zone = encounter.patient, ZoneInfo(encounter.practice.time_zone)
    reason = str(told.get("reason") or "")
    instructions = str(told.get("instructions") or "")
    return VisitContext(
        patient_name=patient.name,
        age=age_on(patient.birth_date, timezone.localdate(encounter.scheduled_at, zone)),
        gender="" if patient.gender == Patient.Gender.UNKNOWN else patient.gender,
        medications=_texts(told.get("medications")),
        allergies=_texts(told.get("allergies")),
        patient_history=str(told.get("history") or ""),
        custom_instructions="\n".join(
            filter(None, [reason and f"Reason for the visit: {reason}", instructions])
        ),
    )


def age_on(born: date, day: date) -> int | None:
    """Whole years, or None for somebody born after that day."""
    years = day.year - born.year - ((day.month, day.day) < (born.month, born.day))
    return years if years >= 0 else None


def _texts(value: Any) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else [str(value)] if value else []
