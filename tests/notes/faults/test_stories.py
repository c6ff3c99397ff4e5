"""Faults that take a second visit, a second account, a second thread or a day to be told."""

from __future__ import annotations

from datetime import timedelta

import pytest

from config.http import json_body
from consent.models import AuditEvent
from encounters.states import NextStep
from notes.models import EngineEvent, Note, Submission
from notes.services.submissions import submission_create_for_recording, submission_create_for_text
from notes.soapnoteapi.sandbox.faults import catalogue
from tests.factories.encounters import EncounterFactory
from tests.notes.faults import ledgers
from tests.notes.faults.conftest import TYPED
from tests.notes.sandbox.running import OTHER_KEY, VISIT

HALF_AN_HOUR, A_DAY = timedelta(minutes=31), timedelta(hours=24)


@pytest.fixture
def colleague_visit(stage, visit):
    """Another visit of the practice, with its own recording."""
    return EncounterFactory(practice=visit.practice, consented=True, agreement=True)


@pytest.fixture
def other(colleague_visit, stored_recording):
    return submission_create_for_recording(recording_id=stored_recording(colleague_visit).pk)


@pytest.fixture
def earlier(stage, other):
    """That other visit, with its draft; asked for before `audio`, or both would be sent."""
    return finished(stage, other)


def refusals():
    return list(AuditEvent.objects.filter(action="engine.result_refused").values_list("reason", flat=True))


def finished(stage, submission):
    stage.send(submission)
    stage.run()
    submission.refresh_from_db()
    assert submission.state == "completed"
    return submission


def test_a_job_that_never_ends_is_shown_after_half_an_hour_and_given_up_after_a_day(stage, audio, visit):
    stage.arm("job-never-ends")
    stage.send(audio)
    stage.work()
    for passed, state, words in (
        (HALF_AN_HOUR, "processing", "longer than usual"),
        (A_DAY, "failed", "never finished"),
    ):
        stage.clock.shift(passed)
        stage.work()
        audio.refresh_from_db()
        visit.refresh_from_db()
        assert (audio.state, visit.next_step) == (state, NextStep.ATTENTION)
        assert words in audio.last_error
        assert "is kept" in audio.last_error
    assert ledgers.made(stage.ledger()) == {audio.upstream_note_id}


def test_a_note_that_another_visit_has_already_is_refused(stage, earlier, audio, visit):
    stage.arm("taken-note-id", match={"endpoint": "upload"})
    stage.send(audio)
    assert (audio.state, audio.last_error_code) == ("failed", "NOTE_ID_TAKEN")
    assert "belongs to another visit" in audio.last_error
    stage.run()
    visit.refresh_from_db()
    assert visit.next_step == NextStep.ATTENTION
    assert not Note.objects.filter(encounter=visit).exists()
    assert refusals() == ["The note belongs to another submission"]
    assert len(ledgers.made(stage.ledger())) == 2
    assert not ledgers.unclaimed(stage.ledger())


def test_the_same_for_a_typed_text(stage, earlier, typed, visit):
    stage.arm("taken-note-id", match={"endpoint": "text"})
    stage.send(typed)
    assert (typed.state, typed.last_error_code) == ("failed", "NOTE_ID_TAKEN")
    assert not Note.objects.filter(encounter=visit).exists()


@pytest.mark.parametrize("silent", [False, True])
def test_somebody_elses_note_is_refused_and_ours_is_still_taken_in(stage, earlier, audio, visit, silent):
    if silent:
        stage.arm("webhook-lost")
    stage.arm("somebody-elses-note", named="theirs")
    stage.send(audio)
    stage.run()
    audio.refresh_from_db()
    assert refusals() == ["The answer named another note"]
    if silent:
        assert (audio.state, audio.last_error_code) == ("failed", "ANOTHER_NOTE")
        assert "another note" in audio.last_error
        assert not Note.objects.filter(encounter=visit).exists()
    else:
        assert audio.state == "completed"
        assert audio.completed_note_id == audio.upstream_note_id
    assert len(ledgers.made(stage.ledger())) == 2


