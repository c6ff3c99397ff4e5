"""An integration's page tells how far it is, what it said of notes, and what somebody should look at."""

from __future__ import annotations

import json

import pytest
from joserfc.jwk import ECKey

from consent.models import AuditEvent
from notes.models import Integration
from notes.services.receipts import Said, receipt_put
from tests.admin.conftest import address
from tests.factories.encounters import EncounterFactory
from tests.factories.integrations import Caller, integration
from tests.factories.notes import NoteFactory

pytestmark = pytest.mark.django_db


def test_lag_receipts_and_failures_are_on_the_page(boss, practice, clinician) -> None:
    made, key = integration(practice)
    for _ in range(2):
        NoteFactory(encounter=EncounterFactory(practice=practice, provider=clinician), filed=True)
    here = address(Integration, "change", made.pk)
    assert "Not read yet" in boss.get(here).content.decode()
    page = Caller(key).notes(limit=1).json()
    document = made.practice.notes.order_by("filed_at").first().documents.get()
    assert page["data"][0]["id"] == str(document.note_id)
    receipt_put(integration=made, document=document, said=Said("rejected", error_code="unknown_patient"))
    shown = boss.get(here).content.decode()
    assert "Read through change 1 of 2: 1 behind" in shown
    assert "0 received, 0 filed, 1 rejected" in shown
    assert "rejected 1 note that it has not filed since" in shown


def test_keys_for_smart_are_entered_and_bad_ones_explained(boss, practice) -> None:
    form = {
        "practice": practice.pk,
        "name": "EHR",
        "scopes": ["system/*.rs"],
        "allowed_networks": "",
        "client_jwks_uri": "",
    }
    pair = ECKey.generate_key("P-384", {"kid": "one"})
    private = json.dumps({"keys": [pair.as_dict(private=True)]})
    refused = boss.post(address(Integration, "add"), {**form, "client_jwks": private}).content.decode()
    assert "is a private one" in refused
    assert Integration.objects.count() == 0
    public = json.dumps({"keys": [pair.as_dict(private=False)]})
    boss.post(address(Integration, "add"), {**form, "client_jwks": public})
    made = Integration.objects.get()
    assert made.client_jwks["keys"][0]["kid"] == "one"
    event = AuditEvent.objects.get(action="integration.created")
    assert json.loads(event.data)["keys"] == ["one"]
    inside = {**form, "client_jwks": "{}", "client_jwks_uri": "https://127.0.0.1/jwks"}
    assert (
        "public https address" in boss.post(address(Integration, "change", made.pk), inside).content.decode()
    )
