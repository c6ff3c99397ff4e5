"""Every checker of the soak finds what it is there to find: a sound database passes, a doctored one does not."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from django_q.models import OrmQ
from django_q.signing import SignedPackage

from config.ids import uuid7
from consent import immutability
from consent.models import AuditEvent, BusinessAssociateAgreement, ConsentRecord
from encounters.models import Encounter, Recording
from notes.models import EngineEvent, FhirDocument, FiledDocument, Note, Rendering, Revision, Submission
from notes.services import attempts
from notes.services.worklist import refresh_next_step
from tests.factories.consent import ConsentFactory
from tests.factories.encounters import EncounterFactory
from tests.factories.notes import NoteFactory, SubmissionFactory, content
from tests.soak.feed import Item
from tests.soak.invariants import Violation, jobs, leaks, outcomes, permission, trail, webhooks
from tests.soak.invariants.frozen import Frozen, frozen_models
from tests.soak.invariants.outcomes import Strike
from tests.soak.invariants.waiting import Waiting
from tests.soak.ledger import Acknowledged, EngineJob, Ledger
from tests.soak.visits import MARK, Kind, Visit

pytestmark = pytest.mark.django_db
NOTE_ID = "note-of-the-engine"


@pytest.fixture
def claimed() -> Submission:
    """A submission that the gate let pass and that is being sent."""
    submission = SubmissionFactory()
    assert attempts.claim(submission) is not None
    return submission


@pytest.fixture
def unguarded() -> None:
    """What only somebody with the database's own tools could do."""
    for model in [*frozen_models(), AuditEvent]:
        immutability.remove(model, connection)


def engine_job(submission: Submission, note_id: str = NOTE_ID) -> EngineJob:
    return EngineJob(note_id, submission.kind, jobs.size_of(submission), "completed")


def visit_of(note: Note, kind: Kind = Kind.TYPED) -> Visit:
    return Visit(7, kind, addendum=False, encounter=f"/encounters/{note.encounter_id}/")


def found_in(violations: list[Violation], invariant: str) -> list[str]:
    assert {violation.invariant for violation in violations} <= {invariant}
    return [violation.what for violation in violations]


def test_a_webhook_that_was_acknowledged_and_is_not_stored() -> None:
    submission = SubmissionFactory(processing=True)
    EngineEvent.objects.create(
        account=submission.account,
        note_id=NOTE_ID,
        event="note.generated",
        body_sha256="0" * 64,
        profile="t-v1",
    )
    assert webhooks.check([Acknowledged(NOTE_ID, "note.generated"), Acknowledged("any", "test")]) == []
    assert found_in(webhooks.check([Acknowledged("another", "note.generated")]), "I1")


def test_more_engine_jobs_than_claims_and_a_job_of_nobody(claimed: Submission) -> None:
    assert jobs.check(Ledger((engine_job(claimed),)), []) == []
    twice = Ledger((engine_job(claimed), engine_job(claimed, "another")))
    assert found_in(jobs.check(twice, []), "I2") == ["the engine has 2 jobs for 1 claims"]
    strange = Ledger((EngineJob("strange", "audio", 1, "completed"),))
    assert found_in(jobs.check(strange, []), "I2") == ["an engine job of no submission"]


def test_a_draft_that_was_made_from_another_visit(claimed: Submission) -> None:
    Submission.objects.filter(pk=claimed.pk).update(
        state="completed", completed_note_id=NOTE_ID, completed_at=timezone.now()
    )
    assert jobs.check(Ledger((engine_job(claimed),)), []) == []
    other = SubmissionFactory(text=claimed.text + " A little more was said.")
    attempts.claim(other)
    swapped = Ledger((engine_job(other),))
    assert found_in(jobs.check(swapped, []), "I2") == ["the draft was made from another visit"]


def test_a_draft_without_the_words_that_were_typed() -> None:
    note = NoteFactory(working=content(plan=f"Rest. Reference {MARK}00007."))
    assert jobs.check(Ledger(), [visit_of(note)]) == []
    assert found_in(jobs.check(Ledger(), [visit_of(NoteFactory())]), "I2")


def test_chart_entries_that_no_addendum_accounts_for(unguarded: None) -> None:
    note = NoteFactory(filed=True)
    assert jobs.check(Ledger(), []) == []
    document = FiledDocument.objects.get(note=note)
    document.body, document.pk = document.body, uuid7()
    document.version, document.change_number = 2, 99
    document.save(force_insert=True)
    assert len(found_in(jobs.check(Ledger(), []), "doubled")) == 2


