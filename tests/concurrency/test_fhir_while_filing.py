"""Nothing is missed and nothing comes twice over FHIR while notes are filed, whichever way a reader keeps up; and
what happens when times are taken without the counter's row.
"""

from __future__ import annotations

import itertools
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import pytest
from django.utils import timezone

from notes.models import ChangeCounter, FhirDocument, Note
from notes.services import fhir, filing
from notes.services.filing import note_file
from notes.tasks import plan_export
from tests.concurrency.test_feed_while_filing import FILERS, TIMEOUT, _on_postgresql, in_thread, signed
from tests.factories.fhir import Reader

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
__all__ = ["_on_postgresql", "signed"]
DOCUMENTS = "DocumentReference"
Poll = Callable[[], list[str]]


def by_time(reader: Reader) -> Poll:
    """Asks for what is later than the latest that it has."""
    latest: list[str] = []

    def poll() -> list[str]:
        query: dict[str, Any] = {"_count": 3, **({"_lastUpdated": f"gt{latest[-1]}"} if latest else {})}
        found = [entry["resource"] for entry in reader.entries(DOCUMENTS, query)]
        latest.extend(resource["meta"]["lastUpdated"] for resource in found)
        return [resource["id"] for resource in found]

    return poll


def by_export(reader: Reader) -> Poll:
    """Exports what came since the time of the export before."""
    since: list[str] = []

    def poll() -> list[str]:
        query = {"_type": DOCUMENTS, **({"_since": since[-1]} if since else {})}
        status = reader.get("$export", query)["Content-Location"]
        plan_export(status.rpartition("/")[2])
        manifest = reader.get(status).json()
        since.append(manifest["transactionTime"])
        found = [line for output in manifest["output"] for line in _lines(reader, output["url"])]
        reader.client.delete(status)
        return [json.loads(line)["id"] for line in found]

    return poll


def _lines(reader: Reader, url: str) -> Iterator[str]:
    return iter(reader.get(url).getvalue().decode().split("\n")[:-1])


@pytest.mark.parametrize("way", [by_time, by_export], ids=lambda way: way.__name__)
def test_eight_filers_and_a_reader_who_keeps_up(practice, clinician, signed, way) -> None:
    notes = signed(FILERS * 4)
    poll = way(Reader(practice))
    seen: list[str] = []
    with ThreadPoolExecutor(FILERS) as pool:
        work = [
            pool.submit(in_thread, lambda note=note: note_file(note=note, actor=clinician)) for note in notes
        ]
        while not all(future.done() for future in work):
            seen += poll()
    seen += poll()
    assert [future.exception() for future in work] == [None] * len(notes)
    assert Counter(seen) == Counter(str(note.documents.get().pk) for note in notes)


def test_whoever_pages_while_eight_file_gets_each_once(practice, clinician, signed) -> None:
    notes = signed(FILERS * 4)
    reader = Reader(practice)
    with ThreadPoolExecutor(FILERS) as pool:
        note_file(note=notes[0], actor=clinician)
        work = [
            pool.submit(in_thread, lambda note=note: note_file(note=note, actor=clinician))
            for note in notes[1:]
        ]
        found = [entry["resource"]["id"] for entry in reader.entries(DOCUMENTS, {"_count": 1})]
        for future in work:
            future.result(TIMEOUT)
    filed = [str(row.document_id) for row in FhirDocument.objects.order_by("position")]
    assert found == filed[: len(found)]
    times = [row.updated_at for row in FhirDocument.objects.order_by("position")]
    assert times == sorted(set(times))


def test_control_times_taken_without_the_counter_lose_a_note(
    practice, clinician, signed, monkeypatch
) -> None:
    slow, quick = signed(2)
    taken, go_on = threading.Event(), threading.Event()
    holder: list[int] = []

    def stamp(_practice: Any) -> datetime:
        moment = timezone.now()
        if threading.get_ident() in holder:
            taken.set()
            assert go_on.wait(TIMEOUT)
        return moment

    def file_slowly(note: Note) -> None:
        holder.append(threading.get_ident())
        note_file(note=note, actor=clinician)

    numbers = itertools.count(1)
    ChangeCounter.objects.create(practice=practice, value=2)
    monkeypatch.setattr(filing, "_next_change", lambda _note: next(numbers))
    monkeypatch.setattr(fhir, "next_stamp", stamp)
    poll = by_time(Reader(practice))
    with ThreadPoolExecutor(1) as pool:
        work = pool.submit(in_thread, lambda: file_slowly(slow))
        try:
            assert taken.wait(TIMEOUT)
            note_file(note=quick, actor=clinician)
            before = poll()
        finally:
            go_on.set()
        work.result(TIMEOUT)
    assert before == [str(quick.documents.get().pk)]
    assert poll() == []
    assert slow.documents.count() == 1
