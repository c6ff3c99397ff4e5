"""Single resources: versions, caching, forms, what is refused, and that everything served is good US Core."""

from __future__ import annotations

import base64
import hashlib
import json

import pytest
from django.test import Client

from consent.models import AuditEvent
from encounters.models import Encounter
from notes.fhir.filed import device_id
from notes.models import FhirDocument, Rendering
from tests.factories.encounters import EncounterFactory
from tests.factories.fhir import BASE, Reader
from tests.factories.notes import NoteFactory
from tests.notes.fhir.acts import retract
from tests.notes.filing.test_filing import amend

pytestmark = pytest.mark.django_db
NOBODY = "0193b0c1-0000-7000-8000-00000000dead"


@pytest.fixture
def note(practice, clinician):
    return NoteFactory(
        encounter=EncounterFactory(practice=practice, provider=clinician, consented=True), filed=True
    )


@pytest.fixture
def reader(practice) -> Reader:
    return Reader(practice)


@pytest.fixture
def entry(note) -> str:
    return str(note.documents.get().pk)


def test_a_document_is_read_with_its_version_and_not_sent_twice(reader, entry) -> None:
    answer = reader.get(f"DocumentReference/{entry}")
    assert (answer.status_code, answer["ETag"], answer["Cache-Control"]) == (
        200,
        'W/"1"',
        "private, no-cache",
    )
    assert answer["Content-Type"] == "application/fhir+json; charset=utf-8"
    assert answer["Last-Modified"]
    resource = answer.json()
    assert (resource["id"], resource["meta"]["versionId"]) == (entry, "1")
    for tag in ('W/"1"', '"1"', "*", 'W/"7", W/"1"'):
        again = reader.get(f"DocumentReference/{entry}", None, **{"If-None-Match": tag})
        assert (again.status_code, again.content, again["ETag"]) == (304, b"", 'W/"1"')
    assert reader.get(f"DocumentReference/{entry}", None, **{"If-None-Match": 'W/"2"'}).status_code == 200


def test_every_version_stays_readable(reader, note, entry) -> None:
    amend(note)
    retract(note)
    now = reader.get(f"DocumentReference/{entry}")
    assert (now["ETag"], now.json()["status"]) == ('W/"3"', "entered-in-error")
    statuses = [
        reader.get(f"DocumentReference/{entry}/_history/{version}").json()["status"] for version in (1, 2, 3)
    ]
    assert statuses == ["current", "superseded", "entered-in-error"]
    history = reader.get(f"DocumentReference/{entry}/_history").json()
    assert (history["type"], history["total"]) == ("history", 3)
    assert [each["resource"]["meta"]["versionId"] for each in history["entry"]] == ["3", "2", "1"]
    assert [each["request"]["method"] for each in history["entry"]] == ["PUT", "PUT", "POST"]
    assert [each["response"]["etag"] for each in history["entry"]] == ['W/"3"', 'W/"2"', 'W/"1"']


@pytest.mark.parametrize(
    "path",
    [
        f"DocumentReference/{NOBODY}", "DocumentReference/nothing.here-1", f"DocumentReference/{NOBODY}/_history",
        "DocumentReference/{entry}/_history/2", "DocumentReference/{entry}/_history/x",
        "DocumentReference/{entry}/_history/99999999999999", f"Bundle/{NOBODY}", f"Binary/{NOBODY}-pdf",
        "Binary/{entry}", "Binary/{entry}-fhir", "Binary/{entry}-text", f"Provenance/{NOBODY}",
        f"Patient/{NOBODY}", "Patient/0", f"Device/{NOBODY}", f"Group/{NOBODY}", "Observation", "", "nowhere",
    ],
)  # fmt: skip
def test_what_is_not_there_is_an_outcome(reader, entry, path) -> None:
    answer = reader.get(path.format(entry=entry))
    assert (answer.status_code, answer.json()["resourceType"]) == (404, "OperationOutcome")
    assert answer.json()["issue"][0]["code"] == "not-found"


