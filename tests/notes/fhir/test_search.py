"""What a search finds, in which order, and what it refuses."""

from __future__ import annotations

import datetime as dt
import json
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from consent.models import AuditEvent
from notes.models import ChangeCounter, FhirDocument
from notes.services.integrations import integration_revoke
from tests.factories.encounters import EncounterFactory
from tests.factories.fhir import Reader
from tests.factories.notes import NoteFactory
from tests.notes.fhir.acts import retract
from tests.notes.filing.test_filing import amend

pytestmark = pytest.mark.django_db
DOCUMENTS = "DocumentReference"


@pytest.fixture
def reader(practice) -> Reader:
    return Reader(practice)


@pytest.fixture
def file(practice, clinician):
    def made(**visit):
        visit = EncounterFactory(practice=practice, provider=clinician, consented=True, **visit)
        return NoteFactory(encounter=visit, filed=True)

    return made


def document(note) -> str:
    return str(note.documents.order_by("-version").first().pk)


def test_everything_comes_in_the_order_of_filing_whatever_the_size_of_pages(reader, file) -> None:
    expected = [document(file()) for _ in range(5)]
    for count in (1, 2, 5, 1000, 5000):
        assert reader.ids(DOCUMENTS, {"_count": count}) == expected


def test_every_parameter_finds_what_it_says(reader, file, practice) -> None:
    then = dt.datetime(2026, 3, 4, 15, 0, tzinfo=dt.UTC)
    one = file(started_at=then, ended_at=then + dt.timedelta(minutes=20), template="consult")
    two = file()
    amend(two)
    first, second = document(one), document(two)
    old = str(two.documents.order_by("version").first().pk)
    updated = FhirDocument.objects.get(document=first).updated_at
    later = (updated + dt.timedelta(milliseconds=1)).isoformat(timespec="milliseconds")
    expected = {
        ("patient", f"Patient/{one.patient_id}"): [first],
        ("patient", f"{one.patient_id},{two.patient_id}"): [first, old, second],
        ("patient:Patient", str(one.patient_id)): [first],
        ("subject", f"http://127.0.0.1:8000/fhir/r4/Patient/{one.patient_id}"): [first],
        ("_id", f"{first},{second}"): [first, second],
        ("identifier", f"urn:ietf:rfc:3986|urn:uuid:{first}"): [first],
        ("identifier", f"urn:uuid:{two.pk}"): [old, second],
        ("identifier", "https://ehr.example|17"): [],
        ("status", "current"): [first, second],
        ("status", "superseded,entered-in-error"): [old],
        ("status", "http://hl7.org/fhir/document-reference-status|superseded"): [old],
        ("category", "clinical-note"): [first, old, second],
        ("category", "http://loinc.org|LP1"): [],
        ("type", "http://loinc.org|11488-4"): [first],
        ("type", "11506-3"): [old, second],
        ("type", "http://loinc.org|"): [first, old, second],
        ("type", "http://snomed.info/sct|11506-3"): [],
        ("date", f"ge{one.filed_at.year}"): [first, old, second],
        ("date", "lt2020-01-01"): [],
        ("period", "2026-03-04"): [first],
        ("period", "gt2026-03-05"): [old, second],
        ("period", "2026-03-04T15:10:00Z"): [],
        ("period", "ap2026-03-04T15:10:00Z"): [first],
        ("encounter", f"Encounter/{one.encounter_id}"): [first],
        ("_lastUpdated", f"lt{later}"): [first],
        ("_lastUpdated", f"gt{updated.isoformat(timespec='milliseconds')}"): [old, second],
        ("_lastUpdated", f"sa{updated.isoformat(timespec='milliseconds').replace('+', ' ')}"): [old, second],
    }
    found = {asked: reader.ids(DOCUMENTS, dict([asked])) for asked in expected}
    assert found == expected


def test_several_parameters_and_repeated_ones_are_all_meant(reader, file) -> None:
    one, two = file(), file()
    both = {"patient": one.patient_id, "status": "current"}
    assert reader.ids(DOCUMENTS, both) == [document(one)]
    assert reader.ids(DOCUMENTS, {"patient": [one.patient_id, two.patient_id]}) == []
    window = {"date": ["ge2020-01-01", "lt2020-02-01"]}
    assert reader.ids(DOCUMENTS, window) == []


