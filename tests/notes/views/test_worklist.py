from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from consent.models import AuditEvent
from encounters.models import Encounter
from encounters.states import NextStep
from notes.selectors.worklist import PAGE_SIZE
from tests.factories.encounters import EncounterFactory

pytestmark = pytest.mark.django_db


def queue(count: int, **fields: Any) -> list[Encounter]:
    now = timezone.now()
    return [EncounterFactory(next_step_at=now + timedelta(seconds=n), **fields) for n in range(count)]


def test_what_needs_the_clinician_comes_first(practice: Any, clinician: Any, client_of: Any) -> None:
    for step in (NextStep.WAITING, NextStep.REVIEW, NextStep.ATTENTION, NextStep.DONE):
        EncounterFactory(practice=practice, provider=clinician, next_step=step)
    page = client_of(clinician).get("/").context["page"]
    assert [group.step for group in page.groups] == [NextStep.ATTENTION, NextStep.REVIEW, NextStep.WAITING]


def test_my_list_leaves_out_colleagues_and_everyones_list_shows_them(
    practice: Any, clinician: Any, colleague: Any, client_of: Any
) -> None:
    EncounterFactory(practice=practice, provider=colleague)
    assert client_of(clinician).get("/").context["page"].shown == 0
    assert client_of(clinician).get("/?whose=all").context["page"].shown == 1


def test_an_outsider_sees_nothing_of_ours(
    practice: Any, clinician: Any, outsider: Any, client_of: Any
) -> None:
    encounter = EncounterFactory(practice=practice, provider=clinician)
    answer = client_of(outsider).get("/?whose=all")
    assert answer.context["page"].shown == 0
    assert encounter.patient.family_name not in answer.content.decode()


def test_a_stranger_is_sent_to_sign_in(client: Any) -> None:
    answer = client.get("/")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")


def test_pages_follow_each_other_without_gap_or_repeat(practice: Any, clinician: Any, client_of: Any) -> None:
    made = queue(PAGE_SIZE * 2 + 3, practice=practice, provider=clinician)
    client, seen, url = client_of(clinician), [], "/"
    while url:
        context = client.get(url).context
        seen += [row.pk for group in context["page"].groups for row in group.rows]
        url = "/" + context["later_url"] if context["later_url"] else ""
    assert sorted(seen) == sorted(row.pk for row in made)
    assert len(seen) == len(set(seen))


def test_a_forged_place_shows_the_beginning(practice: Any, clinician: Any, client_of: Any) -> None:
    queue(2, practice=practice, provider=clinician)
    assert client_of(clinician).get("/?after=forged").context["page"].shown == 2


def test_six_queries_however_many_rows(practice: Any, clinician: Any, client_of: Any) -> None:
    client = client_of(clinician)
    queue(1, practice=practice, provider=clinician)
    client.get("/")  # the practice's audit chain begins
    queue(30, practice=practice, provider=clinician)
    with CaptureQueriesContext(connection) as found:
        client.get("/")
    bracket = ("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT")
    asked = [q["sql"] for q in found.captured_queries if not q["sql"].startswith(bracket)]
    assert len(asked) <= 6, asked
    assert not any("clinical_context" in sql or "notes_note" in sql for sql in asked)


def test_viewing_leaves_one_event_with_the_ids(practice: Any, clinician: Any, client_of: Any) -> None:
    encounter = EncounterFactory(practice=practice, provider=clinician)
    client_of(clinician).get("/")
    event = AuditEvent.objects.get(action="worklist.viewed")
    assert event.chain == practice.pk
    assert str(encounter.pk) in event.data
    assert encounter.patient.family_name not in event.data
