"""How fast an integration pulls notes: ours against a stock REST framework ModelViewSet with CursorPagination.

Run: ``python tests/bench/feed.py [--notes 20000] [--page 500] [--rounds 5]``. Both sides answer the same requests in
the same process, in turns, through the whole Django stack, and the reader parses each page. Ours has authentication,
rate limit, decryption and audit; the peer has none of these and reads a plain table of the same content, so the
ratio flatters the peer. Prints medians of notes per second as a reader sees them (parsing included), notes per CPU
second of serving alone, which holds on a busy machine too, and what the last pages cost against the first. Asserts
nothing about time.
"""

# ruff: noqa: PLC0415 - Django is set up on a database of its own before anything of ours is imported
from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--notes", type=int, default=20_000)
    arguments.add_argument("--page", type=int, default=500)
    arguments.add_argument("--rounds", type=int, default=5)
    options = arguments.parse_args()
    return on_a_database_of_its_own(lambda: _measure(options))


def on_a_database_of_its_own(work: Callable[[], None]) -> int:
    with tempfile.TemporaryDirectory() as folder:
        os.environ.setdefault("DATABASE_URL", f"sqlite:///{folder}/bench.sqlite3")
        os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
        os.environ["ALLOWED_HOSTS"] = "testserver"
        sys.path.insert(0, str(ROOT))
        return _run(work)


def _run(work: Callable[[], None]) -> int:
    import logging

    import django

    django.setup()
    logging.disable(logging.INFO)
    from django.conf import settings
    from django.test.utils import get_runner, setup_test_environment

    setup_test_environment()
    settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"]["integration"] = "1000000/min"
    runner = get_runner(settings)(verbosity=0)
    databases = runner.setup_databases()
    try:
        work()
    finally:
        runner.teardown_databases(databases)
    return 0


def _measure(options: argparse.Namespace) -> None:
    from django.core.management import call_command
    from django.test import Client

    call_command("createcachetable", verbosity=0)
    practice = _practice()
    bytes_each = _fill(practice, options.notes)
    peer = _peer(practice)
    from notes.models import Integration
    from tests.factories.integrations import integration

    key = integration(practice, scopes=Integration.Scope.values)[1]
    client = Client(headers={"Authorization": f"Bearer {key}"})
    sides: dict[str, Callable[[], tuple[int, list[float]]]] = {
        "ours": lambda: _pull_ours(client, options.page),
        "our FHIR": lambda: _pull_fhir(client, options.page),
        "stock DRF": lambda: _pull_peer(peer, options.page),
    }
    rates: dict[str, list[float]] = {name: [] for name in sides}
    served: dict[str, list[float]] = {name: [] for name in sides}
    depth: dict[str, list[float]] = {name: [] for name in sides}
    grown: dict[str, list[int]] = {name: [] for name in sides}
    for turn in range(options.rounds):
        for name in sorted(sides, reverse=bool(turn % 2)):
            started, before = time.perf_counter(), _peak_kilobytes()
            count, pages = sides[name]()
            grown[name].append(_peak_kilobytes() - before)
            assert count == options.notes, (name, count)
            rates[name].append(count / (time.perf_counter() - started))
            served[name].append(count / sum(pages))
            depth[name].append(statistics.median(pages[-6:-1]) / statistics.median(pages[:5]))
    from django.db import connection

    print(
        f"{options.notes} notes of {bytes_each} bytes, pages of {options.page}, {options.rounds} rounds in turns"
    )
    print(f"database: {connection.vendor}")
    for name in sides:
        print(
            f"{name:>10}: {statistics.median(rates[name]):>9,.0f} notes/s (median; {min(rates[name]):,.0f} to "
            f"{max(rates[name]):,.0f}), {statistics.median(served[name]):,.0f} per CPU second of serving, "
            f"last pages cost {statistics.median(depth[name]):.2f} of the first, peak memory grew by "
            f"{max(grown[name]) / 1024:.0f} MB"
        )
    for words, figures in (("to a reader", rates), ("in CPU of serving", served)):
        for name in ("ours", "our FHIR"):
            both = zip(figures[name], figures["stock DRF"], strict=True)
            ratio = statistics.median(ours / theirs for ours, theirs in both)
            print(f"{name} is {ratio:.1f} times as fast as stock DRF {words}")


def _peak_kilobytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _practice() -> Any:
    from tests.factories.people import PracticeFactory

    return PracticeFactory()


def _fill(practice: Any, count: int) -> int:
    """One note made through the services, then its chart entry over and over under new numbers."""
    import hashlib

    from config.ids import uuid7
    from notes.models import ChangeCounter, FhirDocument, FiledDocument, Note
    from tests.factories.encounters import EncounterFactory
    from tests.factories.notes import NoteFactory

    note: Note = NoteFactory(encounter=EncounterFactory(practice=practice, consented=True), filed=True)
    model: FiledDocument = note.documents.get()
    parsed = json.loads(model.body)
    template = model.fhir.get()
    for start in range(2, count + 1, 1000):
        rows = []
        for number in range(start, min(start + 1000, count + 1)):
            text = json.dumps(
                {**parsed, "version": number, "change": number}, ensure_ascii=False, separators=(",", ":")
            )
            rows.append(
                FiledDocument(
                    id=uuid7(),
                    practice=practice,
                    note=note,
                    encounter_id=note.encounter_id,
                    patient_id=note.patient_id,
                    version=number,
                    change_number=number,
                    state="amended",
                    body=text,
                    body_sha256=hashlib.sha256(text.encode()).hexdigest(),
                    filed_at=model.filed_at,
                )
            )
        FiledDocument.objects.bulk_create(rows)
        FhirDocument.objects.bulk_create([_as_fhir(row, template) for row in rows])
    ChangeCounter.objects.filter(practice=practice).update(value=count)
    return len(model.body.encode())


