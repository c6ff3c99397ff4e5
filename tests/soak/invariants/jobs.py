"""I2: no more engine jobs than times a submission was claimed, one note an encounter, one draft a note; none of them
another visit's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from django.db.models import Count, Model

from consent.models import AuditEvent
from notes.models import Addendum, FiledDocument, Note, Revision, Submission
from tests.soak.invariants import Violation
from tests.soak.ledger import EngineJob, Ledger
from tests.soak.visits import Visit

CLAIMED = '"to":"uploading"'


def check(ledger: Ledger, visits: Iterable[Visit]) -> list[Violation]:
    return [*_jobs(ledger), *_doubles(), *_whose(ledger), *_typed(visits)]


def size_of(submission: Submission) -> int:
    """How many bytes the engine counts for it; the soak gives no two visits the same."""
    if submission.recording is not None:
        return submission.recording.bytes
    return len((submission.text or "").encode())


def submissions() -> list[Submission]:
    return list(Submission.objects.select_related("recording").defer("result"))


def claims() -> Counter[str]:
    """How many times each submission was taken to be sent, by its id."""
    moves = AuditEvent.objects.filter(action="submission.transition", data__contains=CLAIMED)
    return Counter(moves.values_list("target_id", flat=True))


def _jobs(ledger: Ledger) -> list[Violation]:
    taken = claims()
    found, known = [], set()
    for submission in submissions():
        size = size_of(submission)
        known.add(size)
        jobs = ledger.of_size(size)
        if len(jobs) > taken[str(submission.pk)] and not _shared(submission):
            what = f"the engine has {len(jobs)} jobs for {taken[str(submission.pk)]} claims"
            found.append(Violation("I2", what, (str(submission.pk), *(job.note_id for job in jobs))))
    strange = [job for job in ledger.jobs if job.bytes not in known]
    return found + [Violation("I2", "an engine job of no submission", (job.note_id,)) for job in strange]


def _shared(submission: Submission) -> bool:
    """Whether the recording was submitted anew after a cancellation: then the jobs belong to several rows."""
    rows = Submission.objects.filter(recording=submission.recording_id, recording__isnull=False)
    return rows.count() > 1


def _doubles() -> list[Violation]:
    drafts = Revision.objects.filter(kind=Revision.Kind.DRAFT)
    return [
        *_more_than_one(Note, "encounter", "notes"),
        *_more_than_one(drafts, "note", "drafts by the engine"),
        *_more_than_one(FiledDocument.objects.filter(replaces=None), "note", "first chart entries"),
        *_documents(),
    ]


def _more_than_one(rows: type[Model] | Any, name: str, what: str) -> list[Violation]:
    queryset = rows._default_manager.all() if isinstance(rows, type) else rows
    many = queryset.order_by().values(name).annotate(found=Count("pk")).filter(found__gt=1)
    return [Violation("doubled", f"{row['found']} {what}", (str(row[name]),)) for row in many]


def _documents() -> list[Violation]:
    """A filed note has one chart entry, and one more for each addendum."""
    entries = Counter(FiledDocument.objects.values_list("note", flat=True))
    addenda = Counter(Addendum.objects.values_list("note", flat=True))
    return [
        Violation("doubled", f"{count} chart entries with {addenda[note]} addenda", (str(note),))
        for note, count in entries.items()
        if count != 1 + addenda[note]
    ]


def _whose(ledger: Ledger) -> list[Violation]:
    """The engine's note that became a draft was made from the bytes of that very visit."""
    jobs: dict[str, EngineJob] = {job.note_id: job for job in ledger.jobs}
    found = []
    for submission in submissions():
        job = jobs.get(submission.completed_note_id)
        if job is not None and job.bytes != size_of(submission):
            ids = (str(submission.pk), job.note_id, str(submission.encounter_id))
            found.append(Violation("I2", "the draft was made from another visit", ids))
    return found


def _typed(visits: Iterable[Visit]) -> list[Violation]:
    """The draft of a typed visit speaks of that visit and of no other."""
    typed = {visit.pk: visit for visit in visits if visit.encounter and not visit.recorded}
    drafts = Revision.objects.filter(kind=Revision.Kind.DRAFT, note__encounter__in=list(typed))
    found = []
    for draft in drafts.select_related("note"):
        visit = typed[str(draft.note.encounter_id)]
        if visit.mark not in str(draft.content):
            found.append(Violation("I2", "the draft does not hold what was typed", (visit.pk, str(draft.pk))))
    return found
