"""The page for integrators tells the truth: its client syncs, survives being stopped, and acknowledges."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

import pytest
from django.test import Client

from notes.demo.sync import Countersign, sync
from notes.models import Integration, Receipt
from tests.factories.encounters import EncounterFactory
from tests.factories.integrations import Caller, integration
from tests.factories.notes import NoteFactory, retract
from tests.notes.filing.test_filing import amend

pytestmark = pytest.mark.django_db


class InProcess(Countersign):
    """The client, with our own test client for a network; `breaks` counts down to a failure."""

    def __init__(self, key: str) -> None:
        super().__init__("", key)
        self.caller, self.breaks = Caller(key), -1

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        self.breaks -= 1
        if self.breaks == 0:
            raise ConnectionError
        answer = self.caller.send(method, path, body)
        assert answer.status_code < 400, answer.content
        return json.loads(answer.content)


@pytest.fixture
def api(practice) -> InProcess:
    return InProcess(integration(practice, scopes=Integration.Scope.values)[1])


def held(chart: sqlite3.Connection) -> dict[str, tuple[int, str]]:
    return {row[0]: (row[1], row[2]) for row in chart.execute("SELECT id, version, state FROM note")}


def test_the_client_keeps_up_with_amendments_and_retractions(api, practice, clinician) -> None:
    chart = sqlite3.connect(":memory:")

    def filed() -> Any:
        return NoteFactory(
            encounter=EncounterFactory(practice=practice, provider=clinician, consented=True), filed=True
        )

    first, second = filed(), filed()
    assert sync(api, chart) == 2
    amend(first)
    retract(second)
    assert sync(api, chart) == 2
    assert held(chart) == {str(first.pk): (2, "amended"), str(second.pk): (2, "entered_in_error")}
    assert sync(api, chart) == 0
    assert Receipt.objects.filter(status="filed").count() == 4


def test_stopped_anywhere_it_goes_on_where_it_was(api, file_notes) -> None:
    notes = file_notes(3)
    chart = sqlite3.connect(":memory:")
    for stop in (1, 2, 3):
        api.breaks = stop
        with pytest.raises(ConnectionError):
            sync(api, chart)
    api.breaks = -1
    sync(api, chart)
    assert set(held(chart)) == {str(note.pk) for note in notes}
    assert Receipt.objects.count() == 3


def test_the_page_shows_the_client_and_the_rules() -> None:
    schema = Client().get("/api/schema/?format=json").json()
    words = schema["info"]["description"]
    assert "def sync(api: Countersign" in words
    assert "How to sync without ever losing a note" in words


def test_bodies_with_unknown_members_are_closed_in_the_schema() -> None:
    schemas = Client().get("/api/schema/?format=json").json()["components"]["schemas"]
    assert schemas["ReceiptSent"]["additionalProperties"] is False