def test_a_binary_is_its_bytes_or_a_resource_with_them(reader, entry) -> None:
    for form, media_type in (("pdf", "application/pdf"), ("xhtml", "application/xhtml+xml")):
        stored = Rendering.objects.get(document=entry, format=form).body
        raw = reader.get(f"Binary/{entry}-{form}", None, Accept=media_type)
        assert (raw.content, raw["Content-Type"]) == (stored, media_type)
        assert reader.get(f"Binary/{entry}-{form}", None, Accept="*/*").content == stored
        wrapped = reader.get(f"Binary/{entry}-{form}").json()
        assert (wrapped["resourceType"], wrapped["contentType"]) == ("Binary", media_type)
        assert base64.b64decode(wrapped["data"]) == stored
    assert reader.get(f"Binary/{entry}-pdf", None, Accept="image/png").status_code == 406


def test_attachments_lead_to_what_they_describe(reader, entry) -> None:
    content = reader.get(f"DocumentReference/{entry}").json()["content"]
    for attachment in (each["attachment"] for each in content if "url" in each["attachment"]):
        answer = reader.get(attachment["url"], None, Accept=attachment["contentType"])
        assert answer.status_code == 200
        if "hash" in attachment:
            assert base64.b64decode(attachment["hash"]) == hashlib.sha1(answer.content).digest()
            assert attachment["size"] == len(answer.content)
        else:
            assert answer.json()["type"] == "document"


def test_what_leads_to_other_resources_leads_somewhere(reader, entry) -> None:
    resource = reader.get(f"DocumentReference/{entry}").json()
    provenance = reader.get("Provenance", {"target": f"DocumentReference/{entry}"}).json()["entry"][0][
        "resource"
    ]
    references = {
        resource["subject"]["reference"], resource["custodian"]["reference"], resource["author"][0]["reference"],
        resource["context"]["encounter"][0]["reference"],
        *(agent["who"]["reference"] for agent in provenance["agent"]),
    }  # fmt: skip
    assert {each.split("/")[0] for each in references} == {
        "Patient", "Organization", "Practitioner", "Encounter", "Device",
    }  # fmt: skip
    for reference in references:
        answer = reader.get(reference)
        assert answer.status_code == 200
        assert reader.get(reference, None, **{"If-None-Match": answer["ETag"]}).status_code == 304


def test_everything_served_is_good(reader, note, entry, checker) -> None:
    amend(note)
    retract(note)
    kinds = ("DocumentReference", "Provenance", "Patient", "Practitioner", "Organization", "Encounter")
    served = {
        f"{kind}/{each['resource']['id']}": each["resource"]
        for kind in kinds
        for each in reader.entries(kind)
    }
    served |= {f"Bundle/{each}": reader.get(f"Bundle/{each.pk}").json() for each in note.documents.all()}
    faults = {name: checker.faults(resource) for name, resource in served.items()}
    assert not any(faults.values()), faults
    assert {name.split("/")[0] for name in served} == {*kinds, "Bundle"}


def test_provenance_is_found_by_what_it_is_about(reader, note, entry) -> None:
    amend(note)
    retract(note)
    about_first = reader.ids("Provenance", {"target": f"DocumentReference/{entry}"})
    activities = [
        reader.get(f"Provenance/{key}").json()["activity"]["coding"][0]["code"] for key in about_first
    ]
    assert activities == ["LA", "NULLIFY"]
    assert reader.ids("Provenance", {"_id": about_first[0]}) == about_first[:1]
    assert len(reader.ids("Provenance", {"_count": 1})) == 3
    assert reader.ids("Provenance", {"target": f"DocumentReference/{NOBODY}"}) == []
    assert reader.get("Provenance", {"target": "Patient/1"}).status_code == 400


