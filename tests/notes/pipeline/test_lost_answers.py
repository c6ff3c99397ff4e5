"""Dead workers and lost answers: sent again only when it must be, and one draft in the end."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from config import doorbell
from notes.models import EngineEvent, Note, Submission
from notes.services import attempts, sending, sweeping
from notes.services.submissions import (
    submission_cancel,
    submission_create_for_recording,
    submission_retry,
)
from tests.factories.encounters import EncounterFactory
from tests.notes.pipeline.upstream import SECTIONS, Answer


@pytest.fixture
def lost(audio, hands, upstream):
    """A submission whose body arrived and whose answer didn't."""
    upstream.script("upload", Answer(drop=True))
    return hands.send(audio)


def drafts(visit):
    return [revision.kind for revision in Note.objects.get(encounter=visit).revisions.all()]


def test_the_missing_note_is_recognised_by_its_announcement(visit, lost, hands, upstream):
    upstream.finish("the-lost-one")
    event = hands.announce("the-lost-one")
    hands.read_inbox()
    lost.refresh_from_db()
    assert lost.state == "completed"
    assert lost.upstream_note_id == "the-lost-one"
    assert upstream.count("upload") == 1
    assert drafts(visit) == ["draft"]
    event.refresh_from_db()
    assert event.submission_id == lost.pk


def test_a_reader_that_breaks_after_the_answer_came_leaves_a_lost_answer_behind(
    visit, audio, hands, upstream, monkeypatch
):
    usual = sending.open_recording

    def breaking(recording):
        plain = usual(recording)
        monkeypatch.setattr(plain, "close", lambda: (_ for _ in ()).throw(OSError("the storage is gone")))
        return plain

    monkeypatch.setattr(sending, "open_recording", breaking)
    hands.send(audio)
    assert (audio.state, audio.last_error_code) == ("failed", "UNREADABLE")
    assert audio.answer_lost_at
    upstream.finish("the-lost-one")
    hands.announce("the-lost-one")
    hands.read_inbox()
    audio.refresh_from_db()
    assert audio.state == "completed"
    assert drafts(visit) == ["draft"]


def test_it_is_looked_for_right_before_sending_again(visit, lost, hands, upstream):
    upstream.finish("the-lost-one")
    hands.announce("the-lost-one")
    hands.send(lost)
    assert lost.state == "completed"
    assert upstream.count("upload") == 1


def test_an_announcement_that_was_looked_at_a_moment_ago_is_looked_at_again_before_sending(
    visit, audio, hands, upstream, account
):
    upstream.finish("the-lost-one")
    event = hands.announce("the-lost-one")
    hands.read_inbox()  # nobody had lost an answer yet
    event.refresh_from_db()
    assert event.look_after > timezone.now()
    upstream.script("upload", Answer(drop=True))
    hands.send(audio)
    EngineEvent.objects.update(received_at=timezone.now())
    hands.send(audio)
    assert audio.state == "completed"
    assert upstream.count("upload") == 1


def test_two_notes_of_one_recording_first_wins_and_second_is_kept_aside(visit, lost, hands, upstream):
    hands.send(lost)
    assert lost.state == "processing"
    upstream.finish("the-lost-one")
    hands.announce("the-lost-one")
    hands.read_inbox()
    upstream.finish(lost.upstream_note_id, plan="The plan in other words.")
    hands.announce(lost.upstream_note_id)
    hands.read_inbox()
    assert drafts(visit) == ["draft", "superseded"]
    assert Note.objects.get().working["sections"] == SECTIONS


def test_two_candidates_mean_nobody_gets_it(visit, lost, account, hands, upstream, stored_recording):
    other = EncounterFactory(practice=visit.practice, consented=True)
    second = submission_create_for_recording(recording_id=stored_recording(other).pk)
    upstream.script("upload", Answer(drop=True))
    hands.send(second)
    upstream.finish("whose")
    hands.announce("whose")
    hands.read_inbox()
    assert not Note.objects.exists()
    assert EngineEvent.objects.get().handled_at is None


def test_two_announcements_mean_nobody_gets_either(lost, hands, upstream):
    for name in ("one", "two"):
        upstream.finish(name)
        hands.announce(name)
    hands.read_inbox()
    assert not Note.objects.exists()


