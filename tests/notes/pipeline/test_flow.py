"""From a stored recording or a typed text to one note with one draft, whichever way the result comes."""

from __future__ import annotations

import json
from email import message_from_bytes

import pytest
from django.core.exceptions import ValidationError

from consent.models import AuditEvent
from encounters.models import AudioCopy
from encounters.states import NextStep, RecordingState
from notes.models import Note, Revision, Submission
from notes.services.results import note_start_by_hand
from notes.services.submissions import submission_create_for_recording, submission_create_for_text
from tests.notes.pipeline.upstream import SECTIONS, Answer


def the_note(visit):
    note = Note.objects.get(encounter=visit)
    assert note.working["sections"] == SECTIONS
    assert [revision.kind for revision in note.revisions.all()] == [Revision.Kind.DRAFT]
    return note


def step(visit):
    visit.refresh_from_db()
    return visit.next_step


def test_a_recording_goes_out_as_the_guide_says_and_comes_back_as_a_draft(
    visit, audio, hands, upstream, django_assert_max_num_queries
):
    assert step(visit) == NextStep.WAITING
    hands.send(audio)
    assert audio.state == "processing"
    call = upstream.calls[0]
    assert (call.kind, call.path) == ("upload", "/v1/note/audio")
    form = message_from_bytes(
        b"Content-Type: " + call.headers["Content-Type"].encode() + b"\r\n\r\n" + call.body
    )
    parts = {part.get_param("name", header="content-disposition"): part for part in form.get_payload()}
    assert set(parts) == {"audio", "metadata"}
    assert len(parts["audio"].get_payload(decode=True)) == audio.recording.bytes
    metadata = json.loads(parts["metadata"].get_payload())
    assert metadata["specialty"] == "physician"
    assert metadata["context"]["patient_info"]["age"] >= 40
    assert visit.patient.family_name.encode() not in call.body
    assert hands.poll(audio).state == "processing"

    upstream.finish(
        audio.upstream_note_id, transcript=[{"speaker": "Patient", "start": 0, "end": 2, "text": "My knee."}]
    )
    assert hands.poll(audio).state == "completed"
    note = the_note(visit)
    assert note.state == "in_review"
    assert note.sandbox
    assert note.transcript[0]["text"] == "My knee."
    assert note.revisions.get().author_label == "Sandbox (not for clinical use)"
    assert json.loads(audio.result)["plan"] == SECTIONS["plan"]
    audio.recording.refresh_from_db()
    assert audio.recording.state == RecordingState.RELEASED
    assert step(visit) == NextStep.REVIEW


def test_what_left_is_on_record_before_and_after(audio, hands, upstream):
    hands.send(audio)
    sent = AuditEvent.objects.get(action="submission.sent")
    data = json.loads(sent.data)
    assert data["bytes"] == len(upstream.calls[0].body)
    assert data["whole"] is True
    assert AudioCopy.objects.filter(recording=audio.recording, place="engine").exists()


def test_a_typed_text_becomes_a_draft_at_once(visit, typed, hands, upstream):
    hands.send(typed)
    assert typed.state == "completed"
    assert json.loads(upstream.calls[0].body)["transcript"] == typed.text
    the_note(visit)


def test_a_short_recording_may_be_answered_with_the_note_itself(visit, audio, hands, upstream):
    upstream.script("upload", Answer(200, {"noteId": "quick", **SECTIONS}))
    hands.send(audio)
    assert audio.state == "completed"
    upstream.finish("quick")
    hands.announce("quick")
    hands.read_inbox()
    the_note(visit)


def test_the_webhook_delivers_twice_and_one_draft_is_made(visit, audio, hands, upstream):
    hands.send(audio)
    upstream.finish(audio.upstream_note_id)
    event = hands.announce(audio.upstream_note_id)
    hands.read_inbox()
    hands.read_inbox()
    the_note(visit)
    event.refresh_from_db()
    assert event.handled_at
    assert event.payload is None
    assert event.submission_id == audio.pk


def test_the_webhook_is_earlier_than_the_uploads_answer(visit, audio, hands, upstream):
    hands.announce("early")
    hands.read_inbox()
    upstream.finish("early")
    upstream.script("upload", Answer(202, {"noteId": "early"}))
    hands.send(audio)
    hands.read_inbox()
    audio.refresh_from_db()
    assert audio.state == "completed"
    the_note(visit)


