"""Bulk export: what is in it, that it stays the same, who may have it, and when it ends."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any
from urllib.parse import quote

import pytest
import time_machine
from django.utils import timezone

from consent.models import AuditEvent
from notes.api.fhir.export_files import ExportOver
from notes.models import Export, FhirDocument
from notes.services import exports
from notes.services.integrations import integration_revoke
from notes.tasks import plan_export
from tests.factories.encounters import EncounterFactory
from tests.factories.fhir import Reader
from tests.factories.notes import NoteFactory
from tests.notes.fhir.acts import retract
from tests.notes.filing.test_filing import amend

pytestmark = pytest.mark.django_db
ASYNC = {"Prefer": "respond-async"}
TYPES = {
    "DocumentReference", "Provenance", "Patient", "Encounter", "Organization", "Practitioner", "Device",
}  # fmt: skip


@pytest.fixture
def reader(practice) -> Reader:
    return Reader(practice)


@pytest.fixture
def file(practice, clinician):
    def made():
        return NoteFactory(encounter=EncounterFactory(practice=practice, provider=clinician), filed=True)

    return made


def begin(reader: Reader, path: str = "$export", **how: Any) -> str:
    """The address of the export's status."""
    answer = reader.get(path, how.get("query"), **ASYNC, **how.get("headers", {}))
    assert (answer.status_code, answer.json()["issue"][0]["severity"]) == (202, "information"), answer.content
    return str(answer["Content-Location"])


def planned(reader: Reader, path: str = "$export", **how: Any) -> dict[str, Any]:
    """The manifest."""
    status = begin(reader, path, **how)
    plan_export(status.rpartition("/")[2])
    answer = reader.get(status)
    assert answer.status_code == 200, answer.content
    return dict(answer.json())


def lines(reader: Reader, manifest: dict[str, Any], kind: str = "DocumentReference") -> list[dict[str, Any]]:
    found = []
    for output in manifest["output"]:
        if output["type"] == kind:
            answer = reader.get(output["url"])
            assert (answer.status_code, answer["Content-Type"]) == (200, "application/fhir+ndjson")
            found += [json.loads(line) for line in answer.getvalue().decode().split("\n")[:-1]]
    return found


def test_an_export_holds_everything_that_is_filed(reader, file, checker) -> None:
    notes = [file() for _ in range(3)]
    amend(notes[0])
    status = begin(reader)
    waiting = reader.get(status)
    assert (waiting.status_code, waiting["Retry-After"]) == (202, "1")
    assert waiting["X-Progress"] and waiting["Content-Location"] == status
    plan_export(status.rpartition("/")[2])
    answer = reader.get(status, None, Accept="application/json")
    manifest = answer.json()
    assert answer["Content-Type"] == "application/json" and answer["Expires"]
    assert (manifest["requiresAccessToken"], manifest["error"]) == (True, [])
    assert manifest["request"].endswith("/fhir/r4/$export")
    assert {output["type"] for output in manifest["output"]} == TYPES
    for output in manifest["output"]:
        found = lines(reader, manifest, output["type"])
        assert len(found) == output.get("count", len(found))
        assert {each["resourceType"] for each in found} == {output["type"]}
        assert not any(checker.faults(each) for each in found if output["type"] != "Device")
        assert [reader.get(f"{output['type']}/{each['id']}").json() for each in found] == found
    stored = [row.body for row in FhirDocument.objects.standing().order_by("position")]
    assert [each["id"] for each in lines(reader, manifest)] == [json.loads(body)["id"] for body in stored]


def test_what_happens_afterwards_is_in_the_next_one_and_nowhere_twice(reader, file) -> None:
    first, second = file(), file()
    before = planned(reader)
    retract(first)
    third = file()
    assert [each["status"] for each in lines(reader, before)] == ["current"] * 2
    after = planned(reader, query={"_since": before["transactionTime"]})
    assert {each["id"] for each in lines(reader, after)} == {
        *(str(each.pk) for each in first.documents.all()), str(third.documents.get().pk),
    }  # fmt: skip
    assert sorted(each["status"] for each in lines(reader, after)) == ["current", *["entered-in-error"] * 2]
    assert {each["id"] for each in lines(reader, after, "Patient")} == {
        str(first.patient_id), str(third.patient_id),
    }  # fmt: skip
    empty = planned(reader, query={"_since": after["transactionTime"]})
    assert {output["type"] for output in empty["output"]} <= {"Device"}
    assert str(second.pk) not in json.dumps(lines(reader, after))