def test_people_are_searched_by_id_and_paged(reader, note, practice, clinician) -> None:
    others = [
        NoteFactory(encounter=EncounterFactory(practice=practice, provider=clinician), filed=True)
        for _ in range(2)
    ]
    everybody = sorted(str(each.patient_id) for each in (note, *others))
    assert reader.ids("Patient", {"_count": 1}) == everybody
    assert reader.ids("Patient", {"_id": f"{everybody[0]},{NOBODY},x.y"}) == everybody[:1]
    assert reader.get("Patient", {"_summary": "count"}).json()["total"] == 3
    assert reader.get("Patient", {"_id": "a b"}).status_code == 400
    answer = reader.post("Patient/_search", {"_id": everybody[0]}).json()
    assert [each["resource"]["id"] for each in answer["entry"]] == everybody[:1]
    assert reader.ids("Device", {"_id": device_id("sandbox")}) == [device_id("sandbox")]


def test_people_are_found_by_their_numbers_and_visits_by_patient_and_date(reader, note, practice) -> None:
    other = NoteFactory(encounter=EncounterFactory(practice=practice), filed=True)
    mrn, practice_system = note.patient.mrn, f"urn:uuid:{practice.pk}"
    for value in (mrn, f"{practice_system}|{mrn}", f"{mrn},nobody"):
        assert reader.ids("Patient", {"identifier": value}) == [str(note.patient_id)]
    for value in ("nobody", f"urn:uuid:{NOBODY}|{mrn}", f"https://other.example|{mrn}"):
        assert reader.ids("Patient", {"identifier": value}) == []
    visit = str(note.encounter_id)
    assert reader.ids("Encounter", {"patient": f"Patient/{note.patient_id}"}) == [visit]
    assert reader.ids("Encounter", {"subject": str(other.patient_id)}) == [str(other.encounter_id)]
    day = note.encounter.started_at.date()
    assert visit in reader.ids("Encounter", {"date": [f"ge{day}", f"le{day}"]})
    assert reader.ids("Encounter", {"date": "lt2001"}) == []


@pytest.mark.parametrize(
    "query", ["Patient?name=Alex", "Patient?birthdate=1980", "Encounter?status=x", "Device?type=x"]
)
def test_who_asks_for_somebody_by_what_is_not_known_here_does_not_get_everybody(reader, note, query) -> None:
    assert reader.get(query).status_code == 400
    assert reader.get(query, None, Prefer="handling=lenient").status_code == 200
    assert reader.get("Patient?_totalMethod=count").status_code == 200


def test_nobody_is_seen_before_a_note_about_them_is_filed(reader, practice, clinician, note) -> None:
    visit = EncounterFactory(practice=practice, provider=clinician)
    NoteFactory(encounter=visit, signed=True)
    for kind, key in (("Patient", visit.patient_id), ("Encounter", visit.pk)):
        assert reader.get(f"{kind}/{key}").status_code == 404
        assert str(key) not in reader.ids(kind)


@pytest.mark.parametrize(
    ("scope", "allowed", "refused"),
    [
        ("system/DocumentReference.r", "DocumentReference/{entry}", "DocumentReference"),
        ("system/DocumentReference.s", "DocumentReference", "DocumentReference/{entry}"),
        ("system/Patient.rs", "Patient", "DocumentReference"),
        ("system/DocumentReference.rs", "DocumentReference/{entry}/_history", "Patient/{patient}"),
        ("system/Binary.r", "Binary/{entry}-pdf", "Bundle/{entry}"),
        ("notes:read", "metadata", "DocumentReference"),
    ],
)
def test_a_scope_opens_its_own_door(practice, note, entry, scope, allowed, refused) -> None:
    reader = Reader(practice, scope)
    path = {"entry": entry, "patient": note.patient_id}
    assert reader.get(allowed.format(**path)).status_code == 200
    answer = reader.get(refused.format(**path))
    assert (answer.status_code, answer.json()["issue"][0]["code"]) == (403, "forbidden")
    assert 'error="insufficient_scope"' in answer["WWW-Authenticate"]
    assert AuditEvent.objects.filter(action="integration.refused").exists()


