from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache

from notes.models import Integration
from tests.factories.encounters import EncounterFactory
from tests.factories.integrations import Caller, integration
from tests.factories.notes import NoteFactory


@pytest.fixture(autouse=True)
def _fresh_limits() -> None:
    cache.clear()


@pytest.fixture
def key(practice: Any) -> str:
    return integration(practice)[1]


@pytest.fixture
def ours(practice: Any, key: str) -> Integration:
    return Integration.objects.get(practice=practice)


@pytest.fixture
def caller(key: str) -> Caller:
    return Caller(key)


@pytest.fixture
def file_notes(practice: Any, clinician: Any) -> Any:
    """file_notes(3): that many filed notes of ours, in the order of filing."""

    def made(count: int) -> list[Any]:
        return [
            NoteFactory(
                encounter=EncounterFactory(practice=practice, provider=clinician, consented=True), filed=True
            )
            for _ in range(count)
        ]

    return made


@pytest.fixture
def foreign_note(db: None) -> Any:
    return NoteFactory(filed=True)
