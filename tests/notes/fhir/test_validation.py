"""Every kind of note that is filed makes good US Core resources, and the checks are worth something."""

from __future__ import annotations

import json
from typing import Any

import pytest

from notes.fhir import people
from notes.models import FhirDocument, FiledDocument, Note, Rendering, Revision
from notes.services.filing import note_file
from notes.services.revisions import revision_make
from tests.factories.encounters import EncounterFactory, RecordingFactory
from tests.factories.notes import NoteFactory, SubmissionFactory, content, sign
from tests.factories.people import MembershipFactory, PracticeFactory
from tests.notes.fhir.acts import retract
from tests.notes.filing.test_filing import amend

pytestmark = pytest.mark.django_db
NPI = "1234567893"


def documents(note: Note) -> list[dict[str, Any]]:
    forms = Rendering.objects.filter(document__note=note, format="fhir")
    assert len(forms) == note.documents.count()
    return [json.loads(form.body) for form in forms]


def stored(note: Note) -> list[dict[str, Any]]:
    """Everything that readers can get about the note: each version, each Provenance, each document and who is in it."""
    rows = FhirDocument.objects.filter(note=note)
    found = [json.loads(text) for row in rows for text in (row.body, row.provenance) if text]
    for document in note.documents.all():
        given = json.loads(document.body)
        found += [
            people.patient(given["patient"], given["organization"]),
            people.practitioner(given["signed_by"]),
            people.organization(given["organization"]),
            people.encounter(given["encounter"], given["patient"]["id"], given["organization"]["id"]),
            people.device("sandbox"),
        ]
    return found + documents(note)


def visit(**fields: Any) -> Any:
    practice = PracticeFactory(npi=NPI)
    member = MembershipFactory(practice=practice, credentials="MD", npi=NPI)
    return EncounterFactory(practice=practice, provider=member.user, consented=True, **fields)


def progress() -> Note:
    return NoteFactory(encounter=visit(), filed=True)


def consult() -> Note:
    note = NoteFactory(encounter=visit(template="consult"), filed=True)
    assert FhirDocument.objects.get(note=note).type_code == "11488-4"
    return note


def amended() -> Note:
    note = progress()
    amend(note)
    amend(note)
    return note


def retracted() -> Note:
    note = amended()
    retract(note)
    latest = FhirDocument.objects.standing().filter(note=note)
    assert {row.status for row in latest} == {"entered-in-error"}
    return note


def from_audio() -> Note:
    """The draft came of a recording; `progress` is of typed text."""
    place = visit()
    heard = SubmissionFactory(
        encounter=place, kind="audio", text=None, recording=RecordingFactory(encounter=place), completed=True
    )
    note = NoteFactory(draft=False, encounter=place)
    note.current_revision = revision_make(
        note=note,
        kind=Revision.Kind.DRAFT,
        content=note.working,
        author=None,
        author_label="SOAPNoteAPI",
        submission=heard,
    )
    note.save(update_fields=["current_revision"])
    note_file(note=sign(note), actor=place.provider)
    assert json.loads(note.documents.get().body)["provenance"]["source"] == "audio"
    return note


def by_hand() -> Note:
    return NoteFactory(draft=False, encounter=visit(modality="in_person"), filed=True)


def by_telephone() -> Note:
    return NoteFactory(encounter=visit(modality="audio", started_at=None, ended_at=None), filed=True)


def labelled() -> Note:
    place = visit()
    place.practice.label_ai_drafts = True
    place.practice.save()
    note = NoteFactory(encounter=place, filed=True)
    assert all(each["meta"]["security"][0]["code"] == "AIAST" for each in documents(note))
    return note


def without_numbers() -> Note:
    """No NPI, one with a wrong check digit, no credentials."""
    practice = PracticeFactory(npi="1111111111")
    provider = MembershipFactory(practice=practice, npi="").user
    return NoteFactory(encounter=EncounterFactory(practice=practice, provider=provider), filed=True)


def odd_text() -> Note:
    odd = {"subjective": "<script>x</script> & \x0b\x1b ]]> Ελένη 𝛼 \u202e", "objective": "", "plan": "\n \n"}
    return NoteFactory(encounter=visit(), working=content(**odd), filed=True)


def long_text() -> Note:
    return NoteFactory(encounter=visit(), working=content(subjective="Schmerz – 痛み.\n" * 8000), filed=True)


@pytest.mark.parametrize(
    "kind",
    [
        progress,
        from_audio,
        consult,
        amended,
        retracted,
        by_hand,
        by_telephone,
        labelled,
        without_numbers,
        odd_text,
        long_text,
    ],
    ids=lambda kind: kind.__name__,
)
def test_every_kind_of_note_is_good(checker, kind) -> None:
    resources = stored(kind())
    faults = {f"{place} {each['resourceType']}": checker.faults(each) for place, each in enumerate(resources)}
    assert not any(faults.values()), faults
    assert {"DocumentReference", "Provenance", "Bundle"} < {each["resourceType"] for each in resources}


def test_the_checks_pass_the_good_samples_and_find_every_broken_one(checker, shared_fhir) -> None:
    missed, faults = set(), {}
    for path in sorted((shared_fhir / "samples").glob("*.json")):
        found = checker.faults(json.loads(path.read_text()))
        if path.name.startswith("00-"):
            # The sample names no profile, on which the validator insists.
            faults[path.stem] = [each for each in found if "enforced profile" not in each]
        elif not found:
            missed.add(path.stem)
    assert not any(faults.values()), faults
    assert missed == set()


def test_the_row_keeps_what_searches_ask_for() -> None:
    note = progress()
    document, row = FiledDocument.objects.get(), FhirDocument.objects.get()
    assert (row.document, row.note, row.patient, row.encounter) == (
        document,
        note,
        note.patient,
        note.encounter,
    )
    assert (row.version, row.status, row.type_code) == (1, "current", "11506-3")
    assert row.position == FhirDocument.position_of(document.change_number, 0)
    assert json.loads(row.body)["date"].startswith(document.filed_at.strftime("%Y-%m-%dT%H:%M:%S"))