def test_the_webhook_comes_after_the_poll(visit, audio, hands, upstream):
    hands.send(audio)
    upstream.finish(audio.upstream_note_id)
    hands.poll(audio)
    calls = len(upstream.calls)
    hands.announce(audio.upstream_note_id)
    hands.read_inbox()
    the_note(visit)
    assert len(upstream.calls) == calls


def test_a_note_that_the_engine_no_longer_has_is_taken_from_the_signed_event(visit, audio, hands, upstream):
    hands.send(audio)
    note_id = audio.upstream_note_id
    del upstream.status_words[note_id]
    hands.announce(note_id, data={"noteId": note_id, **SECTIONS})
    hands.read_inbox()
    the_note(visit)


def test_the_event_alone_is_not_believed(visit, audio, hands, upstream):
    hands.send(audio)
    upstream.finish(audio.upstream_note_id)
    hands.announce(audio.upstream_note_id, data={"noteId": audio.upstream_note_id, "plan": "Forged plan."})
    hands.read_inbox()
    the_note(visit)


def test_a_failed_event_is_checked_and_then_told_in_words(visit, audio, hands, upstream):
    hands.send(audio)
    event = hands.announce(audio.upstream_note_id, event="note.failed", status="failed")
    hands.read_inbox()
    audio.refresh_from_db()
    assert audio.state == "processing"
    type(event).objects.update(handled_at=None)
    upstream.status_words[audio.upstream_note_id] = "failed"
    hands.read_inbox()
    audio.refresh_from_db()
    assert audio.state == "failed"
    assert "is kept" in audio.last_error
    assert step(visit) == NextStep.ATTENTION


def test_a_second_result_never_overwrites_the_note(visit, audio, typed, hands, upstream):
    hands.send(audio)
    hands.send(typed)
    upstream.finish(audio.upstream_note_id, plan="Another plan.")
    hands.poll(audio)
    note = Note.objects.get(encounter=visit)
    assert note.working["sections"] == SECTIONS
    assert [revision.kind for revision in note.revisions.all()] == ["draft", "superseded"]
    assert note.current_revision.kind == "draft"
    assert AuditEvent.objects.filter(action="note.superseded_draft").count() == 1


def test_a_note_begun_by_hand_keeps_its_words_when_the_draft_comes(visit, audio, hands, upstream):
    hands.send(audio)
    note = note_start_by_hand(encounter=visit, actor=visit.provider)
    assert note_start_by_hand(encounter=visit, actor=visit.provider).pk == note.pk
    assert step(visit) == NextStep.REVIEW
    upstream.finish(audio.upstream_note_id)
    hands.poll(audio)
    note.refresh_from_db()
    assert note.working["sections"]["plan"] == ""
    assert [revision.kind for revision in note.revisions.all()] == ["started", "superseded"]


def test_one_notice_or_many_make_one_submission(audio):
    again = submission_create_for_recording(recording_id=audio.recording_id)
    assert again.pk == audio.pk
    assert Submission.objects.count() == 1


def test_the_note_of_somebody_else_is_refused(visit, audio, hands, upstream):
    hands.send(audio)
    upstream.status_words[audio.upstream_note_id] = "completed"
    upstream.usual["note"] = Answer(200, {"noteId": "of-somebody-else", **SECTIONS})
    hands.poll(audio)
    assert audio.state == "failed"
    assert "another note" in audio.last_error
    assert not Note.objects.exists()
    assert AuditEvent.objects.filter(action="engine.result_refused").exists()
    assert step(visit) == NextStep.ATTENTION


@pytest.mark.parametrize("given", ["", " " * 60, "Too short."])
def test_too_little_text_is_refused_in_words(visit, account, given):
    with pytest.raises(ValidationError, match="at least 50 characters"):
        submission_create_for_text(encounter=visit, kind="shorthand", text=given, actor=visit.provider)


def test_a_second_text_waits_for_the_first(visit, typed):
    with pytest.raises(ValidationError, match="already on its way"):
        submission_create_for_text(encounter=visit, kind="text", text=typed.text, actor=visit.provider)