def test_while_another_upload_waits_for_its_answer_nothing_is_attributed(
    visit, lost, account, hands, upstream, stored_recording
):
    other = EncounterFactory(practice=visit.practice, consented=True)
    second = submission_create_for_recording(recording_id=stored_recording(other).pk)
    attempts.claim(second)
    upstream.finish("whose")
    hands.announce("whose")
    hands.read_inbox()
    assert not Note.objects.exists()


def test_a_note_longer_than_the_recording_is_somebody_elses(lost, hands, upstream):
    upstream.finish("long", transcript=[{"start": 0, "end": 900, "text": "Fifteen minutes."}])
    hands.announce("long")
    hands.read_inbox()
    assert not Note.objects.exists()
    lost.refresh_from_db()
    assert lost.state == "queued"


def test_an_announcement_from_before_is_not_it(audio, hands, upstream):
    event = hands.announce("older")
    EngineEvent.objects.filter(pk=event.pk).update(received_at=timezone.now() - timedelta(hours=1))
    upstream.finish("older")
    upstream.script("upload", Answer(drop=True))
    hands.send(audio)
    hands.read_inbox()
    assert not Note.objects.exists()


def test_an_announcement_that_nobody_claims_is_let_go_after_a_day(account, hands):
    event = hands.announce("nobodys", data={**SECTIONS})
    EngineEvent.objects.filter(pk=event.pk).update(received_at=timezone.now() - timedelta(hours=25))
    hands.read_inbox()
    event.refresh_from_db()
    assert event.handled_at
    assert event.payload is None


def test_a_worker_that_died_before_the_last_byte_costs_nothing(audio, hands, upstream):
    attempts.claim(audio)
    hands.worker_dies(audio)
    hands.send(audio)
    assert audio.state == "processing"
    assert audio.answer_lost_at is None
    assert audio.attempts == 2


def test_a_worker_that_died_after_the_last_byte_makes_us_wait(audio, hands, upstream, settings):
    attempts.claim(audio).mark_body_sent()
    hands.worker_dies(audio)
    sending.send(audio.pk)
    audio.refresh_from_db()
    assert audio.state == "queued"
    assert audio.answer_lost_at
    assert audio.next_attempt_at > timezone.now() + timedelta(seconds=settings.ENGINE_ANSWER_WAIT_SECONDS - 5)
    assert upstream.connections == 0
    hands.send(audio)
    assert audio.state == "processing"


def test_what_kills_its_worker_each_time_is_parked_in_words(visit, audio, hands, upstream):
    for _ in range(3):
        assert attempts.claim(audio) is not None
        hands.worker_dies(audio)
        sending.send(audio.pk) if audio.attempts == 3 else sending.settling.recover(audio)
        audio.refresh_from_db()
    assert audio.state == "failed"
    assert audio.last_error_code == "WORKER_DIED"
    assert "stopped unexpectedly" in audio.last_error
    assert upstream.connections == 0


def test_the_sweep_finds_what_a_dead_worker_left(audio, hands, rung, django_capture_on_commit_callbacks):
    attempts.claim(audio)
    with django_capture_on_commit_callbacks(execute=True):
        assert sweeping.ring_due() == 0
    hands.worker_dies(audio)
    with django_capture_on_commit_callbacks(execute=True):
        sweeping.ring_due()
    assert rung == [("notes.tasks.send", (str(audio.pk),))]


def test_the_sweep_finds_a_recording_nobody_announced(visit, account, stored_recording):
    recording = stored_recording(visit)
    sweeping.sweep()
    assert Submission.objects.get().recording_id == recording.pk


def test_a_broken_broker_costs_no_work(audio, hands, monkeypatch, django_capture_on_commit_callbacks):
    def broken(*_):
        raise ConnectionError("patient Jane Doe")

    monkeypatch.setattr(doorbell, "async_task", broken)
    with django_capture_on_commit_callbacks(execute=True):
        sweeping.sweep()
    assert hands.send(audio).state == "processing"


def test_an_answer_that_comes_after_the_lease_ran_out_is_not_wasted(audio, hands, upstream):
    def stalled():
        hands.worker_dies(audio)
        sending.settling.recover(Submission.objects.get(pk=audio.pk))

    attempt = attempts.claim(audio)
    attempt.mark_body_sent()
    stalled()
    assert sending._accepted(attempt, "arrived-late") is True
    audio.refresh_from_db()
    assert (audio.state, audio.upstream_note_id) == ("processing", "arrived-late")


