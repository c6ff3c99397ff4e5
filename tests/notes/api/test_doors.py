"""Nothing of one practice comes out of any door for an integration of another: every address of the API and of FHIR
that a machine can ask is walked, with every id that the other practice has."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.urls import URLPattern, get_resolver

from notes.models import FiledDocument, Integration
from notes.services.exports import export_plan
from tests.factories.encounters import EncounterFactory
from tests.factories.integrations import Caller, furnish, integration
from tests.factories.notes import NoteFactory, content, retract
from tests.factories.people import PatientFactory, PracticeFactory
from tests.notes.filing.test_filing import amend

pytestmark = pytest.mark.django_db
MARK = "Zqxforeign"
ARGUMENT = re.compile(r"<(?:\w+:)?(\w+)>|\(\?P<(\w+)>[^)]*\)")
PEOPLE = ("Patient", "Practitioner", "Organization", "Encounter")
RESOURCES = ("DocumentReference", "Bundle", "Binary", "Provenance", *PEOPLE)


@pytest.fixture
def theirs() -> Any:
    """A practice with an amended and a retracted note, an export, receipts and a webhook."""
    practice = PracticeFactory(name=f"{MARK} practice")
    patient = PatientFactory(practice=practice, family_name=MARK, given_name=MARK)
    made = integration(practice, scopes=Integration.Scope.values)[0]
    notes = [
        NoteFactory(
            encounter=EncounterFactory(practice=practice, patient=patient, consented=True),
            working=content(plan=f"{MARK} plan"),
            filed=True,
        )
        for _ in range(2)
    ]
    amend(notes[0])
    retract(notes[1], reason=MARK)
    furnish(made)
    return practice, made


def ids_of(practice: Any, made: Integration) -> list[str]:
    """Everything of that practice that an address could name."""
    documents = FiledDocument.objects.filter(practice=practice).select_related("encounter")
    found = {str(practice.pk), str(made.pk)}
    for document in documents:
        found |= {
            str(document.pk), str(document.note_id), str(document.encounter_id), str(document.patient_id),
            str(document.encounter.provider_id),
        }  # fmt: skip
        found.add(str(document.renderings.first().pk))
    found |= {str(hook.pk) for hook in made.webhook_endpoints.all()}
    return sorted(found)


def routes() -> list[str]:
    def walk(resolver: Any, prefix: str = "") -> Any:
        for each in resolver.url_patterns:
            route = prefix + str(each.pattern)
            if isinstance(each, URLPattern):
                yield route
            else:
                yield from walk(each, route)

    return sorted({route for route in walk(get_resolver()) if route.startswith(("api/v1", "fhir/"))})


def fill(route: str, pk: str) -> list[str]:
    """The route with `pk` for its ids, a resource type and a number where it takes those."""
    resources = RESOURCES if re.search(r"resource|kind|type", route) and route.startswith("fhir") else ("",)
    filled = []
    for resource in resources:

        def value(match: re.Match[str], resource: str = resource) -> str:
            name = match[1] or match[2]
            if name in {"version", "number"} or "version" in name:
                return "1"
            if name in {"kind", "resource", "resource_type", "type"}:
                return resource or "pdf"
            return pk

        filled.append("/" + ARGUMENT.sub(value, route).replace("^", "").replace("$", "").replace("\\", ""))
    return filled


def test_no_door_opens_to_another_practice(practice, theirs, file_notes) -> None:
    file_notes(1)
    caller = Caller(integration(practice, scopes=Integration.Scope.values)[1])
    names = [*ids_of(*theirs), MARK]
    asked = 0
    for route in routes():
        for pk in names if ARGUMENT.search(route) else [""]:
            for path in fill(route, pk):
                for method in ("GET",) if path.startswith("/fhir") else ("GET", "POST", "PUT", "DELETE"):
                    body = caller.send(method, path, {"status": "filed"}).getvalue().decode(errors="replace")
                    assert MARK not in body, f"{method} {path}"
                    asked += 1
    assert asked > 500


def test_searches_with_the_others_ids_find_nothing(practice, theirs, file_notes) -> None:
    note = file_notes(1)[0]
    caller = Caller(integration(practice, scopes=Integration.Scope.values)[1])
    for pk in ids_of(*theirs):
        queries = [
            *(("/api/v1/notes", {name: pk}) for name in ("patient", "encounter", "provider")),
            *((f"/fhir/r4/{name}", {"_id": pk}) for name in RESOURCES),
            *(("/fhir/r4/DocumentReference", {name: pk, "_revinclude": "Provenance:target"})
              for name in ("patient", "identifier", "encounter", "_id")),
            ("/fhir/r4/Provenance", {"target": f"DocumentReference/{pk}"}),
        ]  # fmt: skip
        for path, query in queries:
            body = caller.get(path, **query).content.decode()
            assert MARK not in body, (path, query)
            assert str(note.pk) not in body, f"{path} with a foreign filter gave ours, as if it were none"


def test_an_export_holds_our_own_practice_only(practice, theirs, file_notes) -> None:
    note = file_notes(1)[0]
    key = integration(practice, scopes=Integration.Scope.values)[1]
    caller = Caller(key, Prefer="respond-async", Accept="application/fhir+json")
    started = caller.get("/fhir/r4/$export")
    assert started.status_code == 202
    status = re.sub(r"^https?://[^/]+", "", started["Content-Location"])
    export_plan(status.rstrip("/").rpartition("/")[2])
    manifest = caller.get(status).json()
    text = json.dumps(manifest)
    for output in manifest["output"]:
        answer = caller.get(re.sub(r"^https?://[^/]+", "", output["url"]))
        text += answer.getvalue().decode()
    assert str(note.pk) in text
    assert MARK not in text
    assert not any(pk in text for pk in ids_of(*theirs))