def test_it_can_be_narrowed(reader, file) -> None:
    first, second = file(), file()
    amend(second)
    later = FhirDocument.objects.get(note=first).updated_at.isoformat(timespec="milliseconds")

    def found(**query: Any) -> set[str]:
        return {
            each["context"]["encounter"][0]["reference"]
            for each in lines(reader, planned(reader, query=query))
        }

    one, two = (f"Encounter/{note.encounter_id}" for note in (first, second))
    assert found() == {one, two}
    assert found(_typeFilter=f"DocumentReference?patient={first.patient_id}") == {one}
    assert found(_typeFilter=f"DocumentReference?_lastUpdated=gt{quote(later)}&status=current") == {two}
    either = [f"DocumentReference?encounter={note.encounter_id}&status=current" for note in (first, second)]
    assert found(_typeFilter=either) == {one, two}
    assert found(patient=f"Patient/{first.patient_id}") == {one}
    manifest = planned(reader, query={"_type": "Patient,Organization"})
    assert {output["type"] for output in manifest["output"]} == {"Patient", "Organization"}


def test_all_three_doors_and_both_ways_of_asking(reader, file, practice) -> None:
    note = file()
    expected = [str(note.documents.get().pk)]
    for path in ("$export", "Patient/$export", f"Group/{practice.pk}/$export"):
        assert [each["id"] for each in lines(reader, planned(reader, path))] == expected
        parameters = {
            "resourceType": "Parameters",
            "parameter": [
                {"name": "_type", "valueString": "DocumentReference"},
                {"name": "patient", "valueReference": {"reference": f"Patient/{note.patient_id}"}},
            ],
        }
        kind = {"content_type": "application/fhir+json"}
        answer = reader.post(path, data=None, **kind, HTTP_PREFER="respond-async")
        assert answer.status_code == 202
        answer = reader.client.post(f"/fhir/r4/{path}", json.dumps(parameters), **kind)
        plan_export(answer["Content-Location"].rpartition("/")[2])
        manifest = reader.get(answer["Content-Location"]).json()
        assert [output["type"] for output in manifest["output"]] == ["DocumentReference"]
        assert [each["id"] for each in lines(reader, manifest)] == expected