def test_somebody_elses_words_under_our_id_are_beyond_telling(stage, earlier, audio):
    """Why every draft is read against what was said before it is signed."""
    stage.arm("somebody-elses-note", named="ours")
    finished(stage, audio)
    assert stage.drafts(audio) == ["draft"]


def test_a_webhook_about_another_accounts_note_touches_nothing(stage, audio, visit):
    body = json_body({"transcript": VISIT, "specialty": "physician"})
    theirs = stage.sandbox.send("POST", "/v1/note", key=OTHER_KEY, body=body)
    assert theirs.status == 200
    stage.arm("webhook-others-note")
    stage.send(audio)
    stage.run()
    assert stage.drafts(audio) == ["draft"]
    (stranger,) = EngineEvent.objects.exclude(note_id=audio.upstream_note_id)
    assert stranger.handled_at is None
    stage.clock.shift(A_DAY + HALF_AN_HOUR)
    stage.work()
    stranger.refresh_from_db()
    assert stranger.handled_at
    assert refusals() == ["A note that belongs to no submission"]
    assert Note.objects.count() == 1


def test_a_webhook_before_the_uploads_answer_is_kept_until_the_note_has_an_owner(stage, audio):
    stage.arm("webhook-early")
    with stage.deliveries.taken_meanwhile():
        stage.send(audio)
    assert audio.state == "processing"
    (event,) = EngineEvent.objects.all()
    assert event.received_at < audio.accepted_at
    stage.run()
    audio.refresh_from_db()
    assert audio.state == "completed"
    assert stage.drafts(audio) == ["draft"]


def test_webhooks_in_the_wrong_order_reach_the_right_visits(stage, audio, other):
    stage.arm("webhook-reordered")
    for submission in (audio, other):
        stage.send(submission)
    stage.run()
    for submission in (audio, other):
        submission.refresh_from_db()
        assert (submission.state, stage.drafts(submission)) == ("completed", ["draft"])
        assert submission.completed_note_id == submission.upstream_note_id
    assert set(stage.deliveries.answers) == {204}


def test_an_answer_and_a_webhook_lost_together_cost_a_second_note_and_it_is_known(stage, audio):
    stage.arm("lost-answer")
    stage.arm("webhook-lost")
    finished(stage, audio)
    assert stage.drafts(audio) == ["draft"]
    assert audio.answer_lost_at
    assert len(ledgers.made(stage.ledger())) == 2
    assert len(ledgers.unclaimed(stage.ledger())) == 1
    ledgers.check_bytes(stage.ledger(), audio)


def test_an_engine_that_stays_out_of_order_is_left_to_a_person_after_three_tries(stage, audio, visit):
    stage.arm("error", status=503, times=10, match={"endpoint": "upload"})
    stage.send(audio)
    stage.run()
    audio.refresh_from_db()
    visit.refresh_from_db()
    assert (audio.state, visit.next_step) == ("failed", NextStep.ATTENTION)
    assert len(ledgers.received_by_the_engine(stage.ledger())) == 3
    assert not ledgers.made(stage.ledger())


def test_every_shape_of_every_unknown_field_leaves_a_note(stage, visit):
    """Only a note without sections is none; it is asked for again."""
    for field in catalogue.FIELDS:
        for shape in catalogue.SHAPES:
            another = EncounterFactory(practice=visit.practice, consented=True, agreement=True)
            submission = submission_create_for_text(
                encounter=another, kind="text", text=TYPED, actor=another.provider
            )
            stage.arm("odd-field", field=field, shape=shape)
            stage.send(submission)
            empty = field == "sections" and shape in ("absent", "null")
            expected = ("queued", "NO_NOTE") if empty else ("completed", "")
            assert (submission.state, submission.last_error_code) == expected, (field, shape)
            assert stage.drafts(submission) == ([] if empty else ["draft"])
    assert len(ledgers.made(stage.ledger())) == Submission.objects.count()


@pytest.mark.parametrize("shape", ["list", "nested"])
def test_odd_shapes_are_read_by_polling_too(stage, audio, shape):
    stage.arm("odd-field", field="sections", shape=shape)
    finished(stage, audio)
    assert stage.drafts(audio) == ["draft"]
