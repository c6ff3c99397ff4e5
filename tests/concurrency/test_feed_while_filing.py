"""Nothing is missed and nothing comes twice while notes are filed; and what happens without the counter's row."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, connections

from encounters.models import Patient
from notes.models import ChangeCounter, FiledDocument, Note
from notes.services import filing
from notes.services.filing import note_file
from tests.factories.encounters import EncounterFactory
from tests.factories.integrations import Caller, integration
from tests.factories.notes import NoteFactory
from tests.factories.people import PatientFactory

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
FILERS = 8
TIMEOUT = 30


@pytest.fixture(autouse=True)
def _on_postgresql(db: None) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("left out: the race needs PostgreSQL")


def in_thread(work: Callable[[], Any]) -> Any:
    try:
        return work()
    finally:
        connections.close_all()


@pytest.fixture
def signed(practice: Any, clinician: Any) -> Callable[[int], list[Note]]:
    def made(count: int) -> list[Note]:
        patient: Patient = PatientFactory(practice=practice)
        visits = [
            EncounterFactory(practice=practice, provider=clinician, patient=patient) for _ in range(count)
        ]
        return [NoteFactory(encounter=visit, signed=True) for visit in visits]

    return made


def test_eight_filers_and_a_polling_reader(practice, clinician, signed) -> None:
    notes = signed(FILERS * 5)
    caller = Caller(integration(practice)[1])
    seen: list[dict[str, Any]] = []
    cursor: str | None = None
    with ThreadPoolExecutor(FILERS) as pool:
        work = [
            pool.submit(in_thread, lambda note=note: note_file(note=note, actor=clinician)) for note in notes
        ]
        while not all(future.done() for future in work):
            found, cursor = caller.pull(limit=3, after=cursor)
            seen += found
    found, _ = caller.pull(limit=3, after=cursor)
    seen += found
    assert [future.exception() for future in work] == [None] * len(notes)
    assert [note["change"] for note in seen] == list(range(1, len(notes) + 1))
    assert sorted(note["id"] for note in seen) == sorted(str(note.pk) for note in notes)


class Race:
    """The first filer stops right before it stores its document; the second goes on if it can; a reader reads."""

    def __init__(
        self, practice: Any, clinician: Any, notes: list[Note], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.slow, self.quick = notes
        self.clinician, self.caller = clinician, Caller(integration(practice)[1])
        self.numbered, self.go_on = threading.Event(), threading.Event()
        render = filing.body

        def pausing(rendered: dict[str, Any], *, change: int) -> str:
            if rendered["id"] == str(self.slow.pk):
                self.numbered.set()
                assert self.go_on.wait(TIMEOUT)
            return render(rendered, change=change)

        monkeypatch.setattr(filing, "body", pausing)

    def file(self, note: Note) -> FiledDocument:
        result: FiledDocument = in_thread(lambda: note_file(note=note, actor=self.clinician))
        return result

    def run(self, *, until: Callable[[Future[FiledDocument]], bool]) -> tuple[list[str], list[str]]:
        """What the reader gets while the slow filer stands, and after; `until` tells when the quick one is there."""
        with ThreadPoolExecutor(2) as pool:
            try:
                slow = pool.submit(self.file, self.slow)
                assert self.numbered.wait(TIMEOUT)
                quick = pool.submit(self.file, self.quick)
                while not until(quick):
                    pass
                before, cursor = self.caller.pull()
            finally:
                self.go_on.set()
            slow.result(TIMEOUT), quick.result(TIMEOUT)
        after, _ = self.caller.pull(after=cursor)
        return [note["id"] for note in before], [note["id"] for note in after]


def waits_for_the_counter(_: Future[FiledDocument]) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND wait_event_type = 'Lock' AND query LIKE '%notes_changecounter%'"
        )
        (waiting,) = cursor.fetchone()
    return bool(waiting)


def test_a_number_is_never_seen_before_a_smaller_one(practice, clinician, signed, monkeypatch) -> None:
    race = Race(practice, clinician, signed(2), monkeypatch)
    before, after = race.run(until=waits_for_the_counter)
    assert before == []
    assert after == [str(race.slow.pk), str(race.quick.pk)]


def test_control_a_plain_sequence_loses_a_note(practice, clinician, signed, monkeypatch) -> None:
    numbers = itertools.count(1)
    monkeypatch.setattr(filing, "_next_change", lambda _note: next(numbers))
    ChangeCounter.objects.create(practice=practice, value=2)
    race = Race(practice, clinician, signed(2), monkeypatch)
    before, after = race.run(until=lambda quick: quick.done())
    assert before == [str(race.quick.pk)]
    assert after == []
    assert FiledDocument.objects.count() == 2
