"""Nothing leaves without consent and an agreement, and what is held drains by itself."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from consent.models import AuditEvent, BusinessAssociateAgreement
from consent.services import agreement_save, consent_record
from encounters.services.erasing import recording_reject
from encounters.services.participants import participant_answer
from encounters.services.recordings import recording_append, recording_begin
from encounters.states import NextStep
from notes import tasks
from notes.models import EngineAccount, Note, Submission
from notes.services import results, sending, sweeping
from notes.services.submissions import (
    submission_cancel,
    submission_create_for_recording,
    submission_create_for_text,
    submission_retry,
)
from notes.soapnoteapi.schemas import read_note
from tests.factories.encounters import EncounterFactory
from tests.factories.notes import EngineAccountFactory
from tests.fixtures_audio import wav_bytes
from tests.notes.pipeline.conftest import TYPED
from tests.notes.pipeline.upstream import SECTIONS, Answer


def expire(practice):
    BusinessAssociateAgreement.objects.filter(practice=practice).update(
        effective_at=timezone.now() - timedelta(days=3), expires_at=timezone.now() - timedelta(minutes=1)
    )


def renew(practice):
    agreement = BusinessAssociateAgreement.objects.get(practice=practice)
    agreement.expires_at = None
    return agreement


def begun_upload(visit):
    data = wav_bytes()
    recording = recording_begin(
        encounter=visit, actor=visit.provider, declared_bytes=len(data), fingerprint="a" * 64
    )
    half = data[: len(data) // 2]
    recording_append(recording=recording, offset=0, length=len(half), chunks=[half], actor=visit.provider)
    return recording


def held_codes(submission):
    submission.refresh_from_db()
    return [reason["code"] for reason in submission.hold_reasons]


def test_an_agreement_that_expired_a_minute_ago_holds_everything_and_renewal_releases_it(
    visit, audio, typed, hands, upstream, rung, django_capture_on_commit_callbacks
):
    expire(visit.practice)
    for submission in (audio, typed):
        hands.send(submission)
        assert submission.state == "held"
        assert held_codes(submission) == ["baa_missing"]
        assert all(reason["text"] and reason["remedy"] for reason in submission.hold_reasons)
    assert upstream.connections == 0
    assert AuditEvent.objects.filter(action="gate.refused").count() == 2
    visit.refresh_from_db()
    assert visit.next_step == NextStep.ATTENTION

    with django_capture_on_commit_callbacks(execute=True):
        agreement_save(agreement=renew(visit.practice), actor=visit.provider, created=False)
    assert ("notes.tasks.recheck_held", (str(visit.practice_id),)) in rung
    rung.clear()
    with django_capture_on_commit_callbacks(execute=True):
        tasks.recheck_held(str(visit.practice_id))
    assert [ids for task, ids in rung if task == "notes.tasks.send"] == [(str(audio.pk),), (str(typed.pk),)]
    hands.send(audio)
    assert audio.state == "processing"


def test_a_lost_notice_of_renewal_is_made_good_by_the_sweep(visit, audio, hands, upstream):
    expire(visit.practice)
    hands.send(audio)
    BusinessAssociateAgreement.objects.update(expires_at=None)
    sweeping.sweep()
    audio.refresh_from_db()
    assert audio.state == "queued"


def test_audio_without_consent_is_held_and_text_may_go(visit, account, stored_recording, hands, upstream):
    recording = stored_recording(visit)
    consent_record(
        participant=visit.participants.get(), decision="declined", method="verbal", actor=visit.provider
    )
    held = submission_create_for_recording(recording_id=recording.pk)
    assert held_codes(held) == ["consent_declined"]
    hands.send(held)
    sweeping.sweep()
    assert upstream.connections == 0
    typed = submission_create_for_text(encounter=visit, kind="shorthand", text=TYPED, actor=visit.provider)
    hands.send(typed)
    assert typed.state == "completed"
    assert upstream.count("upload") == 0


def test_text_needs_the_agreement_too(visit, account, hands, upstream):
    expire(visit.practice)
    typed = submission_create_for_text(encounter=visit, kind="text", text=TYPED, actor=visit.provider)
    assert held_codes(typed) == ["baa_missing"]
    hands.send(typed)
    assert upstream.connections == 0


def test_the_gate_is_asked_at_the_door_and_not_only_at_the_claim(visit, audio, hands, upstream, monkeypatch):
    """Consent is withdrawn after the claim, and the notice of it is lost."""
    opened = sending.open_recording

    def withdrawn_meanwhile(recording):
        consent_record(
            participant=visit.participants.get(), decision="withdrawn", method="verbal", actor=visit.provider
        )
        return opened(recording)

    monkeypatch.setattr(sending, "open_recording", withdrawn_meanwhile)
    hands.send(audio)
    assert audio.state == "held"
    assert held_codes(audio) == ["consent_withdrawn"]
    assert upstream.count("upload") == 0


def test_withdrawal_cancels_what_is_on_its_way_and_refuses_the_note(visit, audio, hands, upstream):
    hands.send(audio)
    tasks.permission_withdrawn(visit.pk)
    audio.refresh_from_db()
    assert audio.state == "cancelled"
    visit.refresh_from_db()
    assert visit.next_step == NextStep.RECORD
    upstream.finish(audio.upstream_note_id)
    calls = len(upstream.calls)
    hands.announce(audio.upstream_note_id)
    hands.read_inbox()
    assert not Note.objects.exists()
    assert len(upstream.calls) == calls
    assert AuditEvent.objects.filter(action="engine.result_refused").exists()


def test_withdrawal_leaves_typed_text_alone(visit, typed, hands):
    tasks.permission_withdrawn(visit.pk)
    assert hands.send(typed).state == "completed"


def test_without_an_account_it_is_held_until_one_is_entered(visit, stored_recording, upstream, hands_free):
    held = submission_create_for_recording(recording_id=stored_recording(visit).pk)
    assert held_codes(held) == ["no_engine_account"]
    hands_free(visit)
    sweeping.sweep()
    held.refresh_from_db()
    assert held.state == "queued"
    assert held.account is not None


@pytest.fixture
def hands_free(upstream):
    return lambda visit: EngineAccountFactory(practice=visit.practice, base_url=upstream.url)


def test_the_sandbox_gets_nothing_outside_a_demo(visit, audio, hands, upstream, settings):
    settings.DEMO = False
    hands.send(audio)
    assert "sandbox_outside_demo" in held_codes(audio)
    assert upstream.connections == 0


def test_plain_http_is_refused_for_a_real_account(visit, audio, account, hands, upstream):
    BusinessAssociateAgreement.objects.update(vendor="soapnoteapi")
    EngineAccount.objects.update(kind="soapnoteapi")
    hands.send(audio)
    assert audio.state == "queued"
    assert "address" in audio.last_error
    assert upstream.connections == 0


def test_a_cancelled_submission_is_never_sent(visit, audio, hands, upstream):
    submission_cancel(submission=audio, actor=visit.provider, reason="Not needed")
    hands.send(audio)
    assert upstream.connections == 0


def test_a_retry_asks_the_gate_again(visit, audio, hands, upstream):
    upstream.script("upload", Answer(400, {}))
    hands.send(audio)
    expire(visit.practice)
    submission_retry(submission=audio, actor=visit.provider)
    assert held_codes(audio) == ["baa_missing"]
    hands.send(audio)
    assert upstream.count("upload") == 1


def test_other_practices_are_not_touched(visit, audio, hands, upstream):
    expire(visit.practice)
    hands.send(audio)
    tasks.permission_withdrawn(EncounterFactory(consented=True).pk)
    tasks.recheck_held(str(EncounterFactory().practice_id))
    assert Submission.objects.get().state == "held"


def test_a_note_that_arrives_while_consent_is_withdrawn_is_not_taken_in(visit, audio, hands):
    hands.send(audio)
    tasks.permission_withdrawn(visit.pk)
    late = read_note({"noteId": audio.upstream_note_id, **SECTIONS})
    assert results.apply(submission_id=audio.pk, engine_note=late, source="poll") is None
    assert not Note.objects.exists()
    assert AuditEvent.objects.filter(action="engine.result_refused").count() == 1


def withdraw(visit):
    """As said by the patient, without anybody being told of it."""
    consent_record(
        participant=visit.participants.get(), decision="withdrawn", method="verbal", actor=visit.provider
    )


def test_a_note_is_refused_though_the_notice_of_the_withdrawal_was_lost(visit, audio, hands, upstream):
    hands.send(audio)
    withdraw(visit)
    upstream.finish(audio.upstream_note_id)
    hands.poll(audio)
    assert audio.state == "cancelled"
    assert audio.result is None
    assert not Note.objects.exists()
    assert AuditEvent.objects.filter(action="engine.result_refused").count() == 1


def test_a_late_note_of_a_failed_submission_is_refused_after_a_withdrawal(visit, audio, hands, upstream):
    hands.send(audio)
    Submission.objects.filter(pk=audio.pk).update(state="failed")
    withdraw(visit)
    tasks.permission_withdrawn(visit.pk)
    upstream.finish(audio.upstream_note_id)
    hands.announce(audio.upstream_note_id)
    hands.read_inbox()
    audio.refresh_from_db()
    assert audio.state == "cancelled"
    assert not Note.objects.exists()


def test_a_withdrawal_while_the_recording_comes_in_asks_for_a_decision_on_the_worklist(
    visit, account, django_capture_on_commit_callbacks
):
    begun_upload(visit)
    with django_capture_on_commit_callbacks(execute=True):
        participant_answer(
            participant=visit.participants.get(), decision="withdrawn", method="verbal", actor=visit.provider
        )
    visit.refresh_from_db()
    assert visit.next_step == NextStep.ATTENTION


def test_a_recording_that_is_refused_asks_for_a_decision_on_the_worklist(
    visit, account, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        recording_reject(
            recording=begun_upload(visit), code="not_audio", problem="Not audio.", actor=visit.provider
        )
    visit.refresh_from_db()
    assert visit.next_step == NextStep.ATTENTION
