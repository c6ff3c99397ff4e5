# ruff: noqa: PLC0415
"""Worklist and note page with 5,000 and with 50,000 open notes: queries and CPU a page, at the top and deep down.

In process, through the whole Django stack with a signed-in clinician, audit included, without HTTP. All notes belong
to one clinician and wait for review, which is the worst case for the worklist. The peer is the stock admin: change
list (first and last page) and change form over the same rows.

    python -m tests.bench.worklist [--notes 50000] [--rounds 5]
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.bench.measure import caveat, in_turns, load, set_up

REQUESTS = 20


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--notes", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ.setdefault("DATABASE_URL", f"sqlite:///{folder}/bench.sqlite3")
        os.environ |= {
            "VAR_DIR": folder,
            "ALLOWED_HOSTS": "testserver",
            "REQUIRE_MFA": "false",
            "DEMO": "true",
        }
        set_up()
        _measure(Path(folder), given.notes, given.rounds)


def _measure(folder: Path, notes: int, rounds: int) -> None:
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection

    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    call_command("migrate", verbosity=0, skip_checks=True)
    provider = _clinician()
    few = notes // 10
    _fill(provider, 0, few)
    small, small_queries = _pages(provider, few, rounds)
    _fill(provider, few, notes)
    large, large_queries = _pages(provider, notes, rounds)
    print(
        f"{notes:,} notes of one clinician, {connection.vendor}, median of {rounds} rounds in turn; {load()}"
    )
    print(f"{'':34} queries   ms CPU   with {few:,}   ratio")
    for way in large:
        now, before = large[way]["cpu"] * 1000, small[way]["cpu"] * 1000
        many, few_queries = large_queries[way], small_queries[way]
        queries = f"{many}" if many == few_queries else f"{many} ({few_queries})"
        print(f"{way:34} {queries:>7}  {now:7.1f}  {before:11.1f}   {now / before:5.2f}")
    caveat(
        "HTTP and gunicorn (about 0.5 ms), cold caches, a database on another machine, and what a browser does. The "
        "admin's figures are of stock ModelAdmin classes with related rows selected, without the product's own rules."
    )


def _pages(provider: Any, notes: int, rounds: int) -> tuple[dict[str, dict[str, float]], dict[str, int]]:
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    client = Client()
    client.force_login(provider, backend="allauth.account.auth_backends.AuthenticationBackend")
    urls = _urls(provider, notes)
    calls: dict[str, Callable[[], Any]] = {
        way: (lambda url=url: client.get(url)) for way, url in urls.items()
    }
    calls |= _admin(provider, notes)
    queries: dict[str, int] = {}
    for way, call in calls.items():
        answer = call()
        if answer.status_code != 200:
            raise SystemExit(f"{way}: HTTP {answer.status_code}")
        with CaptureQueriesContext(connection) as seen:
            call()
        queries[way] = sum(
            not query["sql"].startswith(("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")) for query in seen
        )

    def timed(call: Callable[[], Any]) -> Callable[[], dict[str, float]]:
        def run() -> dict[str, float]:
            began = time.process_time()
            for _ in range(REQUESTS):
                call()
            return {"cpu": (time.process_time() - began) / REQUESTS}

        return run

    return in_turns(rounds, {way: timed(call) for way, call in calls.items()}), queries


def _urls(provider: Any, notes: int) -> dict[str, str]:
    from django.utils.http import urlencode

    from encounters.models import Encounter
    from notes.models import Note
    from notes.selectors.worklist import Place

    rows = Encounter.objects.filter(provider=provider).order_by("next_step", "next_step_at", "id")
    deep = rows[int(notes * 0.9)]
    place = Place(deep.next_step, deep.next_step_at, deep.pk).as_token()
    note = Note.objects.get(encounter=deep)
    return {
        "worklist, first page": "/",
        "worklist, nine tenths down": f"/?{urlencode({'after': place})}",
        "worklist of everybody, as deep": f"/?{urlencode({'whose': 'all', 'after': place})}",
        "note page": f"/notes/{note.pk}/",
        "encounter's status, polled": f"/encounters/{deep.pk}/status/",
    }


def _admin(provider: Any, notes: int) -> dict[str, Callable[[], Any]]:
    from django.contrib import admin
    from django.test import RequestFactory

    from encounters.models import Encounter
    from notes.models import Note

    class Stock(admin.ModelAdmin):  # type: ignore[type-arg]
        list_display = ("patient", "provider", "status", "scheduled_at")
        list_select_related = True
        list_per_page = 50
        ordering = ("next_step", "next_step_at")

    encounters, form = Stock(Encounter, admin.site), admin.ModelAdmin(Note, admin.site)
    form.raw_id_fields = (
        "practice",
        "encounter",
        "patient",
        "current_revision",
        "signature",
        "signer",
        "edited_by",
    )
    staff = type(provider).objects.get(pk=provider.pk)
    staff.is_staff = staff.is_superuser = True
    pk = str(Note.objects.values_list("pk", flat=True).first())

    def request(query: str = "") -> Any:
        made = RequestFactory().get(f"/admin/x/{query}")
        made.user = staff
        return made

    return {
        "peer: admin list, first page": lambda: encounters.changelist_view(request()).render(),
        "peer: admin list, last page": lambda: encounters.changelist_view(
            request(f"?p={notes // 50}")
        ).render(),
        "peer: admin form of a note": lambda: form.change_view(request(), pk).render(),
    }


def _clinician() -> Any:
    from encounters.models import Role
    from tests.factories.people import MembershipFactory

    return MembershipFactory(role=Role.PROVIDER, credentials="MD").user


def _fill(provider: Any, first: int, last: int) -> None:
    """Encounters with notes in review, as many as from `first` to `last`, a minute apart, in batches."""
    from django.db import transaction
    from django.utils import timezone

    from encounters.models import Encounter, Participant
    from encounters.states import NextStep
    from notes.content import content_hash
    from notes.models import Note, Revision
    from tests.factories.notes import TRANSCRIPT, content
    from tests.factories.people import PatientFactory

    practice = provider.memberships.get().practice
    patients = [PatientFactory(practice=practice) for _ in range(200)]
    text, start = content(), timezone.now() - timedelta(days=365)
    digest = content_hash(text)
    for begin in range(first, last, 1000):
        visits, notes, revisions = [], [], []
        for number in range(begin, min(begin + 1000, last)):
            at = start + timedelta(minutes=number)
            visit = Encounter(
                practice=practice, patient=patients[number % 200], provider=provider, status="ended", scheduled_at=at,
                started_at=at, ended_at=at, patient_location="US-CA", provider_location="US-CA", specialty="physician",
                next_step=NextStep.REVIEW, next_step_at=at,
            )  # fmt: skip
            note = Note(
                practice=practice, encounter=visit, patient=visit.patient, working=text, transcript=TRANSCRIPT
            )
            revision = Revision(
                note=note, number=1, kind=Revision.Kind.DRAFT, content=text, content_sha256=digest,
                author_label="SOAPNoteAPI",
            )  # fmt: skip
            note.current_revision_id = revision.pk
            visits.append(visit)
            notes.append(note)
            revisions.append(revision)
        with transaction.atomic():
            Encounter.objects.bulk_create(visits)
            Participant.objects.bulk_create(
                [Participant(encounter=visit, role="patient") for visit in visits]
            )
            Note.objects.bulk_create(notes)
            Revision.objects.bulk_create(revisions)


if __name__ == "__main__":
    main()