def test_without_a_token_there_is_a_challenge_and_an_outcome(entry) -> None:
    for headers in ({}, {"Authorization": "Bearer nonsense"}, {"Authorization": "Basic eDp5"}):
        answer = Client(headers=headers).get(f"{BASE}/DocumentReference/{entry}")
        assert answer.status_code == 401
        assert answer["WWW-Authenticate"].startswith('Bearer realm="countersign"')
        assert answer.json()["issue"][0]["code"] == "login"


def test_other_methods_and_forms_are_refused_as_outcomes(reader, entry) -> None:
    path = f"{BASE}/DocumentReference/{entry}"
    for method in ("put", "patch", "delete", "post"):
        answer = getattr(reader.client, method)(path)
        assert (answer.status_code, answer.json()["issue"][0]["code"]) == (405, "not-supported")
    answer = reader.get(f"DocumentReference/{entry}", None, Accept="application/fhir+xml")
    assert (answer.status_code, answer.json()["resourceType"]) == (406, "OperationOutcome")
    assert reader.get(f"DocumentReference/{entry}", {"_format": "xml"}).status_code == 406
    for form in ("json", "application/json", "application/fhir+json"):
        assert reader.get(f"DocumentReference/{entry}", {"_format": form}).status_code == 200
    text = reader.get(f"DocumentReference/{entry}", None, Accept="text/html, */*;q=0.1")
    assert text.status_code == 200


def test_a_plain_connection_is_refused_where_the_site_has_tls(reader, entry, settings) -> None:
    settings.HTTPS = True
    assert reader.get(f"DocumentReference/{entry}").status_code == 403
    assert reader.get(f"DocumentReference/{entry}", None).json()["resourceType"] == "OperationOutcome"


def test_too_many_requests_are_told_when_to_come_again(reader, entry, settings) -> None:
    settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"]["integration"], kept = (
        "1/min",
        settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"]["integration"],
    )
    try:
        answers = [reader.get(f"DocumentReference/{entry}") for _ in range(2)]
    finally:
        settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"]["integration"] = kept
    assert [answer.status_code for answer in answers] == [200, 429]
    assert answers[1]["Retry-After"] and answers[1].json()["issue"][0]["code"] == "throttled"


def test_what_is_read_is_noted_and_what_is_not_there_too(reader, note, entry) -> None:
    reader.get(f"DocumentReference/{entry}")
    reader.get(f"DocumentReference/{NOBODY}")
    reader.get("Patient/Some-Name")
    found = AuditEvent.objects.filter(action="api.fhir_read").order_by("seq")
    assert [(json.loads(each.data)["ids"], each.outcome) for each in found] == [
        ([f"{entry}/_history/1"], "success"), ([NOBODY], "refused"), (["no id of ours"], "refused"),
    ]  # fmt: skip
    assert found[0].patient_id == note.patient_id


def test_the_address_is_the_servers_own_at_the_time_of_reading(reader, entry, settings) -> None:
    settings.PUBLIC_BASE_URL = "https://notes.example.org"
    text = reader.get("DocumentReference").content.decode()
    assert "base.invalid" not in text
    assert f"https://notes.example.org/fhir/r4/Binary/{entry}-pdf" in text
    assert "base.invalid" in FhirDocument.objects.get().body


def test_a_visit_says_when_and_with_whom(reader, note, clinician) -> None:
    found = reader.get(f"Encounter/{note.encounter_id}").json()
    held = Encounter.objects.get(pk=note.encounter_id)
    assert found["period"]["start"].startswith(held.started_at.strftime("%Y-%m-%dT%H:%M"))
    assert found["participant"][0]["individual"]["reference"] == f"Practitioner/{clinician.pk}"
    assert found["class"]["code"] == "VR"
