from __future__ import annotations

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from consent.models import AuditEvent
from notes.models import ChangeCounter, FiledDocument
from tests.factories.encounters import EncounterFactory
from tests.factories.integrations import Caller, integration
from tests.factories.notes import NoteFactory
from tests.notes.filing.test_filing import amend

pytestmark = pytest.mark.django_db


def ids(page: dict) -> list[str]:
    return [note["id"] for note in page["data"]]


def test_an_empty_feed_gives_a_cursor_to_go_on_from(caller, file_notes) -> None:
    page = caller.notes().json()
    assert (page["data"], page["has_more"]) == ([], False)
    note = file_notes(1)[0]
    assert ids(caller.notes(after=page["next_cursor"]).json()) == [str(note.pk)]


def test_paging_reaches_the_end_in_filing_order_without_gap_or_repeat(caller, file_notes) -> None:
    notes = file_notes(7)
    for limit in (1, 2, 3, 7, 500):
        found, _ = caller.pull(limit=limit)
        assert [note["id"] for note in found] == [str(note.pk) for note in notes]
        assert [note["change"] for note in found] == list(range(1, 8))


def test_has_more_is_true_exactly_while_there_is_more(caller, file_notes) -> None:
    file_notes(4)
    first = caller.notes(limit=2).json()
    second = caller.notes(limit=2, after=first["next_cursor"]).json()
    assert (first["has_more"], second["has_more"]) == (True, False)


def test_an_empty_after_is_the_beginning(caller, file_notes) -> None:
    notes = file_notes(2)
    assert ids(caller.notes(after="").json()) == [str(note.pk) for note in notes]


def test_reading_goes_on_from_any_cursor(caller, file_notes) -> None:
    notes = file_notes(5)
    cursor = None
    for position in range(5):
        query = {"after": cursor} if cursor else {}
        rest, _ = caller.pull(limit=2, **query)
        assert [note["id"] for note in rest] == [str(note.pk) for note in notes[position:]]
        cursor = caller.notes(limit=1, **query).json()["next_cursor"]


def test_an_amendment_comes_again_as_a_new_version(caller, file_notes) -> None:
    one, _two = file_notes(2)
    _, cursor = caller.pull()
    amend(one)
    found, _ = caller.pull(after=cursor)
    assert [(note["id"], note["version"], note["change"]) for note in found] == [(str(one.pk), 2, 3)]


def test_bodies_go_out_byte_for_byte_as_stored(caller, file_notes) -> None:
    file_notes(2)
    stored = ",".join(document.body for document in FiledDocument.objects.order_by("change_number"))
    assert caller.notes().content.startswith(f'{{"data":[{stored}],'.encode())


def test_drafts_and_signed_notes_are_not_in_the_feed(caller, practice) -> None:
    NoteFactory(encounter=EncounterFactory(practice=practice))
    NoteFactory(encounter=EncounterFactory(practice=practice), signed=True)
    assert caller.notes().json()["data"] == []


def test_filters_by_patient_and_encounter(caller, file_notes) -> None:
    one, two = file_notes(2)
    assert ids(caller.notes(patient=str(one.patient_id)).json()) == [str(one.pk)]
    assert ids(caller.notes(encounter=str(two.encounter_id)).json()) == [str(two.pk)]


@pytest.mark.parametrize(
    "cursor",
    ["%%", "x", "MQ", "1", "null", "AAAA", "é", "a" * 5000, "MTpmb3JnZWQ", "\x00"],
)
def test_a_cursor_that_is_none_of_ours_is_refused_and_never_restarts_the_feed(
    caller, file_notes, cursor
) -> None:
    file_notes(1)
    answer = caller.notes(after=cursor)
    assert answer.status_code == 400
    assert answer.json()["type"] == "urn:countersign:problem:invalid-cursor"


