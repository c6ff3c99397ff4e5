"""Results that can't be taken in are parked for a person, and what nobody wants any more makes no note."""

from __future__ import annotations

import pytest

from consent.models import AuditEvent
from encounters.services.encounters import encounter_cancel
from encounters.states import NextStep
from notes.models import EngineEvent, Note, Submission
from notes.services import inbox, results, taking_in
from notes.services.submissions import submission_retry
from notes.tasks import poll
from tests.notes.pipeline.upstream import SECTIONS


@pytest.fixture
def poison(monkeypatch):
    """Taking anything in fails for a reason that nobody thought of, until told otherwise."""
    state = {"on": True, "tried": 0}
    usual = results.content_of

    def read(note):
        state["tried"] += 1
        if state["on"]:
            raise ZeroDivisionError
        return usual(note)

    monkeypatch.setattr(results, "content_of", read)
    return state


def ready(audio, hands, upstream):
    hands.send(audio)
    upstream.finish(audio.upstream_note_id)
    return audio


def test_a_result_that_cant_be_taken_in_is_parked_after_three_tries(visit, audio, hands, upstream, poison):
    ready(audio, hands, upstream)
    for _ in range(6):
        hands.time_passes(audio)
        poll(str(audio.pk))
    audio.refresh_from_db()
    visit.refresh_from_db()
    assert poison["tried"] == taking_in.MOST_TRIES
    assert (audio.state, audio.last_error_code) == ("failed", "RESULT_NOT_TAKEN_IN")
    assert "could not be stored here" in audio.last_error
    assert visit.next_step == NextStep.ATTENTION


def test_trying_again_fetches_the_note_that_is_there_and_sends_nothing(visit, audio, hands, upstream, poison):
    ready(audio, hands, upstream)
    for _ in range(4):
        hands.poll(audio)
    poison["on"] = False
    submission_retry(submission=audio, actor=visit.provider)
    assert hands.poll(audio).state == "completed"
    assert upstream.count("upload") == 1
    assert Note.objects.get(encounter=visit).working["sections"] == SECTIONS


def test_a_result_that_kills_its_worker_each_time_is_parked_too(audio, hands, upstream):
    ready(audio, hands, upstream)
    Submission.objects.filter(pk=audio.pk).update(result_tries=taking_in.MOST_TRIES)  # it never got further
    assert hands.poll(audio).state == "failed"
    assert audio.last_error_code == "RESULT_NOT_TAKEN_IN"


def test_the_note_of_an_upload_that_cant_be_stored_at_once_is_fetched_later(typed, hands, upstream, poison):
    hands.send(typed)
    assert typed.state == "processing"
    assert AuditEvent.objects.filter(action="submission.sent").count() == 1
    poison["on"] = False
    assert hands.poll(typed).state == "completed"
    assert upstream.count("create") == 1


def test_an_event_that_cant_be_handled_keeps_no_other_waiting(audio, hands, upstream, monkeypatch):
    ready(audio, hands, upstream)
    broken = hands.announce("broken")
    hands.announce(audio.upstream_note_id)
    usual = inbox.adoptable

    def adoptable(event):
        if event.pk == broken.pk:
            raise ZeroDivisionError
        return usual(event)

    monkeypatch.setattr(inbox, "adoptable", adoptable)
    hands.read_inbox()
    audio.refresh_from_db()
    assert audio.state == "completed"
    assert EngineEvent.objects.get(pk=broken.pk).handled_at is None


def test_a_visit_cancelled_while_its_text_is_being_written_gets_no_note(
    visit, typed, hands, upstream, poison
):
    hands.send(typed)  # the note is at the engine, and not here yet
    encounter_cancel(encounter=visit, actor=visit.provider, reason="The patient did not come")
    poison["on"] = False
    assert hands.poll(typed).state == "cancelled"
    assert not Note.objects.exists()
    refused = AuditEvent.objects.get(action="engine.result_refused")
    assert refused.reason == "The encounter was cancelled"
