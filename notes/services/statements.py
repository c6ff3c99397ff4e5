"""What the filed note says of consent and of the visit's circumstances: rendered from the records, never typed.

Places, modality, participants and times are what payers and licensing boards ask of a telehealth note (Mid-Atlantic
Telehealth Resource Center); the consent sentence names who agreed, how, when and to which script.
"""

from __future__ import annotations

import zoneinfo
from datetime import datetime

from consent.models import ConsentRecord
from consent.selectors import latest_decisions
from encounters.models import Encounter, Participant, Recording
from encounters.places import US_STATES

D = ConsentRecord.Decision
_ANSWERS = {
    D.GRANTED: "agreed to the recording",
    D.DECLINED: "declined the recording",
    D.WITHDRAWN: "withdrew consent",
}
_LANGUAGES = {"en": "English", "es": "Spanish"}


def consent_statement(encounter: Encounter) -> str:
    """Who said what to being recorded, as recorded."""
    decided = latest_decisions(encounter)
    people = list(encounter.participants.all())
    if not people:
        return "Nobody was asked for consent to recording."
    sentences = [_answer(person, decided.get(person.pk), _zone(encounter)) for person in people]
    if not Recording.objects.filter(encounter=encounter, stored_at__isnull=False).exists():
        sentences.append("The visit was not recorded.")
    return " ".join(sentences)


def telehealth_statement(encounter: Encounter) -> str:
    """Modality, places, people and times of a visit at a distance; empty for one in person."""
    if encounter.modality == Encounter.Modality.IN_PERSON:
        return ""
    zone = _zone(encounter)
    kind = "video" if encounter.modality == Encounter.Modality.VIDEO else "telephone"
    patient, provider = _place(encounter.patient_location), _place(encounter.provider_location)
    people = ", ".join(person.get_role_display().lower() for person in encounter.participants.all())
    began, ended = encounter.started_at, encounter.ended_at
    times = (
        f"It began at {_when(began, zone)}."
        if began
        else f"Scheduled for {_when(encounter.scheduled_at, zone)}."
    )
    if ended:
        times += f" It ended at {_when(ended, zone)}."
    return (
        f"Telehealth visit by {kind}, the patient in {patient}, the provider in {provider}. "
        f"Taking part besides the provider: {people or 'nobody'}. {times}"
    )


def _answer(person: Participant, record: ConsentRecord | None, zone: zoneinfo.ZoneInfo) -> str:
    who = f"The {person.get_role_display().lower()}"
    if record is None:
        return f"{who} was not asked for consent to recording."
    script = f", script {record.script_version}" if record.script_version else ""
    language = _LANGUAGES.get(record.language, record.language)
    how = f"{record.get_method_display().lower()}{script}, {language}"
    return f"{who} {_ANSWERS[D(record.decision)]} ({how}; {_when(record.decided_at, zone)})."


def _place(code: str) -> str:
    return US_STATES.get(code, code)


def _zone(encounter: Encounter) -> zoneinfo.ZoneInfo:
    return zoneinfo.ZoneInfo(encounter.practice.time_zone)


def _when(moment: datetime, zone: zoneinfo.ZoneInfo) -> str:
    return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M %Z")


def statements_of(encounter: Encounter) -> dict[str, str]:
    """Both statements, as of now; the telehealth one is left out where it says nothing."""
    said = {"telehealth": telehealth_statement(encounter), "consent": consent_statement(encounter)}
    return {name: text for name, text in said.items() if text}
