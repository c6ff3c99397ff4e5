"""Who is refused leaves a trace, and the trace tells nothing of what was asked for."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest

from consent.models import AuditEvent
from tests.factories.encounters import EncounterFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def visit(practice: Any, clinician: Any) -> Any:
    return EncounterFactory(practice=practice, provider=clinician)


def refusals() -> list[tuple[str, str, dict[str, str]]]:
    found = AuditEvent.objects.filter(action="access.refused")
    assert all(event.outcome == "refused" for event in found)
    return [(event.actor_id, event.reason, json.loads(event.data)) for event in found]


def test_a_role_that_may_not_is_noted(visit: Any, compliance_officer: Any, client_of: Any) -> None:
    assert client_of(compliance_officer).get(f"/encounters/{visit.pk}/upload/").status_code == 403
    ((actor, reason, data),) = refusals()
    assert (actor, reason, data["page"]) == (str(compliance_officer.pk), "role", "encounter-upload")


def test_an_outsider_who_tries_an_id_is_noted_in_their_own_practice(
    visit: Any, outsider: Any, client_of: Any
) -> None:
    client_of(outsider).get(f"/patients/{visit.patient_id}/")
    ((actor, reason, data),) = refusals()
    assert (actor, reason, data["pk"]) == (str(outsider.pk), "not found", str(visit.patient_id))
    event = AuditEvent.objects.get(action="access.refused")
    assert event.chain == outsider.memberships.get().practice_id
    assert (event.encounter_id, event.patient_id) == (None, None)


def test_what_is_no_refusal_is_not_noted(visit: Any, clinician: Any, client_of: Any, client: Any) -> None:
    client_of(clinician).get("/nowhere/")
    client_of(clinician).get(f"/encounters/{visit.pk}/")
    client.get(f"/encounters/{uuid.uuid4()}/")
    assert refusals() == []
