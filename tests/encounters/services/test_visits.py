from __future__ import annotations

import datetime as dt

import pytest
from django.core.exceptions import ValidationError

from consent.gate import may_record
from consent.models import AuditEvent
from consent.transitions import StaleState
from encounters.models import Recording
from encounters.selectors import consent_panel, patients_found, recording_panel
from encounters.services.encounters import (
    encounter_cancel,
    encounter_create,
    encounter_end,
    encounter_start,
    encounter_update,
)
from encounters.services.participants import participant_add, participant_answer
from encounters.services.patients import patient_create, patient_update
from encounters.services.recordings import recording_append, recording_begin
from tests.factories.encounters import EncounterFactory
from tests.factories.people import MembershipFactory, PatientFactory
from tests.fixtures_audio import wav_bytes

ANA = {"mrn": " MRN 1 ", "given_name": "Ana", "family_name": "Rivera", "birth_date": dt.date(1980, 2, 3)}


def test_a_patient_is_kept_tidily_and_the_trail_names_fields_only(practice, clinician):
    patient = patient_create(practice=practice, actor=clinician, **ANA)
    assert patient.mrn == "MRN 1"
    patient_update(patient=patient, actor=clinician, family_name="Rivera Soto")
    told = AuditEvent.objects.filter(action="patient.changed").get()
    assert told.data == '{"fields":["family_name"]}' and "Soto" not in repr(vars(told))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("mrn", ""),
        ("given_name", "x" * 200),
        ("birth_date", dt.date(2999, 1, 1)),
        ("birth_date", dt.date(1700, 1, 1)),
    ],
)
def test_a_patient_that_can_not_be_is_refused_on_the_field(practice, clinician, field, value):
    with pytest.raises(ValidationError) as refused:
        patient_create(practice=practice, actor=clinician, **{**ANA, field: value})
    assert field in refused.value.message_dict


def test_a_record_number_belongs_to_one_patient(practice, clinician):
    patient_create(practice=practice, actor=clinician, **ANA)
    other = PatientFactory(practice=practice)
    for attempt in (
        lambda: patient_create(practice=practice, actor=clinician, **ANA),
        lambda: patient_update(patient=other, actor=clinician, mrn="MRN 1"),
    ):
        with pytest.raises(ValidationError, match="medical record number"):
            attempt()


def test_a_record_number_taken_in_the_same_moment_is_explained_too(practice, clinician, monkeypatch):
    patient_create(practice=practice, actor=clinician, **ANA)
    monkeypatch.setattr("encounters.services.patients._check", lambda patient: None)
    with pytest.raises(ValidationError, match="medical record number"):
        patient_create(practice=practice, actor=clinician, **ANA)


@pytest.mark.parametrize(
    ("text", "found"),
    [("riv", 2), ("Rivera, Ana", 1), ("ana riv", 1), ("mrn-1", 1), ("%", 0), ("  ", 0), ("iver", 0)],
)
def test_patients_are_found_by_the_beginnings_of_words(practice, text, found):
    PatientFactory(practice=practice, family_name="Rivera", given_name="Ana", mrn="MRN-1")
    PatientFactory(practice=practice, family_name="Rivers", given_name="Bo", mrn="X-2")
    PatientFactory(family_name="Rivera", given_name="Ana", mrn="MRN-1")
    assert len(patients_found(practice, text)) == found


def test_a_provider_who_left_can_not_get_new_visits_but_keeps_old_ones(practice, clinician):
    left = MembershipFactory(practice=practice, active=False).user
    patient = PatientFactory(practice=practice)
    places = {"patient_location": "US-CA", "provider_location": "US-CA"}
    with pytest.raises(ValidationError, match="active provider"):
        encounter_create(patient=patient, actor=clinician, provider=left, **places)
    visit = EncounterFactory(practice=practice, provider=left)
    encounter_update(encounter=visit, actor=clinician, specialty="dentist", provider=left)
    visit.refresh_from_db()
    assert visit.specialty == "dentist"


def test_the_trail_of_a_change_holds_no_clinical_text(practice, clinician):
    visit = EncounterFactory(practice=practice)
    encounter_update(encounter=visit, actor=clinician, clinical_context={"history": "Asthma"})
    told = AuditEvent.objects.filter(action="encounter.changed").get()
    assert told.data == '{"fields":["clinical_context"]}'


def test_a_visit_starts_and_ends_once(practice, clinician):
    visit = EncounterFactory(practice=practice, status="scheduled", started_at=None, ended_at=None)
    encounter_start(encounter=visit, actor=clinician)
    encounter_end(encounter=visit, actor=clinician)
    assert visit.started_at <= visit.ended_at
    with pytest.raises(StaleState):
        encounter_start(encounter=visit, actor=clinician)


def test_cancelling_deletes_what_was_being_sent_and_leaves_the_worklist(practice, clinician, tmp_path):
    visit = EncounterFactory(practice=practice, consented=True)
    recording = recording_begin(
        encounter=visit, actor=clinician, declared_bytes=100_000, fingerprint="a" * 64
    )
    data = wav_bytes()[:50_000]
    recording_append(recording=recording, offset=0, length=len(data), chunks=[data], actor=clinician)
    encounter_cancel(encounter=visit, actor=clinician, reason="Booked by mistake")
    assert visit.get_next_step_display() == "Done"
    assert Recording.objects.get().state == "purged"
    assert not [path for path in (tmp_path / "audio").rglob("*") if path.is_file()]
    with pytest.raises(StaleState):
        encounter_update(encounter=visit, actor=clinician, specialty="dentist")


def test_somebody_who_joins_has_to_be_asked(practice, clinician):
    visit = EncounterFactory(practice=practice, consented=True)
    assert may_record(visit).allowed
    joined = participant_add(encounter=visit, role="interpreter", actor=clinician, name="I. Preter")
    assert [reason.code for reason in may_record(visit).reasons] == ["consent_missing"]
    participant_answer(participant=joined, decision="granted", method="verbal", actor=clinician)
    assert may_record(visit).allowed
    told = AuditEvent.objects.get(action="participant.added")
    assert "Preter" not in repr(vars(told))


def test_nobody_joins_a_documented_visit(practice, clinician):
    visit = EncounterFactory(practice=practice, status="documented")
    with pytest.raises(StaleState):
        participant_add(encounter=visit, role="family", actor=clinician)


def test_panels_say_who_is_missing_and_where_to_go(practice, clinician, stored_recording):
    visit = EncounterFactory(practice=practice)
    panel = consent_panel(visit)
    assert [(person.word, person.badge) for person in panel.people] == [("Not asked yet", "waiting")]
    assert panel.policy is not None and "record this visit" in panel.policy.script
    assert [script.language for script in panel.scripts] == ["en", "es"]
    assert not recording_panel(visit).may_upload
    participant_answer(
        participant=visit.participants.get(), decision="declined", method="verbal", actor=clinician
    )
    assert recording_panel(visit).declined
    participant_answer(
        participant=visit.participants.get(), decision="granted", method="verbal", actor=clinician
    )
    stored_recording(visit)
    rows = recording_panel(visit)
    assert rows.may_upload and rows.taken
    assert [(row.word, row.badge, row.length) for row in rows.rows] == [("Stored", "good", "0:06")]
