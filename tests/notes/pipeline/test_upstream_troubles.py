"""Every bad answer ends in a state that says what happened, with the recording or text still there."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.storage import storages
from django.utils import timezone

from consent.models import AuditEvent
from encounters.services.recordings import open_recording
from encounters.states import NextStep
from notes.models import Note, Submission
from notes.services.settling import backoff
from notes.services.submissions import submission_retry
from notes.soapnoteapi.client import ClientLimits
from tests.notes.pipeline.upstream import SECTIONS, Answer

HTML = Answer(502, b"<html><h1>Bad gateway</h1></html>", {"Content-Type": "text/html"})


def error(status, code="SOME_CODE", **headers):
    return Answer(status, {"error": {"code": code, "message": "patient Jane Doe"}}, headers)


def kept(submission):
    if submission.recording is None:
        return bool(submission.text)
    with open_recording(submission.recording) as plain:
        return len(plain.read()) == submission.recording.bytes


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (error(400, "VALIDATION_ERROR"), "did not accept what was sent"),
        (error(404, "NOT_FOUND"), "no longer has this note"),
        (error(405, "METHOD_NOT_ALLOWED"), "did not accept"),
        (error(413, "PAYLOAD_TOO_LARGE"), "larger than the note service accepts"),
        (error(415, "UNSUPPORTED_MEDIA_TYPE"), "cannot read this kind"),
        (error(422), "did not accept"),
        (Answer(200, b"<html>maintenance</html>"), "could not be read"),
        (Answer(202, {"status": "processing"}), "could not be read"),
    ],
)
def test_a_permanent_refusal_fails_at_once_in_words(visit, audio, hands, upstream, answer, words):
    upstream.script("upload", answer)
    hands.send(audio)
    assert audio.state == "failed"
    assert words in audio.last_error
    assert "Jane" not in audio.last_error
    assert kept(audio)
    visit.refresh_from_db()
    assert visit.next_step == NextStep.ATTENTION
    hands.send(audio)
    assert upstream.count("upload") == 1


@pytest.mark.parametrize(
    "answer",
    [
        error(401, "AUTHENTICATION_ERROR"),
        error(402),
        error(403, "AUTHORIZATION_ERROR"),
        error(400, "LOW_BALANCE"),
        Answer(302, {}),
    ],
)
def test_an_account_problem_parks_everything_and_goes_on_by_itself(
    visit, audio, typed, account, hands, upstream, answer
):
    upstream.script("upload", answer)
    hands.send(audio)
    account.refresh_from_db()
    assert audio.state == "queued"
    assert audio.attempts == 0
    assert account.paused_until > timezone.now()
    assert "is kept" in account.paused_reason
    visit.refresh_from_db()
    assert hands.send(typed, due=False).state == "queued"
    assert upstream.count("create") == 0
    Submission.objects.filter(pk=typed.pk).delete()
    assert AuditEvent.objects.filter(action="engine_account.paused").count() == 1

    hands.send(audio)  # the pause is over
    assert audio.state == "processing"
    assert audio.last_error == ""
    account.refresh_from_db()
    assert account.paused_reason == ""
    visit.refresh_from_db()
    assert visit.next_step == NextStep.WAITING


def test_a_paused_account_needs_a_decision(visit, audio, hands, upstream):
    upstream.script("upload", error(402))
    hands.send(audio)
    visit.refresh_from_db()
    assert visit.next_step == NextStep.ATTENTION


@pytest.mark.parametrize(
    "answer", [HTML, error(500, "INTERNAL_ERROR"), error(503), error(408), Answer(504, b"")]
)
def test_a_service_out_of_order_is_tried_again_and_then_left_to_a_person(audio, hands, upstream, answer):
    upstream.usual["upload"] = answer
    for attempt in (1, 2):
        hands.send(audio)
        assert (audio.state, audio.attempts) == ("queued", attempt)
        assert audio.next_attempt_at is not None
        assert "tried again by itself" in audio.last_error
    hands.send(audio)
    assert audio.state == "failed"
    assert kept(audio)
    del upstream.usual["upload"]
    submission_retry(submission=audio, actor=audio.encounter.provider)
    hands.send(audio)
    assert (audio.state, audio.attempts) == ("processing", 1)


def test_text_gets_five_attempts(typed, hands, upstream):
    upstream.usual["create"] = error(500)
    for _ in range(5):
        assert typed.state == "queued"
        hands.send(typed)
    assert typed.state == "failed"
    assert kept(typed)


@pytest.mark.parametrize("headers", [{"Retry-After": "120"}, {}])
def test_too_many_requests_wait_as_told_and_cost_no_attempt(audio, hands, upstream, headers, account):
    upstream.script("upload", error(429, "RATE_LIMIT_EXCEEDED", **headers))
    hands.send(audio)
    assert (audio.state, audio.attempts) == ("queued", 0)
    wait = audio.next_attempt_at - timezone.now()
    assert wait > timedelta(seconds=110 if headers else 50)
    hands.send(audio, due=False)
    assert upstream.count("upload") == 1


def test_retry_after_of_a_service_out_of_order_is_honoured(audio, hands, upstream):
    upstream.script("upload", error(503, "SERVICE_UNAVAILABLE", **{"Retry-After": "200"}))
    hands.send(audio)
    assert audio.next_attempt_at - timezone.now() > timedelta(seconds=190)


def test_an_engine_that_is_not_there_is_knocked_at_again_without_using_up_attempts(
    audio, account, hands, upstream
):
    url, account.base_url = account.base_url, "http://127.0.0.1:9"
    account.save()
    for _ in range(6):
        hands.send(audio)
        assert (audio.state, audio.attempts) == ("queued", 0)
    assert "cannot be reached" in audio.last_error
    account.base_url = url
    account.save()
    hands.send(audio)
    assert audio.state == "processing"
    assert audio.failing_since is None


def test_an_engine_that_stays_away_for_a_day_is_given_up(audio, account, hands):
    account.base_url = "http://127.0.0.1:9"
    account.save()
    Submission.objects.filter(pk=audio.pk).update(failing_since=timezone.now() - timedelta(hours=25))
    hands.send(audio)
    assert audio.state == "failed"
    assert "whole day" in audio.last_error


def test_a_lost_answer_is_waited_for_before_sending_again(audio, hands, upstream, settings):
    upstream.script("upload", Answer(drop=True))
    hands.send(audio)
    assert audio.state == "queued"
    assert audio.answer_lost_at
    assert audio.next_attempt_at - timezone.now() > timedelta(
        seconds=settings.ENGINE_ANSWER_WAIT_SECONDS - 10
    )
    assert "look for the note first" in audio.last_error
    hands.send(audio)
    assert audio.state == "processing"
    assert upstream.count("upload") == 2


def test_half_an_answer_is_a_lost_answer(audio, hands, upstream):
    upstream.script("upload", Answer(202, {"noteId": "half"}, cut=8))
    hands.send(audio)
    assert audio.answer_lost_at


@pytest.mark.parametrize("word", ["queued", "Transcribing…", "", "42", "COMPLETELY_NEW"])
def test_an_unknown_status_word_means_still_running(audio, hands, upstream, word):
    hands.send(audio)
    upstream.status_words[audio.upstream_note_id] = word
    assert hands.poll(audio).state == "processing"
    assert audio.next_attempt_at > timezone.now()


def test_completed_is_understood_in_any_case(audio, hands, upstream):
    hands.send(audio)
    upstream.finish(audio.upstream_note_id)
    upstream.status_words[audio.upstream_note_id] = "Completed"
    assert hands.poll(audio).state == "completed"


def test_failed_says_why(audio, hands, upstream):
    hands.send(audio)
    upstream.usual["status"] = Answer(
        200, {"status": "failed", "error": {"code": "X", "message": "audio too short"}}
    )
    hands.poll(audio)
    assert audio.state == "failed"
    assert "too short" in audio.last_error


def test_not_found_once_is_patience_twice_is_the_end(audio, hands, upstream):
    hands.send(audio)
    upstream.status_words.clear()
    assert hands.poll(audio).state == "processing"
    assert hands.poll(audio).state == "failed"
    assert kept(audio)


@pytest.mark.parametrize(
    "answer", [HTML, error(500), error(429), Answer(drop=True), Answer(200, b"<html>"), Answer(200, [1])]
)
def test_a_poll_that_goes_wrong_is_only_a_later_poll(audio, hands, upstream, answer):
    hands.send(audio)
    upstream.script("status", answer)
    assert hands.poll(audio).state == "processing"
    upstream.finish(audio.upstream_note_id)
    assert hands.poll(audio).state == "completed"
    assert audio.last_error == ""


@pytest.mark.parametrize(
    "note",
    [
        {},
        {"plan": None},
        {"status": "processing"},
        {"subjective": "", "objective": "", "assessment": "", "plan": ""},
        {"sections": []},
    ],
)
def test_a_note_without_sections_is_not_stored(audio, hands, upstream, note):
    hands.send(audio)
    upstream.status_words[audio.upstream_note_id] = "completed"
    upstream.usual["note"] = Answer(200, {"noteId": audio.upstream_note_id, **note})
    assert hands.poll(audio).state == "processing"
    assert not Note.objects.exists()


@pytest.mark.parametrize(
    "odd",
    [
        {"Subjective": {"chief_complaint": "Knee"}, "Plan": ["Rest", "Ice"]},
        {"plan": "Only a plan."},
        {**SECTIONS, "billing_codes": "M25.562 knee pain", "patient_summary": {"text": "Your knee."}},
        {
            **SECTIONS,
            "billing_codes": {"icd10": [{"code": "M25.562"}], "cpt": None},
            "transcript": {"segments": [{}]},
        },
        {**SECTIONS, "plan": "Rest\x00 \ud800 and \x07ice", "transcript": "Doctor: hello\nPatient: hi"},
        {**SECTIONS, "expires_at": "yesterday", "created_at": 1e400},
    ],
)
def test_an_oddly_shaped_note_is_read_as_well_as_it_goes(audio, hands, upstream, odd):
    hands.send(audio)
    upstream.status_words[audio.upstream_note_id] = "completed"
    upstream.usual["note"] = Answer(200, {"noteId": audio.upstream_note_id, **odd})
    assert hands.poll(audio).state == "completed"
    note = Note.objects.get()
    assert note.working["sections"]["plan"] or note.working["sections"]["subjective"]


def test_polling_slows_down_asks_for_a_person_and_ends(visit, audio, hands, upstream, account):
    hands.send(audio)
    waits = []
    for _ in range(7):
        hands.poll(audio)
        waits.append((audio.next_attempt_at - timezone.now()).total_seconds())
    assert waits[0] < waits[2] < waits[-1] <= 60
    Submission.objects.filter(pk=audio.pk).update(accepted_at=timezone.now() - timedelta(minutes=31))
    hands.poll(audio)
    assert audio.state == "processing"
    assert "longer than usual" in audio.last_error
    visit.refresh_from_db()
    assert visit.next_step == NextStep.ATTENTION
    Submission.objects.filter(pk=audio.pk).update(accepted_at=timezone.now() - timedelta(hours=25))
    hands.poll(audio)
    assert audio.state == "failed"


def test_a_test_key_is_polled_four_times_less(audio, account, hands, upstream):
    account.mode = "test"
    account.save()
    hands.send(audio)
    assert audio.next_attempt_at - timezone.now() > timedelta(seconds=38)


def test_a_late_result_completes_a_failed_submission(audio, hands, upstream):
    hands.send(audio)
    upstream.usual["status"] = Answer(200, {"status": "failed"})
    assert hands.poll(audio).state == "failed"
    upstream.finish(audio.upstream_note_id)
    hands.announce(audio.upstream_note_id)
    hands.read_inbox()
    audio.refresh_from_db()
    assert audio.state == "completed"


def test_the_engine_naming_a_note_that_is_already_somebodys_is_refused(visit, audio, typed, hands, upstream):
    hands.send(audio)
    upstream.script("create", Answer(200, {"noteId": audio.upstream_note_id, **SECTIONS}))
    hands.send(typed)
    assert typed.state == "failed"
    assert "another visit" in typed.last_error
    assert not Note.objects.exists()


def test_an_unknown_specialty_is_refused_before_anything_leaves(visit, audio, hands, upstream):
    visit.specialty = "primary_care_physician"
    visit.save()
    hands.send(audio)
    assert audio.state == "failed"
    assert "specialty" in audio.last_error
    assert upstream.connections == 0


def test_audio_that_cannot_be_read_back_fails_in_words(audio, hands, upstream):
    for part in audio.recording.parts.all():
        for piece in part.slices.all():
            storages["audio"].delete(piece.storage_key)
    hands.send(audio)
    assert audio.state == "failed"
    assert "could not be read" in audio.last_error
    assert upstream.count("upload") == 0


def test_backoff_is_jittered_and_capped():
    assert all(0 <= backoff(1) <= 2 for _ in range(50))
    assert all(0 <= backoff(30) <= 300 for _ in range(50))
    assert len({round(backoff(5), 6) for _ in range(20)}) > 1


def test_a_worker_may_send_for_as_long_as_an_upload_may_take(settings):
    assert ClientLimits().upload.total < settings.Q_CLUSTER["timeout"] < settings.Q_CLUSTER["retry"]
