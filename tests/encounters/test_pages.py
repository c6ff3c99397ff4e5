from __future__ import annotations

from encounters.models import Encounter, Patient
from tests.factories.encounters import EncounterFactory
from tests.factories.people import MembershipFactory, PatientFactory

PATIENT = {
    "do": "create",
    "mrn": "MRN-7",
    "given_name": "Ana",
    "family_name": "Rivera",
    "birth_date": "1980-02-03",
    "gender": "female",
}
VISIT = {
    "scheduled_at": "2026-11-22T09:30",
    "modality": "video",
    "visit_kind": "general",
    "patient_location": "US-CA",
    "provider_location": "US-NV",
    "specialty": "physician",
    "reason": "Cough",
    "medications": "Lisinopril 10 mg\n\n  Metformin 500 mg ",
    "allergies": "Penicillin",
    "template": "standard",
    "include_transcript": "on",
}


def test_a_visit_is_booked_from_an_unknown_patient_to_its_page(client_of, clinician, practice):
    client = client_of(clinician)
    assert client.get("/encounters/new/").status_code == 200
    to_visit = client.post("/encounters/new/", PATIENT)
    assert to_visit.status_code == 302
    assert client.get(to_visit.url).status_code == 200
    done = client.post(to_visit.url, {**VISIT, "provider": clinician.pk})
    visit = Encounter.objects.get()
    assert done.url == f"/encounters/{visit.pk}/"
    assert visit.clinical_context["medications"] == ["Lisinopril 10 mg", "Metformin 500 mg"]
    # The practice is in California: half past nine there.
    assert visit.scheduled_at.isoformat() == "2026-11-22T17:30:00+00:00"
    assert [person.role for person in visit.participants.all()] == ["patient"]


def test_names_are_searched_without_entering_an_address(client_of, clinician, practice):
    PatientFactory(practice=practice, family_name="Rivera", given_name="Ana")
    PatientFactory(family_name="Rivera", given_name="Elsewhere")
    answer = client_of(clinician).post("/encounters/new/", {"do": "search", "query": "riv an"})
    text = answer.content.decode()
    assert "Rivera, Ana" in text and "Elsewhere" not in text
    assert answer.status_code == 200 and "?query" not in text


def test_a_taken_record_number_is_explained_and_everything_typed_stays(client_of, clinician, practice):
    PatientFactory(practice=practice, mrn="MRN-7")
    answer = client_of(clinician).post("/encounters/new/", PATIENT)
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "has this medical record number" in text and "Rivera" in text
    assert Patient.objects.filter(practice=practice).count() == 1


def test_the_same_record_number_is_free_in_another_practice(client_of, clinician):
    PatientFactory(mrn="MRN-7")
    assert client_of(clinician).post("/encounters/new/", PATIENT).status_code == 302


def test_an_invalid_visit_keeps_what_was_typed(client_of, clinician, practice):
    patient = PatientFactory(practice=practice)
    data = {**VISIT, "provider": clinician.pk, "scheduled_at": "", "template": "No Such"}
    answer = client_of(clinician).post(f"/encounters/new/?patient={patient.pk}", data)
    assert answer.status_code == 422
    assert "Lisinopril 10 mg" in answer.content.decode()
    assert not Encounter.objects.exists()


def test_a_provider_of_another_practice_can_not_be_chosen(client_of, clinician, outsider, practice):
    patient = PatientFactory(practice=practice)
    data = {**VISIT, "provider": outsider.pk}
    assert client_of(clinician).post(f"/encounters/new/?patient={patient.pk}", data).status_code == 422


def test_a_visit_is_changed(client_of, assistant, clinician, practice):
    visit = EncounterFactory(practice=practice, provider=clinician, clinical_context={"history": "Asthma"})
    page = client_of(assistant).get(f"/encounters/{visit.pk}/edit/")
    assert "Asthma" in page.content.decode()
    data = {**VISIT, "provider": clinician.pk, "history": "Asthma since childhood"}
    assert client_of(assistant).post(f"/encounters/{visit.pk}/edit/", data).status_code == 302
    visit.refresh_from_db()
    assert visit.clinical_context["history"] == "Asthma since childhood"


def test_somebody_in_two_practices_chooses(client_of, clinician, practice):
    other = MembershipFactory(user=clinician).practice
    client = client_of(clinician)
    assert other.name in client.get("/encounters/new/").content.decode()
    assert client.get(f"/encounters/new/?practice={other.pk}").status_code == 200
    assert client.get("/encounters/new/?practice=nonsense").status_code == 404


def test_a_documented_visit_is_not_changed(client_of, clinician, practice):
    visit = EncounterFactory(practice=practice, provider=clinician, status="documented")
    answer = client_of(clinician).post(f"/encounters/{visit.pk}/edit/", {**VISIT, "provider": clinician.pk})
    assert answer.status_code == 409


def test_compliance_sees_no_form_with_clinical_text(client_of, compliance_officer, practice):
    visit = EncounterFactory(practice=practice)
    client = client_of(compliance_officer)
    for path in ("edit/", "upload/"):
        assert client.get(f"/encounters/{visit.pk}/{path}").status_code == 403
    assert client.get("/encounters/new/").status_code == 403
