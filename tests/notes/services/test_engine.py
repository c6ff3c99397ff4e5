"""What the clinician enters about a visit reaches the engine in the shape that its guide shows."""

from __future__ import annotations

import datetime as dt

import pytest

from notes.services.engine import audio_metadata
from tests.factories.encounters import EncounterFactory
from tests.factories.people import PatientFactory, PracticeFactory

pytestmark = pytest.mark.django_db


def test_the_metadata_of_an_upload_is_the_guides() -> None:
    practice = PracticeFactory(send_patient_name=True)
    born = dt.date(1980, 1, 1)
    patient = PatientFactory(
        practice=practice, given_name="Jane", family_name="Doe", birth_date=born, gender="female"
    )
    encounter = EncounterFactory(
        practice=practice,
        patient=patient,
        specialty="nurse_practitioner",
        scheduled_at=dt.datetime(2025, 3, 1, 12, tzinfo=dt.UTC),
        clinical_context={
            "history": "Follow-up for hypertension management.",
            "medications": ["Lisinopril 10 mg"],
            "allergies": ["Penicillin"],
        },
        template="standard",
        include_billing_codes=True,
        include_patient_summary=True,
        include_transcript=False,
    )
    assert audio_metadata(encounter) == {
        "specialty": "nurse_practitioner",
        "template": "standard",
        "context": {
            "patient_info": {
                "name": patient.name,
                "age": 45,
                "gender": "female",
                "medications": ["Lisinopril 10 mg"],
                "allergies": ["Penicillin"],
            },
            "patient_history": "Follow-up for hypertension management.",
        },
        "include_billing_codes": True,
        "include_patient_summary": True,
    }


def test_the_name_stays_here_unless_the_practice_sends_it() -> None:
    metadata = audio_metadata(EncounterFactory(practice=PracticeFactory(send_patient_name=False)))
    context = metadata["context"]
    assert isinstance(context, dict)
    assert "name" not in context["patient_info"]


def test_the_age_is_that_of_the_visits_day_where_the_practice_is() -> None:
    practice = PracticeFactory(time_zone="America/Los_Angeles")
    patient = PatientFactory(practice=practice, birth_date=dt.date(1980, 3, 2))
    evening_before = dt.datetime(2025, 3, 2, 3, tzinfo=dt.UTC)
    encounter = EncounterFactory(practice=practice, patient=patient, scheduled_at=evening_before)
    context = audio_metadata(encounter)["context"]
    assert isinstance(context, dict)
    assert context["patient_info"]["age"] == 44