def test_work_that_nobody_goes_on_with() -> None:
    now = [0.0]
    submission = SubmissionFactory(next_attempt_at=timezone.now())
    refresh_next_step(submission.encounter_id)
    waiting = Waiting(limit=90, clock=lambda: now[0])
    assert waiting.check() == []
    now[0] = 91
    assert found_in(waiting.check(), "I3") == ["nobody went on with it for 90 s: submission queued"]
    Submission.objects.filter(pk=submission.pk).update(attempts=1)
    assert waiting.check() == [], "something happened to it"


def test_rows_that_no_worker_would_find() -> None:
    unfindable = (
        {"state": "uploading", "lease_until": None},
        {"state": "processing", "next_attempt_at": None, "upstream_note_id": NOTE_ID},
        {"state": "held", "hold_reasons": []},
        {"state": "failed", "last_error_code": ""},
    )
    for number, fields in enumerate(unfindable):
        refresh_next_step(SubmissionFactory(**fields).encounter_id)
        assert len(found_in(Waiting().check(), "I3")) == number + 1


def test_a_worklist_that_shows_the_wrong_step() -> None:
    now = [0.0]
    submission = SubmissionFactory()
    Encounter.objects.filter(pk=submission.encounter_id).update(next_step=40)
    Submission.objects.filter(pk=submission.pk).update(next_attempt_at=timezone.now() + timedelta(hours=1))
    waiting = Waiting(limit=90, clock=lambda: now[0])
    assert waiting.check() == []
    now[0] = 91
    assert found_in(waiting.check(), "I3") == [
        "nobody went on with it for 90 s: the worklist has it under 40, not WAITING"
    ]


def test_an_audit_row_that_was_changed(claimed: Submission, unguarded: None) -> None:
    assert trail.check() == []
    row = AuditEvent.objects.filter(action="submission.transition").get()
    AuditEvent.objects.filter(pk=row.pk).update(reason="Nothing happened")
    assert "was changed" in found_in(trail.check(), "I4")[0]


def test_words_in_a_log_or_a_temporary_file(tmp_path: Path) -> None:
    (tmp_path / "tmp").mkdir()
    (tmp_path / "web.log").write_text('{"event": "request"}\n')
    assert leaks.check_files(tmp_path) == []
    (tmp_path / "web.log").write_text(f"could not send: Reference {MARK}00007\n")
    (tmp_path / "tmp" / "upload").write_bytes(b"RIFF....penicillin")
    assert len(found_in(leaks.check_files(tmp_path), "I5")) == 2


def test_words_in_a_column_in_the_queue_and_audio_that_should_be_gone(
    tmp_path: Path, stored_recording: Any
) -> None:
    recording: Recording = stored_recording()
    assert leaks.check_all(tmp_path) == []
    Submission.objects.filter(pk=SubmissionFactory().pk).update(last_error=f"could not send {MARK}00007")
    task = SignedPackage.dumps({"func": "notes.tasks.send", "args": (f"{MARK}00007",)})
    OrmQ.objects.create(key="q", payload=task, lock=timezone.now())
    spool = tmp_path / "sandbox" / "spool"
    spool.mkdir(parents=True)
    (spool / "left.audio").write_bytes(b"sound")
    Recording.objects.filter(pk=recording.pk).update(state="purged")
    whats = found_in(leaks.check_all(tmp_path), "I5")
    assert whats == [
        "the engine still has a recording",
        "a column holds what was said or typed",
        "the queue or the cache holds what was said or typed",
        "audio is left of a recording that was deleted",
    ]


def test_bytes_that_left_without_an_agreement(claimed: Submission) -> None:
    ledger = Ledger((engine_job(claimed),))
    assert permission.check(ledger, []) == []
    BusinessAssociateAgreement.objects.update(revoked_at=timezone.now() - timedelta(minutes=1))
    assert "without an agreement" in found_in(permission.check(ledger, []), "I6")[0]


