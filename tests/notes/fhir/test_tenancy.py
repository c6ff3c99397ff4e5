"""An integration of one practice sees nothing of another through any door: one walk through them all."""

from __future__ import annotations

import json
from typing import Any

import pytest

from notes.models import FhirDocument
from notes.tasks import plan_export
from tests.factories.encounters import EncounterFactory
from tests.factories.fhir import Reader
from tests.factories.notes import NoteFactory, content
from tests.factories.people import MembershipFactory, PatientFactory, PracticeFactory
from tests.notes.fhir.acts import retract
from tests.notes.filing.test_filing import amend

pytestmark = pytest.mark.django_db
KINDS = ("DocumentReference", "Provenance", "Patient", "Practitioner", "Organization", "Encounter")
INCLUDES = ("patient", "subject", "encounter", "author", "authenticator", "custodian")


class House:
    """A practice in which every word is marked."""

    def __init__(self, mark: str) -> None:
        self.mark = mark
        self.practice = PracticeFactory(name=f"{mark} practice")
        member = MembershipFactory(practice=self.practice, credentials="MD")
        member.user.last_name = f"{mark}-doctor"
        member.user.save()
        patient = PatientFactory(practice=self.practice, family_name=f"{mark}-family", mrn=f"{mark}-1")
        visit = EncounterFactory(practice=self.practice, provider=member.user, patient=patient)
        self.note = NoteFactory(encounter=visit, working=content(plan=f"{mark}-plan"), filed=True)
        amend(self.note)
        other = EncounterFactory(practice=self.practice, provider=member.user, patient=patient)
        retract(NoteFactory(encounter=other, working=content(plan=f"{mark}-plan"), filed=True))
        self.reader = Reader(self.practice)

    @property
    def keys(self) -> dict[str, Any]:
        row = FhirDocument.objects.filter(note=self.note, version=1).earliest("position")
        return {
            "document": row.document_id,
            "provenance": row.pk,
            "patient": row.patient_id,
            "encounter": row.encounter_id,
            "practitioner": self.note.encounter.provider_id,
            "practice": self.practice.pk,
            "note": self.note.pk,
        }


@pytest.fixture
def houses() -> tuple[House, House]:
    return House("Zqxours"), House("Zqxtheirs")


def doors(of: House) -> list[tuple[str, dict[str, Any]]]:
    """Every way to ask for something of that practice, by its ids and without."""
    key = of.keys
    entry = key["document"]
    single = [
        f"DocumentReference/{entry}", f"DocumentReference/{entry}/_history", f"DocumentReference/{entry}/_history/1",
        f"Bundle/{entry}", f"Binary/{entry}-pdf", f"Binary/{entry}-xhtml", f"Provenance/{key['provenance']}",
        f"Patient/{key['patient']}", f"Encounter/{key['encounter']}", f"Practitioner/{key['practitioner']}",
        f"Organization/{key['practice']}", f"Group/{key['practice']}/$export",
    ]  # fmt: skip
    filters = {
        "patient": key["patient"], "subject": f"Patient/{key['patient']}", "_id": entry, "encounter": key["encounter"],
        "identifier": f"urn:uuid:{key['note']}", "status": "current,superseded,entered-in-error",
    }  # fmt: skip
    along = {
        "_revinclude": "Provenance:target",
        "_include": [f"DocumentReference:{name}" for name in INCLUDES],
    }
    searches = [("DocumentReference", {name: value, **along}) for name, value in filters.items()]
    searches += [(kind, {}) for kind in KINDS] + [("DocumentReference", along)]
    searches += [
        ("Provenance", {"target": f"DocumentReference/{entry}"}),
        ("Provenance", {"_id": key["provenance"]}),
    ]
    searches += [("Patient", {"_id": key["patient"]}), ("Patient", {"identifier": f"{of.mark}-1"})]
    searches += [("Encounter", {"patient": key["patient"]}), ("Practitioner", {"_id": key["practitioner"]})]
    return [(path, {}) for path in single] + searches


def exported(reader: Reader, **query: Any) -> str:
    status = reader.get("$export", query)["Content-Location"]
    plan_export(status.rpartition("/")[2])
    answer = reader.get(status)
    files = [reader.get(output["url"]).getvalue().decode() for output in answer.json()["output"]]
    return answer.content.decode() + "".join(files)


def test_no_door_leads_into_the_other_practice(houses) -> None:
    ours, theirs = houses
    for path, query in doors(theirs):
        answer = ours.reader.get(path, query)
        told = {name: value for name, value in answer.json().items() if name != "link"}  # the question itself
        assert "Zqxtheirs" not in json.dumps(told), f"{path} {query}"
        if not query and "/" in path:
            assert answer.status_code == 404, path
        else:
            assert not any(str(key) in json.dumps(told) for key in theirs.keys.values())
    for query in ({}, {"patient": f"Patient/{theirs.keys['patient']}"}):
        found = exported(ours.reader, **query)
        assert "Zqxtheirs" not in found
    assert "Zqxours" in exported(ours.reader)


def test_control_the_same_doors_are_open_to_their_own(houses) -> None:
    _, theirs = houses
    for path, query in doors(theirs):
        answer = theirs.reader.get(path, query)
        assert answer.status_code in {200, 202}, path
        assert answer.json().get("entry", True), f"{path} {query} finds nothing, so it proves nothing"
    assert "Zqxtheirs-family" in exported(theirs.reader)