def _as_fhir(row: Any, template: Any) -> Any:
    """The FHIR side of `row`: the first entry's resource under the id and number of this one."""
    from datetime import timedelta

    from notes.models import FhirDocument

    resource = {**json.loads(template.body), "id": str(row.pk)}
    made = FhirDocument(
        document=row,
        version=1,
        position=row.change_number * FhirDocument.PLACES,
        updated_at=template.updated_at + timedelta(milliseconds=row.change_number),
        body=json.dumps(resource, ensure_ascii=False, separators=(",", ":")),
    )
    same = (
        "practice_id",
        "note_id",
        "encounter_id",
        "patient_id",
        "status",
        "type_code",
        "date",
        "period_start",
    )
    for name in (*same, "period_end"):
        setattr(made, name, getattr(template, name))
    return made


def _peer(practice: Any) -> Callable[[str], bytes]:
    """A plain table with the same content behind ModelSerializer, ModelViewSet and CursorPagination."""
    from django.db import connection, models
    from rest_framework import pagination, serializers, viewsets
    from rest_framework.test import APIRequestFactory

    from notes.models import FiledDocument

    class PlainNote(models.Model):  # noqa: DJ008 - nobody reads its rows by name
        note_id = models.UUIDField()
        practice_id = models.UUIDField(db_index=True)
        version = models.IntegerField()
        change = models.BigIntegerField(unique=True)
        state = models.CharField(max_length=20)
        text = models.TextField()
        patient_summary = models.TextField()
        sections = models.JSONField()
        billing_codes = models.JSONField()
        rest = models.JSONField()
        filed_at = models.DateTimeField()

        class Meta:
            app_label = "notes"

    with connection.schema_editor() as editor:
        editor.create_model(PlainNote)
    batch = []
    documents = FiledDocument.objects.filter(practice=practice).order_by("change_number")
    for document in documents.iterator(chunk_size=1000):
        body = json.loads(document.body)
        own = {
            name: body.pop(name)
            for name in ("text", "patient_summary", "sections", "billing_codes", "change", "state")
        }
        batch.append(
            PlainNote(
                note_id=document.note_id,
                practice_id=practice.pk,
                version=document.version,
                filed_at=document.filed_at,
                rest=body,
                **own,
            )
        )
        if len(batch) == 1000:
            PlainNote.objects.bulk_create(batch)
            batch.clear()
    PlainNote.objects.bulk_create(batch)

    class PlainSerializer(serializers.ModelSerializer):
        class Meta:
            model = PlainNote
            fields = "__all__"

    class ByChange(pagination.CursorPagination):
        ordering = "change"
        page_size_query_param = "limit"
        max_page_size = 1000

    class PlainViewSet(viewsets.ModelViewSet):
        queryset = PlainNote.objects.filter(practice_id=practice.pk)
        serializer_class = PlainSerializer
        pagination_class = ByChange
        authentication_classes = ()
        permission_classes = ()
        throttle_classes = ()

    view, requests = PlainViewSet.as_view({"get": "list"}), APIRequestFactory()

    def get(url: str) -> bytes:
        response = view(requests.get(url))
        response.render()
        content: bytes = response.content
        return content

    return get


def _pull_ours(client: Any, page: int) -> tuple[int, list[float]]:
    count, after, times = 0, "", []
    while True:
        used = time.process_time()
        answer = client.get("/api/v1/notes", {"limit": page, **({"after": after} if after else {})})
        times.append(time.process_time() - used)
        assert answer.status_code == 200, answer.content
        found = json.loads(answer.content)
        count += len(found["data"])
        after = found["next_cursor"]
        if not found["has_more"]:
            return count, times


def _pull_fhir(client: Any, page: int) -> tuple[int, list[float]]:
    count, url, times = 0, f"/fhir/r4/DocumentReference?_count={page}", []
    while url:
        used = time.process_time()
        content = client.get(url).getvalue()
        times.append(time.process_time() - used)
        found = json.loads(content)
        count += len(found.get("entry", []))
        url = next((link["url"] for link in found["link"] if link["relation"] == "next"), "")
        url = "/" + url.split("/", 3)[3] if url else ""
    return count, times


def _pull_peer(get: Callable[[str], bytes], page: int) -> tuple[int, list[float]]:
    count, url, times = 0, f"/plain?limit={page}", []
    while url:
        used = time.process_time()
        content = get(url)
        times.append(time.process_time() - used)
        found = json.loads(content)
        count += len(found["results"])
        url = found["next"]
    return count, times


if __name__ == "__main__":
    raise SystemExit(main())
