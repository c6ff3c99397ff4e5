"""Telehealth platforms make patients and encounters, and bind calls: once each, whatever is sent twice."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from consent.models import AuditEvent
from encounters.models import Call, Encounter, Patient
from notes.api import problems
from notes.models import IdempotentRequest
from notes.services.idempotency import forget_old_requests
from tests.factories.encounters import EncounterFactory
from tests.factories.integrations import integration
from tests.factories.people import PatientFactory
from tests.factories.video import VideoConnectionFactory
from tests.notes.api.test_protocol import assert_problem

pytestmark = pytest.mark.django_db
ALEX = {"mrn": "000417", "given_name": "Alex", "family_name": "Example", "birth_date": "1980-05-17"}


class Platform:
    def __init__(self, key: str) -> None:
        self.client = Client(headers={"Authorization": f"Bearer {key}"}, raise_request_exception=False)

    def post(self, path: str, content: Any, **headers: str) -> Any:
        body = content if isinstance(content, bytes | str) else json.dumps(content)
        return self.client.post(f"/api/v1/{path}", body, content_type="application/json", headers=headers)


@pytest.fixture
def platform(practice: Any) -> Platform:
    return Platform(integration(practice, scopes=("encounters:write",))[1])


def pointers(answer: Any) -> list[str]:
    return [error["pointer"] for error in answer.json()["errors"]]


def test_a_patient_an_encounter_and_its_call_are_made(platform, practice, clinician) -> None:
    connection = VideoConnectionFactory(practice=practice)
    patient = platform.post("patients", ALEX)
    assert patient.status_code == 201
    booked = platform.post(
        "encounters",
        {
            "patient": patient.json()["id"],
            "provider": clinician.email.upper(),
            "scheduled_at": "2026-11-20T15:00:00Z",
            "clinical_context": {"reason": "Knee pain", "medications": ["Ibuprofen 400 mg"]},
        },
    )
    assert booked.status_code == 201, booked.content
    told = booked.json()
    assert told["status"] == "scheduled"
    assert [reason["code"] for reason in told["may_record"]["reasons"]] == ["consent_missing"]
    encounter = Encounter.objects.get(pk=told["id"])
    assert (encounter.provider, encounter.patient_location) == (clinician, practice.state)
    assert encounter.clinical_context["medications"] == ["Ibuprofen 400 mg"]
    bound = platform.post(
        f"encounters/{encounter.pk}/calls", {"connection": str(connection.pk), "external_id": "RM1"}
    )
    assert bound.status_code == 201
    assert bound.json()["callback_url"].endswith(f"/hooks/recordings/{connection.pk}/")
    assert Call.objects.get().encounter == encounter
    events = AuditEvent.objects.filter(actor_kind="integration").values_list("action", flat=True)
    assert {"patient.created", "encounter.created", "call.bound"} <= set(events)


def test_the_engine_hears_of_the_context_that_a_platform_sent(platform, practice, clinician) -> None:
    patient = PatientFactory(practice=practice)
    answer = platform.post(
        "encounters",
        {
            "patient": str(patient.pk),
            "provider": str(clinician.pk),
            "clinical_context": {"history": "Asthma"},
        },
    )
    assert Encounter.objects.get(pk=answer.json()["id"]).clinical_context["history"] == "Asthma"


def test_the_same_patient_again_is_found_and_another_with_their_number_is_a_conflict(platform) -> None:
    first = platform.post("patients", ALEX)
    again = platform.post("patients", ALEX)
    assert (again.status_code, again.json()) == (200, first.json())
    other = platform.post("patients", {**ALEX, "family_name": "Another"})
    assert_problem(other, problems.CONFLICT)
    assert pointers(other) == ["/family_name"]
    assert "Example" not in other.content.decode()
    assert Patient.objects.count() == 1


def test_a_repeated_request_with_its_key_gets_the_same_answer_and_acts_once(
    platform, practice, clinician
) -> None:
    patient = PatientFactory(practice=practice)
    wanted = {"patient": str(patient.pk), "provider": str(clinician.pk)}
    first = platform.post("encounters", wanted, **{"Idempotency-Key": "visit-1"})
    again = platform.post("encounters", wanted, **{"Idempotency-Key": "visit-1"})
    assert (again.status_code, again.json()) == (201, first.json())
    assert again["Idempotency-Replayed"] == "true"
    assert Encounter.objects.count() == 1
    differs = platform.post("encounters", {**wanted, "modality": "audio"}, **{"Idempotency-Key": "visit-1"})
    assert_problem(differs, problems.IDEMPOTENCY_CONFLICT)
    assert platform.post("encounters", wanted).json()["id"] != first.json()["id"]


def test_a_refused_request_leaves_its_key_free(platform) -> None:
    key = {"Idempotency-Key": "patient-1"}
    assert platform.post("patients", {**ALEX, "birth_date": "1066-10-14"}, **key).status_code == 400
    assert platform.post("patients", ALEX, **key).status_code == 201


def test_keys_of_two_integrations_are_apart_and_old_ones_are_forgotten(platform, practice, outsider) -> None:
    theirs = outsider.memberships.get().practice
    stranger = Platform(integration(theirs, scopes=("encounters:write",))[1])
    key = {"Idempotency-Key": "patient-1"}
    assert platform.post("patients", ALEX, **key).status_code == 201
    assert stranger.post("patients", ALEX, **key).status_code == 201
    assert Patient.objects.count() == 2
    assert forget_old_requests() == 0
    IdempotentRequest.objects.update(created_at="2026-01-01T00:00:00Z")
    assert forget_old_requests() == 2


@pytest.mark.parametrize(
    ("content", "at"),
    [
        ({**ALEX, "birth_date": "17/05/1980"}, ["/birth_date"]),
        ({**ALEX, "birth_date": "1066-10-14"}, ["/birth_date"]),
        ({**ALEX, "colour": "red"}, ["/colour"]),
        ({"mrn": "", "given_name": "A" * 101}, ["/mrn", "/given_name", "/family_name", "/birth_date"]),
    ],
)
def test_wrong_fields_are_named(platform, content, at) -> None:
    answer = platform.post("patients", content)
    assert_problem(answer, problems.INVALID_BODY)
    assert pointers(answer) == at
    assert not Patient.objects.exists()


@pytest.mark.parametrize("body", ["", "{", "[]", '"text"', "null", b"\xff\xfe", "{" * 5000])
def test_what_is_no_json_object_is_refused(platform, body) -> None:
    assert_problem(platform.post("patients", body), problems.INVALID_BODY)


def test_forms_and_large_bodies_are_refused(platform) -> None:
    form = platform.client.post("/api/v1/patients", "a=b", content_type="application/x-www-form-urlencoded")
    assert_problem(form, problems.UNSUPPORTED_MEDIA_TYPE)
    assert_problem(platform.post("patients", {**ALEX, "mrn": "x" * 300_000}), problems.INVALID_BODY)


def test_other_practices_patients_providers_connections_and_encounters_do_not_exist(
    platform, practice, clinician, outsider
) -> None:
    theirs = outsider.memberships.get().practice
    ours, patient = EncounterFactory(practice=practice), PatientFactory(practice=practice)
    stranger = platform.post(
        "encounters",
        {"patient": str(PatientFactory(practice=theirs).pk), "provider": str(clinician.pk)},
    )
    assert pointers(stranger) == ["/patient"]
    for provider in (str(outsider.pk), outsider.email, "nobody"):
        answer = platform.post("encounters", {"patient": str(patient.pk), "provider": provider})
        assert pointers(answer) == ["/provider"]
    connection = VideoConnectionFactory(practice=theirs)
    wanted = {"connection": str(connection.pk), "external_id": "RM1"}
    assert pointers(platform.post(f"encounters/{ours.pk}/calls", wanted)) == ["/connection"]
    theirs_visit = EncounterFactory(practice=theirs)
    assert_problem(platform.post(f"encounters/{theirs_visit.pk}/calls", wanted), problems.NOT_FOUND)
    assert_problem(platform.client.get(f"/api/v1/encounters/{theirs_visit.pk}"), problems.NOT_FOUND)


def test_a_call_belongs_to_one_encounter(platform, practice) -> None:
    connection = VideoConnectionFactory(practice=practice)
    first, second = EncounterFactory.create_batch(2, practice=practice)
    wanted = {"connection": str(connection.pk), "external_id": "RM1"}
    made = platform.post(f"encounters/{first.pk}/calls", wanted)
    again = platform.post(f"encounters/{first.pk}/calls", wanted)
    assert (made.status_code, again.status_code, again.json()) == (201, 200, made.json())
    assert_problem(platform.post(f"encounters/{second.pk}/calls", wanted), problems.CONFLICT)
    assert pointers(platform.post(f"encounters/{first.pk}/calls", {**wanted, "external_id": "a b"})) == [
        "/external_id"
    ]


def test_an_encounter_tells_whether_it_may_be_recorded_and_nothing_clinical(platform, practice) -> None:
    visit = EncounterFactory(practice=practice, consented=True, clinical_context={"reason": "Zqxreason"})
    answer = platform.client.get(f"/api/v1/encounters/{visit.pk}")
    assert answer.json()["may_record"] == {"allowed": True, "reasons": []}
    assert "Zqxreason" not in answer.content.decode()


def test_a_key_without_the_scope_may_not(practice) -> None:
    reader = Platform(integration(practice, scopes=("notes:read",))[1])
    assert_problem(reader.post("patients", ALEX), problems.INSUFFICIENT_SCOPE)
