from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.urls import reverse

from consent.audit import SYSTEM, record
from encounters.models import Patient, VendorEvent, VendorRecording
from encounters.services.capture_grants import capture_grant
from notes.models import Note
from tests.factories.consent import AgreementFactory, PolicyFactory
from tests.factories.encounters import EncounterFactory, RecordingFactory
from tests.factories.integrations import furnish as furnish_integration
from tests.factories.integrations import integration
from tests.factories.notes import NoteFactory
from tests.factories.people import UserFactory
from tests.factories.video import CallFactory
from tests.notes.filing.test_filing import amend

CLINICAL = "Left knee pain for two weeks"
SPOKEN = "What brings you in today"
ADDED = "hip pain"


def pages() -> list[type]:
    return sorted(admin.site._registry, key=lambda model: model._meta.label)


def address(model: type, page: str = "changelist", *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)  # type: ignore[attr-defined]


@pytest.fixture
def superuser(db: None) -> Any:
    return UserFactory(is_staff=True, is_superuser=True)


@pytest.fixture
def boss(client_of: Any, administrator: Any) -> Any:
    """A client signed in as the practice's administrator."""
    return client_of(administrator)


def furnish(practice: Any, provider: Any) -> Note:
    """At least one row of every model for the practice."""
    AgreementFactory(practice=practice, vendor="sandbox")
    visit = EncounterFactory(practice=practice, provider=provider, consented=True)
    RecordingFactory(encounter=visit)
    call = CallFactory(encounter=visit, connection__name=f"Video of {practice.name}")
    VendorRecording.objects.create(connection=call.connection, vendor_id="file", call=call)
    capture_grant(encounter=visit, origins=[], actor=SYSTEM)
    VendorEvent.objects.create(connection=call.connection, dedupe_key="event", kind="call_ended")
    note: Note = NoteFactory(encounter=visit, filed=True)
    amend(note)
    furnish_integration(integration(practice)[0])
    record("worklist.viewed", actor=SYSTEM, practice=practice)
    return note


@pytest.fixture
def furnished(practice: Any, clinician: Any) -> Note:
    PolicyFactory()
    return furnish(practice, clinician)


@pytest.fixture
def foreign(outsider: Any) -> Note:
    """The same for another practice, whose name, people and patients carry a mark."""
    practice = outsider.memberships.get().practice
    practice.name = "FOREIGN practice"
    practice.save()
    outsider.last_name = "FOREIGN"
    outsider.save()
    note = furnish(practice, outsider)
    Patient.objects.filter(practice=practice).update(family_name="FOREIGN", mrn="FOREIGN-1")
    return note
