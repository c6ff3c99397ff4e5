"""The server's statement of itself is good FHIR, and everything that it claims works."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.factories.encounters import EncounterFactory
from tests.factories.fhir import BASE, Reader
from tests.factories.notes import NoteFactory
from tests.notes.fhir.checking import by_structure

pytestmark = pytest.mark.django_db
SAMPLES = {"reference": "0193b0c1-0000-7000-8000-00000000dead", "date": "ge2026-01-01", "token": "current"}


@pytest.fixture
def statement() -> dict[str, Any]:
    answer = Client().get(f"{BASE}/metadata")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/fhir+json; charset=utf-8")
    return dict(answer.json())


def test_the_statement_is_good_fhir_and_open_to_everybody(statement) -> None:
    assert by_structure(statement) == []
    assert (statement["fhirVersion"], statement["kind"]) == ("4.0.1", "instance")
    assert "instantiates" not in statement
    assert Client().get(f"{BASE}/metadata", {"_format": "xml"}).status_code == 406


@pytest.fixture
def entry(practice, clinician) -> str:
    visit = EncounterFactory(practice=practice, provider=clinician)
    return str(NoteFactory(encounter=visit, filed=True).documents.get().pk)


@pytest.fixture
def reader(practice, entry) -> Reader:
    return Reader(practice)


def test_every_parameter_that_it_claims_is_known(statement, reader) -> None:
    for claim in statement["rest"][0]["resource"]:
        asked = [(each["name"], SAMPLES[each["type"]]) for each in claim.get("searchParam", [])]
        asked += [("_include", value) for value in claim.get("searchInclude", [])]
        asked += [("_revinclude", value) for value in claim.get("searchRevInclude", [])]
        for query in asked:
            answer = reader.get(claim["type"], dict([query]), Prefer="handling=strict")
            assert answer.status_code == 200, (claim["type"], query)


def test_every_interaction_that_it_claims_works(statement, reader, entry) -> None:
    claims = {each["type"]: each for each in statement["rest"][0]["resource"]}
    can = {kind: {each["code"] for each in claim.get("interaction", [])} for kind, claim in claims.items()}
    keys = {"Bundle": entry, "Binary": f"{entry}-pdf"}
    keys |= {kind: reader.ids(kind)[0] for kind in claims if "search-type" in can[kind]}
    assert set(claims) == {*keys, "Group"}
    for kind, key in keys.items():
        assert "read" in can[kind]
        assert reader.get(f"{kind}/{key}").json()["resourceType"] == kind
    assert {kind for kind in claims if "vread" in can[kind]} == {"DocumentReference"}
    assert reader.get(f"DocumentReference/{entry}/_history/1").status_code == 200
    assert reader.get(f"DocumentReference/{entry}/_history").json()["type"] == "history"


def test_every_operation_that_it_claims_works(statement, reader, practice) -> None:
    claims = {each["type"]: each.get("operation", []) for each in statement["rest"][0]["resource"]}
    named = [(kind, each["name"]) for kind, operations in claims.items() for each in operations]
    assert sorted(named) == [("Group", "export"), ("Patient", "export")]
    assert [each["name"] for each in statement["rest"][0]["operation"]] == ["export"]
    for path in ("$export", "Patient/$export", f"Group/{practice.pk}/$export"):
        assert reader.get(path).status_code == 202


def test_smart_finds_what_it_needs() -> None:
    answer = Client().get(
        f"{BASE}/.well-known/smart-configuration", headers={"Accept": "application/fhir+xml"}
    )
    found = answer.json()
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
    assert found["token_endpoint"].endswith("/oauth/token") and found["token_endpoint"].startswith("http")
    assert found["grant_types_supported"] == ["client_credentials"]
    assert "private_key_jwt" in found["token_endpoint_auth_methods_supported"]
    assert found["token_endpoint_auth_signing_alg_values_supported"] == ["RS384", "ES384"]
    assert "S256" in found["code_challenge_methods_supported"]
    assert {"client-confidential-asymmetric", "permission-v1", "permission-v2"} <= set(found["capabilities"])
    assert "system/DocumentReference.rs" in found["scopes_supported"]