def test_a_search_by_post_is_the_same_search(reader, file) -> None:
    one, _two = file(), file()
    page = reader.post(f"{DOCUMENTS}/_search", {"patient": str(one.patient_id), "_count": "1"}).json()
    assert [entry["resource"]["id"] for entry in page["entry"]] == [document(one)]
    assert dict(parse_qsl(urlsplit(page["link"][0]["url"]).query))["patient"] == str(one.patient_id)


@pytest.mark.parametrize(
    "content_type", ["application/json", "multipart/form-data; boundary=x", "text/plain"]
)
def test_a_form_that_is_none_is_refused_and_not_taken_for_a_search_for_everything(
    reader, content_type
) -> None:
    answer = reader.post(f"{DOCUMENTS}/_search", data="patient=1", content_type=content_type)
    assert (answer.status_code, answer.json()["resourceType"]) == (415, "OperationOutcome")
    assert reader.post("Patient/_search", data="_id=1", content_type=content_type).status_code == 415


@pytest.mark.parametrize(
    "query",
    [
        "date=yesterday", "date=2026-13", "date=2026-02-30", "date=ge", "date=9999", "date=", "_lastUpdated=xx2026",
        "period=2026-01-01T25:00:00Z", "patient=Group/1", "patient=a b", "patient=", "patient:Device=1",
        "status=final", "status:not=current", "type=|", "encounter=Patient/1", "_id=a_b", "_count=-1", "_count=ten",
        "_count=", "_total=maybe", "_summary=text", "identifier=", "date=2026-01-01,", "_cursor=x", "_cursor=%00",
        "identifier=%00", "type=a%00", "status=%00", "category=%00", "date=%00",
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_by_name_and_never_ignored(reader, file, query) -> None:
    file()
    answer = reader.get(f"{DOCUMENTS}?{query}")
    assert (answer.status_code, answer["Content-Type"].split(";")[0]) == (400, "application/fhir+json")
    issue = answer.json()["issue"][0]
    assert issue["severity"] == "error" and query.partition("=")[0] in issue["diagnostics"]


def test_more_parameters_than_anybody_needs_are_refused(reader, file) -> None:
    file()
    answer = reader.get(f"{DOCUMENTS}?{'&'.join(['status=current'] * 1001)}")
    assert (answer.status_code, answer.json()["resourceType"]) == (400, "OperationOutcome")
    assert reader.get(DOCUMENTS, {"_id": ",".join(["x"] * 201)}).status_code == 400
    assert reader.get("Patient?identifier=%00").status_code == 400
    big = reader.post(f"{DOCUMENTS}/_search", data="status=" + "x" * 6_000_000)
    assert (big.status_code, big.json()["resourceType"]) == (400, "OperationOutcome")


def test_what_is_unknown_is_ignored_and_not_echoed_unless_the_caller_is_strict(reader, file) -> None:
    note = file()
    query = {
        "status": "current",
        "_totalMethod": "count",
        "facility": "x",
        "_revinclude": "Observation:subject",
    }
    page = reader.get(DOCUMENTS, query).json()
    assert [entry["resource"]["id"] for entry in page["entry"]] == [document(note)]
    assert parse_qsl(urlsplit(page["link"][0]["url"]).query) == [("status", "current")]
    for name in set(query) - {"status"}:
        answer = reader.get(DOCUMENTS, {name: query[name]}, Prefer="handling=strict")
        assert answer.status_code == 400 and name in answer.json()["issue"][0]["diagnostics"]


def test_a_total_is_counted_only_when_asked_for(reader, file) -> None:
    for _ in range(3):
        file()
    assert "total" not in reader.get(DOCUMENTS).json()
    assert reader.get(DOCUMENTS, {"_total": "accurate", "_count": 1}).json()["total"] == 3
    for query in ({"_count": 0}, {"_summary": "count"}):
        page = reader.get(DOCUMENTS, query).json()
        assert (page["total"], "entry" in page) == (3, False)


def test_a_cursor_serves_one_search_of_one_practice(reader, file, practice) -> None:
    notes = [file() for _ in range(3)]
    link = reader.get(DOCUMENTS, {"_count": 1, "status": "current"}).json()["link"][1]["url"]
    cursor = dict(parse_qsl(urlsplit(link).query))["_cursor"]
    assert reader.get(DOCUMENTS, {"_cursor": cursor}).status_code == 400
    assert reader.get(DOCUMENTS, {"_cursor": cursor, "status": "superseded"}).status_code == 400
    stranger = NoteFactory(filed=True)
    assert Reader(stranger.practice).get(link).status_code == 400
    assert Reader(practice).get(link).status_code == 200
    bigger = {"_cursor": cursor, "status": "current", "_count": 500}
    assert reader.ids(DOCUMENTS, bigger) == [document(note) for note in notes[1:]]
    ChangeCounter.objects.filter(practice=practice).update(value=0)
    assert reader.get(link).status_code == 400


def test_a_key_that_is_revoked_in_mid_pull_gets_nothing_more(reader, file) -> None:
    for _ in range(2):
        file()
    link = reader.get(DOCUMENTS, {"_count": 1}).json()["link"][1]["url"]
    integration_revoke(integration=reader.integration, actor=reader.integration)
    answer = reader.get(link)
    assert (answer.status_code, answer.json()["issue"][0]["code"]) == (401, "login")
    assert 'error="invalid_token"' in answer["WWW-Authenticate"]


def test_a_note_retracted_in_mid_page_comes_again_as_what_it_is_now(reader, file) -> None:
    notes = [file() for _ in range(4)]
    first = reader.get(DOCUMENTS, {"_count": 2}).json()
    retract(notes[0])
    retract(notes[3])
    rest = list(reader.entries(first["link"][1]["url"]))
    last = {entry["resource"]["id"]: entry["resource"]["status"] for entry in [*first["entry"], *rest]}
    for note in (notes[0], notes[3]):
        assert {last[str(each.pk)] for each in note.documents.all()} == {"entered-in-error"}
    assert {last[document(note)] for note in notes[1:3]} == {"current"}
    # What was retracted before its page came is never shown as current.
    assert "current" not in [
        e["resource"]["status"] for e in rest if e["resource"]["id"] == document(notes[3])
    ]


def test_provenance_and_people_come_along_when_asked_for(reader, file, practice) -> None:
    note = file()
    amend(note)
    query = {
        "_revinclude": "Provenance:target",
        "_include": [f"DocumentReference:{name}" for name in ("patient", "encounter", "author", "custodian")],
    }
    entries = list(reader.entries(DOCUMENTS, query))
    kinds = [(entry["search"]["mode"], entry["resource"]["resourceType"]) for entry in entries]
    assert kinds == [
        ("match", "DocumentReference"), ("match", "DocumentReference"), ("include", "Provenance"),
        ("include", "Provenance"), ("include", "Patient"), ("include", "Encounter"), ("include", "Organization"),
        ("include", "Practitioner"),
    ]  # fmt: skip
    for entry in entries:
        resource = entry["resource"]
        assert entry["fullUrl"].endswith(f"/fhir/r4/{resource['resourceType']}/{resource['id']}")
        assert reader.get(entry["fullUrl"]).json() == resource


def test_what_comes_along_needs_its_own_scope(practice, file) -> None:
    file()
    narrow = Reader(practice, "system/DocumentReference.rs")
    assert narrow.get(DOCUMENTS).status_code == 200
    for query in ({"_revinclude": "Provenance:target"}, {"_include": "DocumentReference:patient"}):
        answer = narrow.get(DOCUMENTS, query)
        assert answer.status_code == 403 and "scope" in answer["WWW-Authenticate"]


def test_a_page_leaves_one_event_with_versions_and_patients(reader, file) -> None:
    notes = [file(), file()]
    reader.get(DOCUMENTS)
    reader.get(DOCUMENTS, {"status": "superseded"})
    event = AuditEvent.objects.get(action="api.fhir_searched")
    assert json.loads(event.data) == {
        "resource": DOCUMENTS,
        "ids": [f"{document(note)}/_history/1" for note in notes],
        "patients": sorted(str(note.patient_id) for note in notes),
    }
    assert (event.actor_id, event.request_id != "", event.address) == (
        str(reader.integration.pk), True, "127.0.0.1",
    )  # fmt: skip


def test_a_page_costs_the_same_queries_however_long_and_however_deep(reader, file) -> None:
    for _ in range(6):
        file()
    reader.get(DOCUMENTS, {"_count": 1})

    def queries(path: str, query: dict | None = None) -> int:
        with CaptureQueriesContext(connection) as seen:
            assert reader.get(path, query).status_code == 200
        return len(seen)

    deep = reader.get(DOCUMENTS, {"_count": 5}).json()["link"][1]["url"]
    assert queries(DOCUMENTS, {"_count": 1}) == queries(DOCUMENTS, {"_count": 500}) == queries(deep) - 1
