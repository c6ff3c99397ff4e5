from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from consent.models import AuditEvent
from tests.factories.encounters import EncounterFactory
from tests.factories.notes import NoteFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def filed(practice: Any, clinician: Any) -> Any:
    return NoteFactory(
        encounter=EncounterFactory(practice=practice, provider=clinician, consented=True), filed=True
    )


def test_the_chart_shows_what_is_filed_and_no_draft(
    filed: Any, practice: Any, clinician: Any, client_of: Any
) -> None:
    visit = EncounterFactory(practice=practice, provider=clinician, patient=filed.patient, consented=True)
    draft = NoteFactory(encounter=visit)
    page = client_of(clinician).get(f"/patients/{filed.patient_id}/").content.decode()
    assert f"/notes/{filed.pk}/" in page
    assert f"/notes/{draft.pk}/" not in page
    assert f"/encounters/{visit.pk}/" in page


def test_opening_a_chart_is_audited(filed: Any, clinician: Any, client_of: Any) -> None:
    client_of(clinician).get(f"/patients/{filed.patient_id}/")
    event = AuditEvent.objects.get(action="patient.viewed")
    assert (event.actor_id, event.patient_id) == (str(clinician.pk), filed.patient_id)


@pytest.mark.parametrize(
    ("who", "status"),
    [("colleague", 200), ("compliance_officer", 200), ("administrator", 404), ("outsider", 404)],
)
def test_who_may_open_it(
    filed: Any, client_of: Any, who: str, status: int, request: pytest.FixtureRequest
) -> None:
    assert client_of(request.getfixturevalue(who)).get(f"/patients/{filed.patient_id}/").status_code == status


def test_compliance_without_the_right_sees_visits_but_no_notes(
    filed: Any, compliance_officer: Any, client_of: Any
) -> None:
    page = client_of(compliance_officer).get(f"/patients/{filed.patient_id}/").content.decode()
    assert f"/notes/{filed.pk}/" not in page
    assert f"/encounters/{filed.encounter_id}/" in page


def test_the_chart_never_reads_a_notes_body(filed: Any, clinician: Any, client_of: Any) -> None:
    with CaptureQueriesContext(
        connection,
    ) as asked:
        client_of(clinician).get(f"/patients/{filed.patient_id}/")
    read = " ".join(query["sql"] for query in asked.captured_queries if query["sql"].startswith("SELECT"))
    assert '"notes_note"."working"' not in read
    assert '"notes_note"."transcript"' not in read
    assert '"clinical_context"' not in read
