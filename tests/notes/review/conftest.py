from __future__ import annotations

import time
from typing import Any

import pytest
from django.test import Client

from notes.models import Note
from tests.factories.encounters import EncounterFactory
from tests.factories.notes import NoteFactory


@pytest.fixture
def encounter(practice: Any, clinician: Any) -> Any:
    return EncounterFactory(practice=practice, provider=clinician, consented=True)


@pytest.fixture
def note(encounter: Any) -> Note:
    """A draft in review; the clinician is the treating provider."""
    return NoteFactory(encounter=encounter)


@pytest.fixture
def signed_note(encounter: Any) -> Note:
    return NoteFactory(encounter=encounter, signed=True)


@pytest.fixture
def filed_note(encounter: Any) -> Note:
    return NoteFactory(encounter=encounter, filed=True)


@pytest.fixture
def confirmed(client_of: Any) -> Any:
    """confirmed(user): a client whose user has just confirmed who they are."""

    def client_for(user: Any, *, seconds_ago: float = 0) -> Client:
        client: Client = client_of(user)
        session = client.session
        session["account_authentication_methods"] = [
            {"method": "password", "at": time.time() - seconds_ago, "reauthenticated": True}
        ]
        session["account_authentication_methods_user"] = str(user.pk)
        session.save()
        return client

    return client_for
