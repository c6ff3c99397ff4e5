"""/me and /health, and how an integration's place in the feed is remembered; the feed's filters."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from encounters.models import Role
from notes.api import about, problems
from notes.selectors.integrations import troubles_for
from notes.services.receipts import Said, receipt_put
from tests.factories.integrations import Caller, integration
from tests.factories.people import MembershipFactory
from tests.notes.api.test_protocol import assert_problem

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)


def test_me_tells_who_calls_and_what_it_may_do(practice, caller, ours) -> None:
    assert caller.get("/api/v1/me").json() == {
        "id": str(ours.pk),
        "name": "EHR",
        "practice": {"id": str(practice.pk), "name": practice.name},
        "scopes": ["notes:read"],
        "allowed_networks": [],
        "expires_at": None,
        "feed": {"head": 0, "pulled_through": 0, "lag": 0, "pulled_at": None},
        "receipts": {"received": 0, "filed": 0, "rejected": 0},
    }


def test_any_usable_key_may_ask_and_no_other(practice) -> None:
    assert Caller(integration(practice, scopes=("transcripts:read",))[1]).get("/api/v1/me").status_code == 200
    assert_problem(Client().get("/api/v1/me"), problems.UNAUTHENTICATED)


def test_the_lag_is_what_was_filed_and_not_read(caller, file_notes) -> None:
    notes = file_notes(3)

    def feed() -> tuple[int, int, int]:
        told = caller.get("/api/v1/me").json()["feed"]
        return told["head"], told["pulled_through"], told["lag"]

    assert feed() == (3, 0, 3)
    page = caller.notes(limit=2).json()
    assert feed() == (3, 2, 1)
    caller.notes(after=page["next_cursor"])
    assert feed() == (3, 3, 0)
    caller.notes(limit=1)
    assert feed() == (3, 3, 0), "reading again from the start takes nothing back"
    file_notes(1)
    caller.notes(patient=notes[0].patient_id)
    assert feed() == (4, 3, 1), "a filtered pull may leave notes out"


def test_health_needs_no_key_and_fails_with_the_database(monkeypatch) -> None:
    assert Client().get("/api/v1/health").json()["status"] == "ok"

    class Away:
        def cursor(self):
            raise OperationalError("secret host")

    monkeypatch.setattr(about, "connection", Away())
    answer = Client().get("/api/v1/health")
    assert_problem(answer, problems.UNAVAILABLE)
    assert b"secret" not in answer.content


def test_the_feed_can_be_narrowed_by_provider_and_time(practice, caller, file_notes) -> None:
    with time_machine.travel("2026-11-20T12:00:00Z", tick=False):
        early = file_notes(1)[0]
    with time_machine.travel("2026-11-20T13:00:00Z", tick=False):
        late = file_notes(1)[0]

    def ids(**query: object) -> list[str]:
        return [note["id"] for note in caller.pull(**query)[0]]

    assert ids(filed_to="2026-11-20T13:00:00Z") == [str(early.pk)]
    assert ids(filed_from="2026-11-20T13:00:00Z") == [str(late.pk)]
    assert ids(filed_from="2026-11-20T13:00:00+01:00") == [str(early.pk), str(late.pk)]
    assert ids(provider=early.encounter.provider_id) == [str(early.pk), str(late.pk)]
    assert ids(provider=practice.pk) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("filed_from", "yesterday"),
        ("filed_to", "2026-11-20"),
        ("filed_from", "2026-11-20T12:00:00"),
        ("filed_to", "2026-02-30T12:00:00Z"),
        ("provider", "1"),
    ],
)
def test_a_filter_that_can_not_be_read_is_an_error_not_everything(caller, name, value) -> None:
    answer = caller.notes(**{name: value})
    assert_problem(answer, problems.INVALID_PARAMETER)
    assert [error["parameter"] for error in answer.json()["errors"]] == [name]


def test_a_cursor_belongs_to_its_filters(caller, file_notes) -> None:
    file_notes(1)
    cursor = caller.notes(filed_from="2020-01-01T00:00:00Z").json()["next_cursor"]
    assert_problem(caller.notes(after=cursor), problems.INVALID_CURSOR)
    assert caller.notes(after=cursor, filed_from="2020-01-01T00:00:00Z").status_code == 200


class TestTroubles:
    """Who looks after integrations learns of one that is behind or refuses notes; others don't."""

    @pytest.fixture
    def boss(self, practice):
        return MembershipFactory(practice=practice, role=Role.ADMIN).user

    def words(self, user) -> list[str]:
        return [trouble.words for trouble in troubles_for(user)]

    def test_one_that_read_before_and_stopped(self, practice, caller, boss, file_notes) -> None:
        file_notes(2)
        assert self.words(boss) == [], "it never read the feed"
        caller.notes(limit=1)
        assert self.words(boss) == [], "not an hour old"
        with time_machine.travel(timezone.now() + 2 * HOUR):
            assert self.words(boss) == ["has not fetched 1 note filed over an hour ago"]
            caller.pull()
            assert self.words(boss) == []

    def test_one_that_rejected_a_note_until_it_files_it(self, ours, boss, file_notes) -> None:
        document = file_notes(1)[0].documents.get()
        receipt_put(integration=ours, document=document, said=Said("rejected", error_code="unknown_patient"))
        assert self.words(boss) == ["rejected 1 note that it has not filed since"]
        receipt_put(integration=ours, document=document, said=Said("filed"))
        assert self.words(boss) == []

    def test_only_those_who_watch_over_the_practice(self, practice, ours, clinician, file_notes) -> None:
        document = file_notes(1)[0].documents.get()
        receipt_put(integration=ours, document=document, said=Said("rejected", error_code="x"))
        officer = MembershipFactory(practice=practice, role=Role.COMPLIANCE).user
        outsider = MembershipFactory(role=Role.ADMIN).user
        assert len(troubles_for(officer)) == 1
        assert troubles_for(clinician) == troubles_for(outsider) == []