def test_a_mangled_cursor_is_refused_wherever_it_is_mangled(caller, file_notes) -> None:
    file_notes(1)
    cursor = caller.notes().json()["next_cursor"]
    for place in range(0, len(cursor) - 1, 3):
        other = "A" if cursor[place] != "A" else "B"
        assert caller.notes(after=cursor[:place] + other + cursor[place + 1 :]).status_code == 400


def test_a_cursor_serves_one_practice_and_one_set_of_filters(caller, file_notes, foreign_note) -> None:
    note = file_notes(1)[0]
    stranger = Caller(integration(foreign_note.practice)[1])
    cursor = caller.notes().json()["next_cursor"]
    assert stranger.notes(after=cursor).status_code == 400
    assert caller.notes(after=cursor, patient=str(note.patient_id)).status_code == 400
    # Another key of the same practice goes on where the first one stood.
    assert Caller(integration(note.practice)[1]).notes(after=cursor).status_code == 200


def test_a_cursor_ahead_of_a_restored_database_is_refused(caller, file_notes) -> None:
    file_notes(2)
    cursor = caller.notes().json()["next_cursor"]
    ChangeCounter.objects.update(value=1)
    assert caller.notes(after=cursor).status_code == 400


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ({"limit": "0"}, "limit"),
        ({"limit": "501"}, "limit"),
        ({"limit": "ten"}, "limit"),
        ({"limit": "-1"}, "limit"),
        ({"limit": "1.5"}, "limit"),
        ({"limit": ""}, "limit"),
        ({"limit": "٣"}, "limit"),
        ({"limit": ["1", "2"]}, "limit"),
        ({"patient": "x"}, "patient"),
        ({"encounter": ""}, "encounter"),
        ({"since": "2026-01-01"}, "since"),
        ({"After": "x"}, "After"),
    ],
)
def test_parameters_out_of_range_or_unknown_are_named(caller, query, named) -> None:
    answer = caller.notes(**query)
    assert answer.status_code == 400
    assert answer.json()["type"] == "urn:countersign:problem:invalid-parameter"
    assert [error["parameter"] for error in answer.json()["errors"]] == [named]


def test_each_page_leaves_one_event_with_its_ids_and_an_empty_page_none(caller, ours, file_notes) -> None:
    notes = file_notes(3)
    _, cursor = caller.pull(limit=2)
    caller.notes(after=cursor)
    first, second = AuditEvent.objects.filter(action="api.notes_listed").order_by("seq")
    assert json.loads(first.data) == {
        "interaction": "search",
        "notes": [str(note.pk) for note in notes[:2]],
        "patients": sorted(str(note.patient_id) for note in notes[:2]),
        "changes": [1, 2],
    }
    assert json.loads(second.data)["notes"] == [str(notes[2].pk)]
    assert (first.actor_kind, first.actor_id, first.chain) == ("integration", str(ours.pk), ours.practice_id)
    assert first.request_id


def test_a_page_costs_the_same_queries_however_long_and_however_deep(caller, file_notes) -> None:
    file_notes(6)
    caller.notes(limit=1)

    def queries(**query: object) -> int:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            assert caller.notes(**query).status_code == 200
        return len(seen)

    deep = caller.notes(limit=5).json()["next_cursor"]
    assert queries(limit=1) == queries(limit=500) == queries(after=deep)


def test_nothing_of_another_practice_is_in_the_feed(caller, file_notes, foreign_note) -> None:
    file_notes(1)
    seen = caller.notes().content.decode()
    for mark in (
        foreign_note.pk,
        foreign_note.patient_id,
        foreign_note.practice.name,
        foreign_note.patient.mrn,
    ):
        assert str(mark) not in seen
    for name, value in (("patient", foreign_note.patient_id), ("encounter", foreign_note.encounter_id)):
        assert caller.notes(**{name: str(value)}).json()["data"] == []


def test_answers_are_not_stored_on_the_way_and_carry_a_request_id(caller) -> None:
    answer = caller.notes()
    assert answer["Cache-Control"] == "private, no-store"
    assert answer["X-Request-Id"]
    assert answer["Content-Type"] == "application/json"
