"""How fast an integration pulls notes over FHIR: searching page by page, and by bulk export.

Run: ``python -m tests.bench.fhir [--notes 100000] [--page 500] [--rounds 3]``. The peer is a stock REST framework
ModelViewSet with CursorPagination over a plain table of the same notes, as in the bench of the feed. All three answer
in the same process, in turns, through the whole Django stack, and the reader parses what it gets. Ours has
authentication, rate limit, decryption and audit; the peer has none of these, and its notes are half as long as a
DocumentReference, which holds the text in base64. Prints medians of notes per second, the cost of the last pages
against the first, and how much memory an export takes from its first line to its last. Asserts nothing about time.
"""

# ruff: noqa: PLC0415 - Django is set up on a database of its own before anything of ours is imported
from __future__ import annotations

import argparse
import json
import resource
import statistics
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from tests.bench import feed


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--notes", type=int, default=100_000)
    arguments.add_argument("--page", type=int, default=500)
    arguments.add_argument("--rounds", type=int, default=3)
    options = arguments.parse_args()
    return feed.on_a_database_of_its_own(lambda: _measure(options))


def _measure(options: argparse.Namespace) -> None:
    from django.core.management import call_command
    from django.db import connection

    call_command("createcachetable", verbosity=0)
    practice = feed._practice()
    feed._fill(practice, options.notes)
    bytes_each = _fill(practice)
    peer = feed._peer(practice)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # what a database does by itself when it has had time
    from tests.factories.fhir import Reader

    reader = Reader(practice)
    ways: dict[str, Callable[[], tuple[int, list[float]]]] = {
        "FHIR search": lambda: _search(reader, options.page),
        "FHIR export": lambda: _export(reader),
        "stock DRF": lambda: feed._pull_peer(peer, options.page),
    }
    rates: dict[str, list[float]] = {name: [] for name in ways}
    depth: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(options.rounds):
        for name in sorted(ways, reverse=bool(turn % 2)):
            began = time.perf_counter()
            count, pages = ways[name]()
            assert count == options.notes, (name, count)
            rates[name].append(count / (time.perf_counter() - began))
            depth[name].append(statistics.median(pages[-6:-1]) / statistics.median(pages[:5]))
    print(
        f"{options.notes} notes of {bytes_each} bytes as FHIR, pages of {options.page}, {connection.vendor}"
    )
    for name in ways:
        ratio = statistics.median(a / b for a, b in zip(rates[name], rates["stock DRF"], strict=True))
        print(
            f"{name:>12}: {statistics.median(rates[name]):>8,.0f} notes/s ({min(rates[name]):,.0f} to "
            f"{max(rates[name]):,.0f}), {ratio:.1f} times stock DRF, last pages cost "
            f"{statistics.median(depth[name]):.2f} of the first"
        )


def _fill(practice: Any) -> int:
    """A FHIR version for every chart entry, made from the first one's."""
    from config.ids import uuid7
    from notes.models import FhirDocument, FiledDocument

    first = FhirDocument.objects.get(practice=practice)
    body, kept = (
        first.body,
        {"practice_id": practice.pk, "status": first.status, "type_code": first.type_code},
    )
    rows = []
    entries = FiledDocument.objects.filter(practice=practice).exclude(pk=first.document_id)
    for entry in (
        entries.order_by("change_number").only("change_number", "note", "encounter", "patient").iterator()
    ):
        rows.append(
            FhirDocument(
                id=uuid7(),
                document_id=entry.pk,
                note_id=entry.note_id,
                encounter_id=entry.encounter_id,
                patient_id=entry.patient_id,
                version=1,
                position=FhirDocument.position_of(entry.change_number, 0),
                date=first.date,
                period_start=first.period_start,
                updated_at=first.updated_at,
                body=body.replace(str(first.document_id), str(entry.pk)),
                **kept,
            )
        )
        if len(rows) == 1000:
            FhirDocument.objects.bulk_create(rows)
            rows.clear()
    FhirDocument.objects.bulk_create(rows)
    return len(body.encode())


def _search(reader: Any, page: int) -> tuple[int, list[float]]:
    count, times, path = 0, [], f"DocumentReference?_count={page}"
    while path:
        used = time.process_time()
        answer = reader.get(path)
        times.append(time.process_time() - used)
        found = json.loads(answer.content)
        count += len(found["entry"])
        links = {link["relation"]: link["url"] for link in found["link"]}
        path = f"DocumentReference?{urlsplit(links['next']).query}" if "next" in links else ""
    return count, times


def _export(reader: Any) -> tuple[int, list[float]]:
    from notes.tasks import plan_export

    status = reader.get("$export", {"_type": "DocumentReference"})["Content-Location"]
    plan_export(status.rpartition("/")[2])
    count, times, before = 0, [], _highest()
    for output in reader.get(status).json()["output"]:
        used = time.process_time()
        for batch in reader.get(output["url"]).streaming_content:
            times.append(time.process_time() - used)
            count += sum(1 for line in batch.splitlines() if json.loads(line))
            used = time.process_time()
    reader.client.delete(status)
    print(f"   an export of {count} raised the memory's highest mark by {_highest() - before:.0f} MB")
    return count, times


def _highest() -> float:
    """The most memory that this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    raise SystemExit(main())
