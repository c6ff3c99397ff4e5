"""Zoom: the contract, and what is Zoom's own."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Iterator

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from consent.models import AuditEvent
from encounters.models import AudioCopy, Call, Recording, VendorEvent, VendorRecording
from encounters.services.recordings import open_recording
from encounters.services.uploads import GateShut
from encounters.services.video.connections import video_connection_test
from encounters.services.video.quarantine import quarantine_discard
from encounters.services.video.starting import recording_start, recording_stop
from encounters.vendors.errors import NotGenuine, NotReadable
from encounters.vendors.protocol import Callback
from encounters.vendors.zoom_api import meeting_path
from encounters.vendors.zoom_files import found_in
from encounters.vendors.zoom_signature import handshake, signature, verified
from tests.encounters.vendors.contract import VendorContract
from tests.encounters.vendors.fake_zoom import FakeZoom
from tests.encounters.vendors.test_parts import encoded, tones
from tests.encounters.vendors.working import later, work, work_until
from tests.factories.consent import AgreementFactory
from tests.factories.encounters import EncounterFactory

SECRET = "zoom-demo-secret-token"


@pytest.fixture
def fake() -> Iterator[FakeZoom]:
    vendor = FakeZoom()
    yield vendor
    vendor.close()


def validation(token: object) -> dict[str, object]:
    return {"payload": {"plainToken": token}, "event_ts": 1, "event": "endpoint.url_validation"}


class TestZoom(VendorContract):
    def test_the_handshake_is_answered_to_zoom(self, fake, connection):
        answer = self.post(connection, fake.signed(validation("qgg8vlvZRS6UYooatFL8Aw")))
        assert answer.status_code == 200
        assert answer.json() == {
            "plainToken": "qgg8vlvZRS6UYooatFL8Aw",
            "encryptedToken": "caa1634e8d1b21a956c4f0b43bf5a9dd5792a09acc88848c0cf0889a84f18c59",
        }

    def test_the_handshake_signs_nothing_for_strangers(self, fake, connection):
        asked = fake.signed(validation("qgg8vlvZRS6UYooatFL8Aw"), secret="a guess")
        refused = self.post(connection, asked)
        assert refused.status_code == 401
        assert refused.content == b""

    @pytest.mark.parametrize("token", ["v0:1654503849:{}", "short", "x" * 129, "", None, 5, "a b c d e f"])
    def test_the_handshake_signs_no_text_that_could_be_a_callback(self, fake, connection, token):
        assert self.post(connection, fake.signed(validation(token))).status_code == 400

    def test_the_handshake_answers_under_the_secret_it_was_asked_with(self, fake, connection):
        connection.previous_webhook_secret, connection.webhook_secret = SECRET, "the new one"
        connection.save()
        answer = self.post(connection, fake.signed(validation("qgg8vlvZRS6UYooatFL8Aw"))).json()
        assert answer == handshake("qgg8vlvZRS6UYooatFL8Aw", SECRET)

    @pytest.mark.parametrize("off", [-600, 600])
    def test_what_is_genuine_but_stale_is_acknowledged_and_changes_nothing(self, fake, connection, off):
        meeting = fake.meetings[fake.new_call()]
        content = json.loads(fake.event("meeting.ended", meeting).body)
        assert self.post(connection, fake.signed(content, at=time.time() + off)).status_code == 204
        old = fake.signed(validation("qgg8vlvZRS6UYooatFL8Aw"), at=time.time() + off)
        assert self.post(connection, old).content == b""
        assert not VendorEvent.objects.exists()

    def test_a_callback_of_another_account_is_refused(self, fake, connection):
        fake.account = "another"
        meeting = fake.meetings[fake.new_call()]
        assert self.post(connection, fake.event("meeting.ended", meeting)).status_code == 401
        assert AuditEvent.objects.get(action="vendor.callback_refused").reason == "wrong_account"

    @pytest.mark.parametrize(
        "event", ["recording.trashed", "recording.deleted", "meeting.participant_joined"]
    )
    def test_events_that_do_not_matter_are_answered_and_forgotten(self, fake, connection, event):
        meeting = fake.meetings[fake.new_call()]
        assert self.post(connection, fake.event(event, meeting)).status_code == 204
        assert not VendorEvent.objects.exists()

    def test_an_event_without_its_meeting_is_not_readable(self, fake, connection):
        content = {"event": "meeting.ended", "payload": {"account_id": fake.account, "object": []}}
        assert self.post(connection, fake.signed(content)).status_code == 400

    def test_the_meeting_number_leads_to_the_visit_and_each_uuid_is_told_apart(
        self, fake, connection, visit, audio
    ):
        meeting = fake.new_meeting("87565330005")
        self.bind(visit, connection, "87565330005")
        fake.end_call(meeting.uuid, [audio])
        self.finish(fake, connection, meeting.uuid)
        assert Recording.objects.get(encounter=visit).state == "stored"
        assert set(Call.objects.values_list("external_id", flat=True)) == {"87565330005", meeting.uuid}

    def test_the_number_is_polled_as_well(self, fake, connection, visit, audio):
        meeting = fake.new_meeting("87565330005")
        self.bind(visit, connection, "87565330005")
        fake.end_call(meeting.uuid, [audio])
        later()
        work_until(lambda: fake.copies(meeting.uuid) == 0)
        assert Recording.objects.get(encounter=visit).state == "stored"

    def test_a_personal_number_on_another_day_waits_for_a_person(self, fake, connection, visit, audio):
        meeting = fake.new_meeting("87565330005")
        meeting.began -= 5 * 24 * 60 * 60
        self.bind(visit, connection, "87565330005")
        fake.end_call(meeting.uuid, [audio])
        self.deliver(fake, connection, meeting.uuid)
        work()
        assert VendorRecording.objects.quarantined().count() == 1
        assert fake.media_server.asked == []

    def test_a_recording_that_is_ready_a_day_later_still_belongs_to_its_visit(
        self, fake, connection, visit, audio
    ):
        meeting = fake.new_meeting("87565330005")
        fake.end_call(meeting.uuid, [audio])
        (*_, completed) = fake.callbacks(meeting.uuid, "")
        content = json.loads(completed.body)
        content["event_ts"] += 24 * 60 * 60 * 1000
        self.bind(visit, connection, "87565330005")
        visit.status, visit.ended_at = "ended", timezone.now()
        visit.save()
        assert self.post(connection, fake.signed(content)).status_code == 204
        work()  # nothing but the callback is due
        assert Recording.objects.get(encounter=visit).state == "stored"

    def test_stopped_and_started_again_is_one_recording_in_order(self, fake, connection, visit):
        call = fake.new_call()
        self.bind(visit, connection, call)
        fake.end_call(call, [encoded("aac", "mp4", tone=440.0), encoded("aac", "mp4", tone=880.0)])
        self.finish(fake, connection, call)
        recording = Recording.objects.get(encounter=visit)
        assert recording.state == "stored"
        assert recording.duration_seconds == pytest.approx(12.0, abs=0.3)
        with open_recording(recording) as reader:
            heard = tones(reader.read())
        assert heard[1] == pytest.approx(440, abs=10)
        assert heard[-2] == pytest.approx(880, abs=20)
        assert fake.copies(call) == 0

    def test_discarding_one_stretch_leaves_the_other(self, fake, connection, visit, audio):
        call = fake.new_call()
        fake.end_call(call, [audio, audio])
        self.deliver(fake, connection, call)
        work()
        first, second = VendorRecording.objects.quarantined().order_by("started_at")
        quarantine_discard(row=first, actor=visit.provider, reason="The test before the visit")
        work()
        left = {each["id"] for each in fake.meetings[call].files}
        assert second.vendor_id in left
        assert first.vendor_id not in left
        assert {each["recording_start"] for each in fake.meetings[call].files} == {
            second.started_at.strftime("%Y-%m-%dT%H:%M:%SZ")
        }
        assert len(fake.meetings[call].personal) == 1

    def test_without_an_audio_only_file_the_smallest_video_is_taken(self, fake, connection, visit):
        fake.audio_only = False
        call = fake.new_call()
        self.bind(visit, connection, call)
        fake.end_call(call, [encoded("aac", "mp4")])
        self.finish(fake, connection, call)
        assert VendorRecording.objects.get().media_type == "video/mp4"
        assert Recording.objects.get(encounter=visit).state == "stored"
        assert fake.copies(call) == 0

    def test_while_zoom_is_still_working_nothing_is_taken(self, fake, connection, visit, audio):
        call = fake.new_call()
        self.bind(visit, connection, call)
        fake.end_call(call, [audio])
        fake.meetings[call].files[0]["status"] = "processing"
        later()
        work()
        assert not VendorRecording.objects.exists()
        fake.meetings[call].files[0]["status"] = "completed"
        later()
        work_until(lambda: fake.copies(call) == 0)

    def test_gone_at_zoom_before_the_download_says_where_to_look(self, fake, connection, visit, audio):
        call = fake.new_call()
        self.bind(visit, connection, call)
        fake.end_call(call, [audio])
        self.deliver(fake, connection, call)
        fake.meetings[call].files = []
        work()
        row = VendorRecording.objects.get()
        assert (row.state, row.last_error_code) == ("failed", "not_found")
        assert "trash" in Recording.objects.get(encounter=visit).problem

    def test_deleted_by_somebody_else_counts_as_deleted(self, fake, connection, visit, audio):
        call = fake.new_call()
        self.bind(visit, connection, call)
        fake.end_call(call, [audio])
        fake.faults.add("delete_refused")
        self.deliver(fake, connection, call)
        work_until(lambda: VendorRecording.objects.filter(state="stored", attempts__gte=1).exists())
        fake.meetings[call].files = []
        later()
        work()
        assert VendorRecording.objects.get().discarded_at is not None
        evidence = AudioCopy.objects.get(recording__encounter=visit, place="vendor").evidence
        assert "trash" in evidence, "what can't be seen is not called deleted"

    def test_a_meeting_that_was_not_recorded_leaves_nothing_behind(self, fake, connection, visit):
        call = fake.new_call()
        self.bind(visit, connection, call)
        fake.end_call(call, [])
        self.deliver(fake, connection, call)
        work()
        later()
        work()
        assert not VendorRecording.objects.exists()
        assert Call.objects.get().ended_at is not None

    def test_a_token_that_zoom_no_longer_takes_is_not_a_recording(self, fake, connection, visit, audio):
        """Zoom shows its sign-in page, with status 200."""
        call = fake.new_call()
        self.bind(visit, connection, call)
        fake.end_call(call, [audio])
        self.deliver(fake, connection, call)
        fake.faults.add("token_expires")
        work(rounds=1)
        row = VendorRecording.objects.get()
        assert (row.state, row.last_error_code) == ("found", "bad_media")
        assert Recording.objects.get(encounter=visit).bytes == 0
        self.finish(fake, connection, call)
        assert Recording.objects.get(encounter=visit).state == "stored"

    def test_a_deletion_goes_past_the_trash(self, fake, connection, visit, audio):
        call = fake.new_call()
        self.bind(visit, connection, call)
        fake.end_call(call, [audio])
        self.finish(fake, connection, call)
        deletions = [each for each in fake.api_server.asked if each.method == "DELETE"]
        assert deletions
        assert all(each.query == {"action": "delete"} for each in deletions)

    def test_the_connection_test_names_scopes_that_are_missing(self, fake, connection, administrator):
        fake.scopes = ("recording:read:admin", "meeting:write:admin")
        good, words = video_connection_test(connection=connection, actor=administrator)
        assert not good
        assert "cloud_recording:delete:recording_file:admin" in words
        assert "in_meeting_controls" not in words
        fake.scopes = (*fake.scopes, "recording:write:admin")
        assert video_connection_test(connection=connection, actor=administrator)[0]

    def test_recording_starts_only_with_consent_and_an_agreement(self, fake, connection, visit):
        meeting = fake.new_meeting("87565330005")
        call = self.bind(visit, connection, "87565330005")
        with pytest.raises(GateShut):
            recording_start(call=call, actor=visit.provider)
        AgreementFactory(practice=visit.practice, vendor="zoom")
        recording_start(call=call, actor=visit.provider)
        recording_stop(call=call, actor=visit.provider)
        assert meeting.orders == ["recording.start", "recording.stop"]

    def test_recording_that_the_host_began_against_the_gate_is_stopped(self, fake, connection, practice):
        visit = EncounterFactory(practice=practice, status="in_progress", ended_at=None)
        meeting = fake.new_meeting("87565330005")
        self.bind(visit, connection, "87565330005")
        assert self.post(connection, fake.event("recording.started", meeting)).status_code == 204
        work()
        assert meeting.orders == ["recording.stop"]


COMPLETED = (
    b'{"event":"recording.completed","event_ts":1772640611245,"payload":{"account_id":"AAAAAABBBB111122223'
    b'3ab","object":{"id":87565330005,"uuid":"WEz4RT2lSyKx2MD9Z+lYfA==","host_id":"zHsT1q8mQZ2cExample0Aw"'
    b',"account_id":"AAAAAABBBB1111222233ab","topic":"Visit enc-7f3c2b10","type":2,"start_time":"2026-03-0'
    b'4T15:00:03Z","timezone":"America/New_York","host_email":"provider@clinic.example","duration":21,"tot'
    b'al_size":62914560,"recording_count":2,"share_url":"https://us02web.zoom.us/rec/share/EXAMPLE-SHARE",'
    b'"password":"Ex4mple!","recording_play_passcode":"EXAMPLEPLAYPASSCODE","auto_delete":true,"auto_delet'
    b'e_date":"2026-04-03","recording_files":[{"id":"0f6a2c3e-1111-4c1e-9a2e-3a5d6f7e8b90","meeting_id":"W'
    b'Ez4RT2lSyKx2MD9Z+lYfA==","recording_start":"2026-03-04T15:00:31Z","recording_end":"2026-03-04T15:21:'
    b'10Z","file_type":"M4A","file_extension":"M4A","file_size":18874368,"play_url":"https://us02web.zoom.'
    b'us/rec/play/EXAMPLE-A","download_url":"https://us02web.zoom.us/rec/webhook_download/EXAMPLE-A","stat'
    b'us":"completed","recording_type":"audio_only"},{"id":"0f6a2c3e-2222-4c1e-9a2e-3a5d6f7e8b91","meeting'
    b'_id":"WEz4RT2lSyKx2MD9Z+lYfA==","recording_start":"2026-03-04T15:00:31Z","recording_end":"2026-03-04'
    b'T15:21:10Z","file_type":"MP4","file_extension":"MP4","file_size":44040192,"play_url":"https://us02we'
    b'b.zoom.us/rec/play/EXAMPLE-V","download_url":"https://us02web.zoom.us/rec/webhook_download/EXAMPLE-V'
    b'","status":"completed","recording_type":"shared_screen_with_speaker_view"}],"participant_audio_files'
    b'":[]}},"download_token":"eyJhbGciOiJIUzI1NiJ9.EXAMPLE.EXAMPLE"}'
)


def test_a_worked_callback_verifies_and_reads():
    callback = Callback(
        "https://notes.example.org/",
        {
            "X-Zm-Request-Timestamp": "1772640612",
            "X-Zm-Signature": "v0=bbfd0e8b784695520a6b6fb2fc63c7f37b63988ad9693d9a5a634e5b69b5d641",
        },
        COMPLETED,
    )
    assert hashlib.sha256(COMPLETED).hexdigest().startswith("70c38f011226b510")
    said = verified(callback, ["another", SECRET], 1772640612)
    assert said.fresh
    (sound,) = found_in(said.content["payload"]["object"])
    assert (sound.id, sound.bytes, sound.duration) == (
        "0f6a2c3e-1111-4c1e-9a2e-3a5d6f7e8b90",
        18874368,
        1239.0,
    )
    assert "rec/" not in str(sound.locator)


def test_the_worked_handshake_verifies():
    body = (
        b'{"payload":{"plainToken":"qgg8vlvZRS6UYooatFL8Aw"},"event_ts":1654503849680,'
        b'"event":"endpoint.url_validation"}'
    )
    expected = "v0=4850f241689f2633dc77a990dcaaff92451d86d3b3462392b9c24b5c6507c31d"
    assert signature(body, "1654503849", SECRET).decode() == expected


@given(st.binary(max_size=60), st.integers(0, 10**11), st.text("abcXYZ019", min_size=1, max_size=20))
def test_our_signature_is_that_of_zooms_documented_recipe(body, at, secret):
    """`v0:{x-zm-request-timestamp}:{body}` under the secret token, in hex, after `v0=`."""
    theirs = hmac.new(secret.encode(), b"v0:%d:%b" % (at, body), "sha256").hexdigest()
    assert signature(body, str(at), secret) == f"v0={theirs}".encode()


@given(st.text(max_size=80))
def test_no_handshake_answer_is_the_signature_of_anything(token):
    try:
        answer = handshake(token, SECRET)
    except NotReadable:
        return
    assert ":" not in answer["plainToken"]


@pytest.mark.parametrize("stamp", ["", "abc", "1.5", "-1", "٣", "9" * 13])
def test_a_time_that_is_none_is_not_genuine(stamp):
    headers = {"x-zm-request-timestamp": stamp, "x-zm-signature": "v0=00"}
    with pytest.raises(NotGenuine):
        verified(Callback("", headers, b"{}"), [SECRET], 0)


@pytest.mark.parametrize("body", [b"", b"[]", b"\xff", b"[" * 100_000])
def test_what_zoom_signed_but_nobody_can_read_is_said_to_be_that(body):
    headers = {"x-zm-request-timestamp": "1", "x-zm-signature": signature(body, "1", SECRET).decode()}
    with pytest.raises(NotReadable):
        verified(Callback("", headers, body), [SECRET], 1)


def test_a_uuid_with_slashes_is_encoded_twice():
    assert meeting_path("/ab//c==") == "/v2/meetings/%252Fab%252F%252Fc%253D%253D/recordings"
