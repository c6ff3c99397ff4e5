"""Races on PostgreSQL, each with a control that shows the race without its guard."""

from __future__ import annotations

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections, transaction
from django.test import Client
from django.utils import timezone

from consent.audit import SYSTEM, audited, record
from consent.services import consent_record
from notes import tasks
from notes.models import EngineEvent, Note, Submission
from notes.services import attempts, results, sending, worklist
from notes.services.submissions import submission_create_for_recording, submission_create_for_text
from notes.soapnoteapi.schemas import read_note
from notes.soapnoteapi.signatures import sign
from tests.notes.pipeline.conftest import TYPED
from tests.notes.pipeline.upstream import SECTIONS, Answer

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
MANY = 8


@pytest.fixture(autouse=True)
def _on_postgresql(db):
    if connection.vendor != "postgresql":
        pytest.skip("left out: the race needs PostgreSQL")


def together(*works):
    """Run all at the same moment, each on a connection of its own; their results or exceptions."""
    gate = threading.Barrier(len(works))

    def run(work):
        try:
            gate.wait(10)
            return work()
        except Exception as raised:  # noqa: BLE001 - handed back to the test
            return raised
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(works)) as pool:
        return [future.result(60) for future in [pool.submit(run, work) for work in works]]


def loaded(submission):
    return Submission.objects.select_related(
        "account", "recording", "encounter__practice", "encounter__patient"
    ).get(pk=submission.pk)


def test_eight_workers_and_one_submission_send_it_once(audio, hands, upstream):
    together(*[lambda: sending.send(audio.pk)] * MANY)
    audio.refresh_from_db()
    assert (upstream.count("upload"), audio.state, audio.attempts) == (1, "processing", 1)


def test_control_without_the_conditional_claim_it_would_be_sent_more_than_once(
    audio, hands, upstream, monkeypatch
):
    def unguarded(submission, to, *, actor, where=None, data=None, reason="", **fields):
        time.sleep(0.05)
        Submission.objects.filter(pk=submission.pk).update(state=to, **fields)
        return submission

    monkeypatch.setattr(attempts, "advance", unguarded)
    monkeypatch.setattr(attempts, "free_places", lambda: MANY)
    together(*[lambda: attempts.claim(loaded(audio))] * MANY)
    audio.refresh_from_db()
    assert audio.attempts > 1


def test_eight_notices_of_one_recording_make_one_submission(visit, account, stored_recording):
    recording = stored_recording(visit)
    made = together(*[lambda: submission_create_for_recording(recording_id=recording.pk)] * MANY)
    assert len({submission.pk for submission in made}) == 1
    assert Submission.objects.count() == 1


def test_two_clicks_make_one_typed_submission(visit, account):
    made = together(
        *[lambda: submission_create_for_text(encounter=visit, kind="text", text=TYPED, actor=visit.provider)]
        * 4
    )
    assert sum(isinstance(one, Submission) for one in made) == 1
    assert Submission.objects.count() == 1


def test_webhook_poll_and_upload_answer_at_once_make_one_draft(visit, audio, hands, upstream):
    hands.send(audio)
    note = read_note({"noteId": audio.upstream_note_id, **SECTIONS})
    together(*[lambda: results.apply(submission_id=audio.pk, engine_note=note, source="webhook")] * MANY)
    assert [revision.kind for revision in Note.objects.get(encounter=visit).revisions.all()] == ["draft"]


def test_two_submissions_and_a_person_at_once_make_one_note(visit, audio, typed, hands, upstream):
    first, second = (
        read_note({"noteId": "a", **SECTIONS}),
        read_note({"noteId": "b", **SECTIONS, "plan": "Other."}),
    )
    ends = together(
        lambda: results.apply(submission_id=audio.pk, engine_note=first, source="poll"),
        lambda: results.apply(submission_id=typed.pk, engine_note=second, source="poll"),
        lambda: results.note_start_by_hand(encounter=visit, actor=visit.provider),
    )
    assert {type(end) for end in ends} == {Note}
    note = Note.objects.get(encounter=visit)
    # Who begins by hand after a draft came gets that draft, and adds no revision.
    by_hand_first = note.revisions.filter(kind="started").exists()
    assert note.revisions.count() == (3 if by_hand_first else 2)
    assert note.revisions.exclude(kind="superseded").count() == 1


def test_the_same_webhook_thirty_two_times_is_one_row(account):
    body = json.dumps({"event": "note.generated", "note_id": "n", "status": "completed"}).encode()
    headers = sign("t-v1", account.webhook_secret, body, timezone.now().timestamp())
    url = f"/hooks/soapnoteapi/{account.pk}/"

    def deliver():
        return Client().post(url, body, content_type="application/json", headers=headers).status_code

    assert set(together(*[deliver] * 32)) == {204}
    event = EngineEvent.objects.get()
    assert event.deliveries == 32


def test_the_next_step_sees_both_of_two_changes_at_once(visit, account):
    """The later of two transactions waits at the encounter's row and then reads what the earlier one wrote."""
    held = threading.Event()

    def first():
        with transaction.atomic():
            Note.objects.create(encounter=visit, practice=visit.practice, patient=visit.patient)
            worklist.refresh_next_step(visit.pk)
            held.set()
            time.sleep(0.3)

    def second():
        held.wait(5)
        with transaction.atomic():
            worklist.refresh_next_step(visit.pk)

    together(first, second)
    visit.refresh_from_db()
    assert visit.next_step == 20


def test_withdrawal_cuts_an_upload_that_is_under_way(visit, audio, hands, upstream, monkeypatch):
    """The engine reads slowly; the patient withdraws in the middle."""
    started = threading.Event()
    left = []

    def slowly(rest):
        left.append(rest)
        started.set()
        time.sleep(0.4)

    upstream.reading = slowly

    def withdraw():
        started.wait(20)
        consent_record(
            participant=visit.participants.get(), decision="withdrawn", method="verbal", actor=visit.provider
        )

    together(lambda: sending.send(audio.pk), withdraw)
    audio.refresh_from_db()
    assert audio.state == "cancelled"
    assert upstream.count("upload") == 0
    assert left[-1] > 0


def test_a_second_withdrawal_of_the_same_row_is_quiet(visit, audio, hands):
    together(*[lambda: tasks.permission_withdrawn(visit.pk)] * 4)
    audio.refresh_from_db()
    assert audio.state == "cancelled"


def test_a_slow_answer_is_taken_in_while_others_poll(audio, hands, upstream):
    upstream.script("upload", Answer(202, {"noteId": "slow"}, before=lambda: time.sleep(0.5)))
    together(lambda: sending.send(audio.pk), lambda: (time.sleep(0.2), sending.send(audio.pk)))
    audio.refresh_from_db()
    assert (audio.state, audio.upstream_note_id, upstream.count("upload")) == ("processing", "slow", 1)


def test_recording_consent_and_moving_a_submission_on_never_wait_for_each_other_in_a_circle(visit, audio):
    """A row that refers to the visit is checked against it at commit, when the audit chain is locked already."""
    held = threading.Event()

    def moves_on():
        with audited():
            worklist.refresh_next_step(visit.pk)
            held.set()
            time.sleep(0.3)
            record("encounter.viewed", actor=SYSTEM, target=visit, **visit.audit_context())

    def says_no():
        held.wait(5)
        return consent_record(
            participant=visit.participants.get(), decision="declined", method="verbal", actor=visit.provider
        )

    ended = together(moves_on, says_no)
    assert not [end for end in ended if isinstance(end, Exception)], ended
