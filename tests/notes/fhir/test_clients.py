"""Clients that others wrote read everything."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from fhirclient import client as smart
from fhirclient.models.documentreference import DocumentReference
from fhirpy import SyncFHIRClient
from fhirpy.base.exceptions import ResourceNotFound
from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter

from tests.factories.encounters import EncounterFactory
from tests.factories.integrations import integration
from tests.factories.notes import NoteFactory
from tests.notes.filing.test_filing import amend

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.enable_socket]

# A connection that is kept would outlive the test's server.
ONE_BY_ONE = {"Connection": "close"}


class InThisProcess(HTTPAdapter):
    """Hands what a client sends to the product, without a server whose connections it would keep."""

    def send(self, request: PreparedRequest, *_: Any, **__: Any) -> Response:
        path = str(request.path_url)
        given = Client().generic(str(request.method), path, headers=dict(request.headers))
        answer = Response()
        answer.status_code, answer.url, answer.request = given.status_code, str(request.url), request
        answer.headers.update(given.headers)
        answer._content = given.content
        return answer


@pytest.fixture
def base(live_server: Any, settings: Any) -> str:
    settings.PUBLIC_BASE_URL = live_server.url
    return f"{live_server.url}/fhir/r4"


@pytest.fixture
def filed(practice: Any, clinician: Any) -> list[Any]:
    notes = [
        NoteFactory(encounter=EncounterFactory(practice=practice, provider=clinician), filed=True)
        for _ in range(7)
    ]
    amend(notes[0])
    return notes


@pytest.fixture
def token(practice: Any) -> str:
    return f"Bearer {integration(practice, scopes=('system/*.rs',))[1]}"


def test_fhirpy_counts_pages_includes_and_reads(base, filed, token) -> None:
    client = SyncFHIRClient(base, authorization=token, extra_headers=ONE_BY_ONE)
    found = client.resources("DocumentReference")
    assert found.count() == 8
    ids = [each["id"] for each in found.limit(3)]
    assert len(ids) == len(set(ids)) == len(found.limit(3).fetch_all()) == 8
    assert len(found.search(patient=str(filed[0].patient_id)).fetch()) == 2
    along = found.revinclude("Provenance", "target").limit(2).fetch_raw()
    assert [entry["search"]["mode"] for entry in along["entry"]] == ["match"] * 2 + ["include"] * 2
    assert client.reference("DocumentReference", ids[0]).to_resource()["id"] == ids[0]
    with pytest.raises(ResourceNotFound):
        client.reference("DocumentReference", "nobody").to_resource()


def test_fhirclient_reads_the_statement_pages_and_reads(base, filed, token) -> None:
    client = smart.FHIRClient(settings={"app_id": "test", "api_base": base})
    client.server.session.mount("http://", InThisProcess())
    client.server.session.headers["Authorization"] = token
    client.prepare()
    found = list(DocumentReference.where({"_count": "3"}).perform_resources_iter(client.server))
    assert len({each.id for each in found}) == 8
    one = DocumentReference.read(found[0].id, client.server)
    assert (one.status, one.docStatus) == (found[0].status, "final")