def test_bytes_that_left_without_consent(stored_recording: Any, unguarded: None) -> None:
    recording = stored_recording(EncounterFactory(consented=True, agreement=True))
    submission = SubmissionFactory(
        encounter=recording.encounter, kind="audio", text=None, recording=recording
    )
    attempts.claim(submission)
    assert permission.check(Ledger(), []) == []
    ConsentFactory(participant=recording.encounter.participants.get(), decision="declined")
    assert permission.check(Ledger(), []) == [], "what was sent before the refusal was allowed"
    now = timezone.now()
    ConsentRecord.objects.filter(decision="granted").update(recorded_at=now - timedelta(minutes=2))
    ConsentRecord.objects.filter(decision="declined").update(recorded_at=now - timedelta(minutes=1))
    assert "without everybody's consent" in found_in(permission.check(Ledger(), []), "I6")[0]


def test_bytes_that_were_never_claimed() -> None:
    assert found_in(permission.check(Ledger((engine_job(SubmissionFactory()),)), []), "I6")


def test_bytes_that_were_sent_more_often_than_claimed(claimed: Submission) -> None:
    assert permission.check(Ledger(sendings=1), []) == []
    assert found_in(permission.check(Ledger(sendings=2), []), "I6") == [
        "bytes were sent 2 times with 1 claims"
    ]


def test_audio_submitted_although_consent_was_withdrawn(stored_recording: Any) -> None:
    recording = stored_recording()
    visit = Visit(1, Kind.WITHDRAWN, addendum=False, encounter=f"/encounters/{recording.encounter_id}/")
    visit.withdrawn_at = timezone.now()
    assert permission.check(Ledger(), [visit]) == []
    SubmissionFactory(encounter=recording.encounter, kind="audio", text=None, recording=recording)
    assert found_in(permission.check(Ledger(), [visit]), "I6")


def test_signed_bytes_that_changed_and_rows_that_are_gone(unguarded: None) -> None:
    note = NoteFactory(filed=True)
    frozen = Frozen()
    assert frozen.check() == []
    assert frozen.check() == []
    Revision.objects.filter(note=note, kind="signed").update(author_label="Somebody else")
    assert found_in(frozen.check(), "I7") == ["a revision was changed"]
    for model in (Rendering, FhirDocument):  # they refer to what is about to be gone
        rows = model.objects.filter(document__in=list(note.documents.values_list("pk", flat=True)))
        rows._raw_delete("default")
    FiledDocument.objects.filter(note=note)._raw_delete("default")
    assert "a row of notes.FiledDocument is gone" in found_in(frozen.check(), "I7")


def test_signed_text_that_does_not_fit_its_hash(unguarded: None) -> None:
    note = NoteFactory(filed=True)
    Revision.objects.filter(note=note, kind="signed").update(content_sha256="0" * 64)
    whats = found_in(Frozen().check(), "I7")
    assert whats == ["the revision does not fit its hash", "the signature does not fit its hash"]


def test_a_visit_that_was_lost() -> None:
    note = NoteFactory(filed=True)
    assert outcomes.check_ends([visit_of(note)]) == []
    for lost in (visit_of(NoteFactory()), Visit(8, Kind.SPOKEN, addendum=False)):
        assert found_in(outcomes.check_ends([lost]), "lost")


def test_a_failure_that_no_fault_accounts_for() -> None:
    SubmissionFactory(state="failed", last_error_code="INTERNAL_ERROR")
    now = timezone.now()
    fitting = Strike("engine: error", frozenset({"INTERNAL_ERROR"}), now + timedelta(seconds=8))
    other = Strike("web killed", frozenset({"UNREACHABLE"}), now + timedelta(seconds=8))
    earlier = Strike("engine: error", fitting.explains, now - timedelta(minutes=1))
    assert outcomes.check_failures([other, fitting]) == []
    assert outcomes.check_failures([Strike("still striking", fitting.explains)]) == []
    assert found_in(outcomes.check_failures([other, earlier]), "lost")


def test_a_feed_with_a_gap_a_repetition_and_other_words() -> None:
    import json  # noqa: PLC0415

    NoteFactory(filed=True)
    note = NoteFactory()
    first = Item.of(json.loads(FiledDocument.objects.get().body))
    assert outcomes.check_feed([first]) == []
    assert found_in(outcomes.check_feed([]), "feed")[0] == "change 1 was never delivered"
    assert found_in(outcomes.check_feed([first, first]), "feed") == ["entries came twice or out of order"]
    altered = Item(first.change, first.note, first.version, "other words")
    assert found_in(outcomes.check_feed([altered]), "feed") == ["change 1 is not what is stored"]
    assert note.state == "in_review"