@pytest.mark.parametrize(
    "query",
    [
        "_since=yesterday", "_type=Observation", "_type=", "_outputFormat=text/csv", "_typeFilter=Patient?_id=1",
        "_typeFilter=DocumentReference?date=x", "_typeFilter=DocumentReference?color=x", "patient=Group/1",
        "includeAssociatedData=LatestProvenanceResources", "_elements=id", "_typeFilter=x",
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_refused_and_nothing_begun(reader, query) -> None:
    answer = reader.get(f"$export?{query}")
    assert (answer.status_code, answer.json()["resourceType"]) == (400, "OperationOutcome")
    assert not Export.objects.exists()


def test_a_caller_may_say_that_what_is_unknown_can_be_ignored(reader, file) -> None:
    file()
    headers = {"Prefer": "respond-async, handling=lenient"}
    answer = reader.get("$export?_elements=id&_type=Observation,Patient", None, **headers)
    assert answer.status_code == 202
    assert Export.objects.get().asked["types"] == ["Patient"]
    assert reader.get("$export?_since=x", None, **headers).status_code == 400


@pytest.mark.parametrize(
    "body", ["[]", "{", '{"parameter":[{}]}', '{"parameter":[{"name":"_type"}]}', "null"]
)
def test_a_body_that_is_no_parameters_resource_is_refused(reader, body) -> None:
    answer = reader.post("$export", data=body, content_type="application/fhir+json")
    assert (answer.status_code, answer.json()["resourceType"]) == (400, "OperationOutcome")


def test_only_who_asked_can_see_and_fetch_it(reader, file, practice) -> None:
    file()
    status = begin(reader)
    plan_export(status.rpartition("/")[2])
    url = reader.get(status).json()["output"][0]["url"]
    stranger = Reader(NoteFactory(filed=True).practice)
    for other in (Reader(practice), stranger):
        for address in (status, url):
            assert other.get(address).status_code == 404
        assert other.client.delete(status).status_code == 404
    assert reader.get(f"{url}x").status_code == 404
    assert reader.get(url.replace("/0.", "/99.")).status_code == 404
    assert stranger.get(f"Group/{practice.pk}/$export").status_code == 404


def test_it_holds_and_gives_only_what_the_scopes_allow(practice, file) -> None:
    file()
    narrow = Reader(practice, "system/Patient.rs")
    manifest = planned(narrow)
    assert {output["type"] for output in manifest["output"]} == {"Patient"}
    assert narrow.get("$export", {"_type": "DocumentReference"}).status_code == 403
    assert Reader(practice, "notes:read").get("$export").status_code == 403
    wide = Reader(practice)
    documents = next(output for output in planned(wide)["output"] if output["type"] == "DocumentReference")
    type(wide.integration).objects.filter(pk=wide.integration.pk).update(scopes=["system/Patient.rs"])
    assert wide.get(documents["url"]).status_code == 403


def test_it_ends_when_it_is_deleted_and_when_its_time_is_over(reader, file) -> None:
    file()
    status = begin(reader)
    answer = reader.client.delete(status)
    assert answer.status_code == 202
    plan_export(status.rpartition("/")[2])
    assert Export.objects.get().state == "cancelled"
    assert reader.get(status).status_code == reader.client.delete(status).status_code == 404
    status = begin(reader)
    plan_export(status.rpartition("/")[2])
    url = reader.get(status).json()["output"][0]["url"]
    with time_machine.travel(timezone.now() + exports.KEPT + dt.timedelta(seconds=1)):
        assert reader.get(status).status_code == reader.get(url).status_code == 404
        exports.exports_tend()
    assert not Export.objects.exists()


def test_a_file_that_is_cut_off_does_not_look_whole(reader, file, monkeypatch) -> None:
    monkeypatch.setattr("notes.api.fhir.export_files.BATCH", 1)
    file(), file()
    manifest = planned(reader)
    url = next(each["url"] for each in manifest["output"] if each["type"] == "DocumentReference")
    stream = iter(reader.get(url).streaming_content)
    assert next(stream)
    integration_revoke(integration=reader.integration, actor=reader.integration)
    with pytest.raises(ExportOver):
        next(stream)


def test_large_exports_come_in_several_files(reader, file, monkeypatch) -> None:
    monkeypatch.setattr(exports, "LINES", 2)
    expected = [str(file().documents.get().pk) for _ in range(5)]
    manifest = planned(reader, query={"_type": "DocumentReference"})
    assert [each["count"] for each in manifest["output"]] == [2, 2, 1]
    assert [each["id"] for each in lines(reader, manifest)] == expected


def test_a_lost_ring_is_made_good_and_a_plan_that_fails_is_given_up(reader, file, monkeypatch) -> None:
    file()
    status = begin(reader)
    exports.exports_tend()
    assert reader.get(status).status_code == 200
    broken = begin(reader)
    monkeypatch.setattr(exports, "_files", lambda *_: 1 / 0)
    for _ in range(exports.TRIES + 1):
        plan_export(broken.rpartition("/")[2])
    answer = reader.get(broken)
    assert (answer.status_code, answer.json()["resourceType"]) == (500, "OperationOutcome")
    assert "ZeroDivision" not in answer.content.decode()


def test_nobody_hoards_exports(reader, monkeypatch) -> None:
    monkeypatch.setattr(exports, "MOST_OPEN", 2)
    for _ in range(2):
        status = begin(reader)
    answer = reader.get("$export")
    assert (answer.status_code, answer["Retry-After"]) == (429, "120")
    reader.client.delete(status)
    begin(reader)


def test_the_trail_knows_what_left_the_house(reader, file) -> None:
    notes = [file(), file()]
    manifest = planned(reader, query={"_type": "DocumentReference"})
    lines(reader, manifest)
    event = AuditEvent.objects.get(action="api.fhir_exported")
    told = json.loads(event.data)
    assert told["ids"] == [f"{note.documents.get().pk}/_history/1" for note in notes]
    assert told["patients"] == sorted(str(note.patient_id) for note in notes)
    assert told["export"] in manifest["output"][0]["url"] and event.request_id
    assert AuditEvent.objects.filter(action="export.requested").count() == 1