def test_a_withdrawal_between_the_last_byte_and_the_answer_keeps_the_id_to_refuse_the_note(
    visit, audio, hands, upstream
):
    attempt = attempts.claim(audio)
    attempt.mark_body_sent()
    submission_cancel(submission=Submission.objects.get(), actor=visit.provider, reason="Withdrawn")
    assert sending._accepted(attempt, "too-late") is False
    upstream.finish("too-late")
    hands.announce("too-late")
    hands.read_inbox()
    audio.refresh_from_db()
    assert (audio.state, audio.upstream_note_id) == ("cancelled", "too-late")
    assert not Note.objects.exists()


def test_one_place_stays_free_for_results(visit, audio, account, hands, upstream, stored_recording, settings):
    settings.ENGINE_SENDING_AT_ONCE = 1
    attempts.claim(audio)
    other = submission_create_for_recording(
        recording_id=stored_recording(EncounterFactory(practice=visit.practice, consented=True)).pk
    )
    hands.send(other)
    assert other.state == "queued"
    hands.worker_dies(audio)
    hands.send(other)
    assert other.state == "processing"


@pytest.fixture
def elsewhere(visit, account, stored_recording):
    """Queued submissions of other patients of the practice."""
    return lambda: submission_create_for_recording(
        recording_id=stored_recording(EncounterFactory(practice=visit.practice, consented=True)).pk
    )


def comes_in(hands, upstream, note_id):
    upstream.finish(note_id)
    hands.announce(note_id)
    hands.read_inbox()


def test_a_note_that_may_be_of_a_withdrawn_recording_goes_to_nobody_else(
    visit, lost, elsewhere, hands, upstream
):
    attempts.claim(stopped := elsewhere()).mark_body_sent()
    submission_cancel(
        submission=stopped, actor=visit.provider, reason="Withdrawn while its answer was awaited"
    )
    comes_in(hands, upstream, "of-the-withdrawn-one")
    assert not Note.objects.exists()


def test_a_note_that_may_be_of_an_earlier_try_goes_to_nobody_else(
    visit, lost, elsewhere, hands, upstream, settings
):
    hands.send(other := elsewhere())
    assert other.state == "processing"
    Submission.objects.filter(pk=other.pk).update(state="failed", last_error_code="NEVER_FINISHED")
    forgotten = other.upstream_note_id
    submission_retry(submission=other, actor=visit.provider)
    comes_in(hands, upstream, forgotten)
    assert not Note.objects.filter(encounter=visit).exists()


def test_a_retry_does_not_forget_that_an_answer_was_lost(visit, lost, elsewhere, hands, upstream):
    upstream.script("upload", Answer(drop=True))
    hands.send(other := elsewhere())
    Submission.objects.filter(pk=other.pk).update(state="failed")
    submission_retry(submission=other, actor=visit.provider)
    comes_in(hands, upstream, "whose")
    assert not Note.objects.exists()


def test_the_second_note_of_two_lost_answers_goes_to_nobody_else(visit, lost, elsewhere, hands, upstream):
    comes_in(hands, upstream, "first-try")
    upstream.script("upload", Answer(drop=True))
    hands.send(other := elsewhere())
    comes_in(hands, upstream, "second-try-of-the-first-visit")
    assert not Note.objects.filter(encounter=other.encounter_id).exists()


def test_a_submission_held_for_days_counts_as_a_candidate(visit, lost, elsewhere, hands, upstream):
    upstream.script("upload", Answer(drop=True))
    hands.send(other := elsewhere())
    Submission.objects.filter(pk=other.pk).update(created_at=timezone.now() - timedelta(days=9))
    comes_in(hands, upstream, "of-the-old-one")
    assert not Note.objects.exists()


def test_the_note_of_an_earlier_try_is_taken_in_when_there_is_no_doubt(visit, audio, hands, upstream):
    hands.send(audio)
    Submission.objects.filter(pk=audio.pk).update(state="failed", last_error_code="NEVER_FINISHED")
    forgotten = audio.upstream_note_id
    submission_retry(submission=audio, actor=visit.provider)
    comes_in(hands, upstream, forgotten)
    audio.refresh_from_db()
    assert (audio.state, audio.completed_note_id) == ("completed", forgotten)
