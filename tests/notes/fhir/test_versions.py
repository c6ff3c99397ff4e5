"""What becomes of a document when the note is amended, in rows that never change."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json

import pytest
import time_machine
from django.utils import timezone

from notes.models import ChangeCounter, FhirDocument, FiledDocument
from notes.services.clock import next_stamp
from notes.services.filing import note_file
from tests.factories.encounters import EncounterFactory
from tests.factories.notes import NoteFactory
from tests.notes.fhir.acts import retract
from tests.notes.filing.test_filing import amend

pytestmark = pytest.mark.django_db


def body(row: FhirDocument) -> dict:
    return json.loads(row.body)


def test_an_amendment_replaces_and_supersedes_in_one_change() -> None:
    note = NoteFactory(filed=True)
    amend(note)
    first, second = FiledDocument.objects.order_by("version")
    filed, superseded, amended = FhirDocument.objects.order_by("position")
    assert [(row.document, row.version) for row in (filed, superseded, amended)] == [
        (first, 1), (first, 2), (second, 1),
    ]  # fmt: skip
    assert [(body(row)["status"], body(row)["docStatus"]) for row in (filed, superseded, amended)] == [
        ("current", "final"), ("superseded", "final"), ("current", "amended"),
    ]  # fmt: skip
    assert body(amended)["relatesTo"] == [
        {"code": "replaces", "target": {"reference": f"DocumentReference/{first.pk}"}}
    ]
    assert filed.updated_at < superseded.updated_at == amended.updated_at
    assert superseded.position // FhirDocument.PLACES == amended.position // FhirDocument.PLACES == 2


def test_only_status_and_version_differ_when_a_document_is_superseded() -> None:
    note = NoteFactory(filed=True)
    amend(note)
    before, after = (body(row) for row in FhirDocument.objects.order_by("position")[:2])
    assert (before["meta"]["versionId"], after["meta"]["versionId"]) == ("1", "2")
    for each in (before, after):
        del each["meta"], each["status"]
    assert before == after


def test_each_amendment_supersedes_only_the_last_one() -> None:
    note = NoteFactory(filed=True)
    for _ in range(3):
        amend(note)
    latest = FhirDocument.objects.standing().order_by("document__version")
    assert [row.status for row in latest] == ["superseded"] * 3 + ["current"]
    assert [row.version for row in latest] == [2, 2, 2, 1]


def test_a_retraction_takes_every_version_of_the_note_with_it() -> None:
    note = NoteFactory(filed=True)
    amend(note)
    before = FhirDocument.objects.count()
    retract(note)
    first, second, third = note.documents.order_by("version")
    added = FhirDocument.objects.order_by("position")[before:]
    assert [(row.document, row.version) for row in added] == [(first, 3), (second, 2), (third, 1)]
    assert {(body(row)["status"], body(row)["docStatus"]) for row in added} == {("entered-in-error",) * 2}
    assert len({row.updated_at for row in added}) == 1
    provenance = json.loads(added[2].provenance)
    assert provenance["activity"]["coding"][0]["code"] == "NULLIFY"
    assert [target["reference"] for target in provenance["target"]] == [
        f"DocumentReference/{document.pk}" for document in (third, first, second)
    ]
    assert "Device" not in json.dumps(provenance)


def test_what_counted_at_an_earlier_position_can_be_told_later() -> None:
    note = NoteFactory(filed=True)
    then = FhirDocument.objects.get().position
    amend(note)
    assert [row.status for row in FhirDocument.objects.standing(until=then)] == ["current"]
    assert FhirDocument.objects.standing(until=then).get().version == 1


def test_the_text_inside_is_the_text_that_is_served_elsewhere() -> None:
    NoteFactory(filed=True)
    text = json.loads(FiledDocument.objects.get().body)["text"].encode()
    content = body(FhirDocument.objects.get())["content"]
    attachment = content[0]["attachment"]
    assert base64.b64decode(attachment["data"]) == text
    assert attachment["size"] == len(text)
    assert base64.b64decode(attachment["hash"]) == hashlib.sha1(text).digest()
    kinds = [each["attachment"]["contentType"] for each in content]
    assert kinds == [
        "text/plain; charset=utf-8", "application/xhtml+xml", "application/pdf", "application/fhir+json",
    ]  # fmt: skip


def test_the_provenance_tells_the_clinician_from_the_engine() -> None:
    note = NoteFactory(filed=True)
    provenance = json.loads(FhirDocument.objects.get().provenance)
    roles = {
        agent["type"]["coding"][0]["code"]: agent["who"]["reference"].split("/")[0]
        for agent in provenance["agent"]
    }
    assert roles == {
        "author": "Practitioner", "verifier": "Practitioner", "assembler": "Device", "transmitter": "Organization",
    }  # fmt: skip
    draft = note.revisions.first().submission.upstream_note_id
    assert provenance["entity"][0]["what"]["identifier"]["value"] == draft
    by_hand = NoteFactory(draft=False, filed=True)
    provenance = json.loads(FhirDocument.objects.get(note=by_hand).provenance)
    assert "Device" not in json.dumps(provenance) and "entity" not in provenance


def test_times_of_a_practice_never_repeat_nor_go_back() -> None:
    practice = NoteFactory(filed=True).practice
    with time_machine.travel(timezone.now() - dt.timedelta(hours=1), tick=False):
        one, two = next_stamp(practice.pk), next_stamp(practice.pk)
        visit = EncounterFactory(practice=practice)
        document = note_file(note=NoteFactory(encounter=visit, signed=True), actor=visit.provider)
    times = [FhirDocument.objects.order_by("position").first().updated_at, one, two]
    times.append(FhirDocument.objects.get(document=document).updated_at)
    assert times == sorted(set(times))
    assert ChangeCounter.objects.get().stamped_at == times[-1]
    assert body(FhirDocument.objects.get(document=document))["meta"]["lastUpdated"] == (
        times[-1].isoformat(timespec="milliseconds").replace("+00:00", "Z")
    )
