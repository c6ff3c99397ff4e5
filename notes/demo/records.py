"""What an integrator tries things on: a client for SMART Backend Services, and notes of people who do not exist.

Four visits, made through the services like any other: one plain, one amended, one entered in error, and one whose
patient declined to be recorded, so that the note was written by hand.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils import timezone
from joserfc.jwk import ECKey

from config.ids import uuid7
from consent.audit import SYSTEM
from consent.services import consent_record
from encounters.models import Encounter, Patient, Practice, User
from encounters.services.encounters import encounter_create
from encounters.services.patients import patient_create
from notes.content import Content, clean_content, content_hash
from notes.models import Integration, Note
from notes.services.addenda import addendum_add
from notes.services.drafts import draft_save
from notes.services.filing import note_file
from notes.services.integrations import integration_create
from notes.services.results import note_start_by_hand
from notes.services.retraction import note_retract
from notes.services.signing import note_sign

SMART_NAME = "Demo EHR (SMART Backend Services)"


@dataclass(frozen=True)
class Story:
    mrn: str
    given_name: str
    family_name: str
    birth_date: dt.date
    sections: dict[str, str]
    consent: str = "granted"
    addendum: tuple[str, str] = ("", "")
    retracted: str = ""


STORIES = (
    Story(
        "TEST-001", "Testa", "Plain", dt.date(1971, 2, 3),
        {
            "subjective": "Follow-up of high blood pressure. Takes lisinopril 10 mg daily. No dizziness, no cough.",
            "objective": "Home readings between 124/78 and 132/84.",
            "assessment": "Hypertension, controlled.",
            "plan": "Continue lisinopril 10 mg daily. Basic metabolic panel in three months.",
        },
    ),
    Story(
        "TEST-002", "Testo", "Amended", dt.date(1988, 7, 14),
        {
            "subjective": "Itchy rash on both forearms since Sunday, after gardening. No fever.",
            "objective": "Linear vesicles on both forearms, seen on video.",
            "assessment": "Allergic contact dermatitis.",
            "plan": "Triamcinolone 0.1 % cream twice a day for one week.",
        },
        addendum=("Call of the same day: the pharmacy has the cream.", "Patient called back after the visit"),
    ),
    Story(
        "TEST-003", "Testine", "Retracted", dt.date(1990, 11, 30),
        {
            "subjective": "Sore throat for two days.",
            "objective": "Speaks in full sentences. No visible swelling of the neck.",
            "assessment": "Acute pharyngitis.",
            "plan": "Rapid strep test today. Fluids, ibuprofen 400 mg as needed.",
        },
        retracted="Written into the wrong patient's visit",
    ),
    Story(
        "TEST-004", "Testus", "Declined", dt.date(1955, 5, 9),
        {
            "subjective": "Declined to be recorded. Knee pain after long walks, better with rest.",
            "objective": "Gets up from a chair without help, seen on video.",
            "assessment": "Osteoarthritis of the knee.",
            "plan": "Physical therapy referral. Acetaminophen 500 mg up to three times a day.",
        },
        consent="declined",
    ),
)  # fmt: skip


def seed_records(practice: Practice, provider: User) -> None:
    """Make the visits that are not there yet."""
    for number, story in enumerate(STORIES):
        if not Patient.objects.filter(practice=practice, mrn=story.mrn).exists():
            _tell(story, practice, provider, timezone.now() - dt.timedelta(days=len(STORIES) - number))


def seed_smart(practice: Practice, known: dict[str, Any], base_url: str) -> dict[str, Any]:
    """A client with a key of its own, and everything that it needs to log in; kept from an earlier start."""
    there = Integration.objects.filter(pk=known.get("client_id") or uuid7(), revoked_at__isnull=True).exists()
    key = ECKey.import_key(known["private_jwk"]) if there else _new_key()
    client_id = known["client_id"] if there else _client(practice, key)
    return {
        "client_id": client_id,
        "private_jwk": key.as_dict(private=True),
        "token_url": base_url + reverse("oauth-token"),
        "fhir_url": f"{base_url}/fhir/r4",
        "scope": "system/*.rs notes:read notes:ack",
    }


def _new_key() -> ECKey:
    return ECKey.generate_key("P-384", {"kid": uuid7().hex, "alg": "ES384", "use": "sig"})


def _client(practice: Practice, key: ECKey) -> str:
    made, _ = integration_create(
        practice=practice,
        name=SMART_NAME,
        actor=SYSTEM,
        scopes=Integration.Scope.values,
        client_jwks={"keys": [key.as_dict(private=False)]},
    )
    return str(made.pk)


def _tell(story: Story, practice: Practice, provider: User, at: dt.datetime) -> None:
    patient = patient_create(
        practice=practice,
        actor=provider,
        mrn=story.mrn,
        given_name=story.given_name,
        family_name=story.family_name,
        birth_date=story.birth_date,
    )
    visit = encounter_create(
        patient=patient,
        actor=provider,
        provider=provider,
        scheduled_at=at,
        modality="video",
        patient_location=practice.state,
        provider_location=practice.state,
    )
    consent_record(
        participant=visit.participants.get(), decision=story.consent, method="verbal", actor=provider
    )
    note = _signed(visit, provider, clean_content({"sections": story.sections}))
    note_file(note=note, actor=provider)
    proof = {"attested": True, "authenticated_at": timezone.now(), "authenticated_by": "password"}
    text, reason = story.addendum
    if text:
        addendum_add(note=note, actor=provider, kind="addendum", text=text, reason=reason, **proof)  # type: ignore[arg-type]
    if story.retracted:
        note_retract(note=note, actor=provider, reason=story.retracted, **proof)  # type: ignore[arg-type]


def _signed(visit: Encounter, provider: User, content: Content) -> Note:
    note = note_start_by_hand(encounter=visit, actor=provider)
    draft_save(note=note, actor=provider, base_version=note.version, content=content)
    note.refresh_from_db()
    note_sign(
        note=note,
        actor=provider,
        version=note.version,
        content_sha256=content_hash(note.working),
        attested=True,
        authenticated_at=timezone.now(),
        authenticated_by="password",
    )
    return note
