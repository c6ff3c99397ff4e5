"""Daily.co: the contract, and what is Daily's own."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.models import AuditEvent
from encounters.models import AudioCopy, Call, Recording, VendorEvent, VendorRecording
from encounters.services.uploads import GateShut
from encounters.services.video.connections import callback_url, vendor_of, video_connection_test
from encounters.services.video.starting import recording_start, recording_stop
from encounters.vendors import daily_api
from encounters.vendors.daily import Daily
from encounters.vendors.daily_signature import is_signed, signature, verified_object
from encounters.vendors.errors import BadAnswer, NotGenuine, NotReadable
from encounters.vendors.protocol import Account, Callback, CallRef, EventKind
from tests.encounters.vendors.contract import VendorContract
from tests.encounters.vendors.fake import SignedCallback
from tests.encounters.vendors.fake_daily import FakeDaily
from tests.encounters.vendors.test_parts import encoded
from tests.encounters.vendors.working import later, work, work_until
from tests.factories.consent import AgreementFactory
from tests.factories.encounters import EncounterFactory

SIGNED_AT = 1772638015
READY = (
    b'{"version":"1.0.0","type":"recording.ready-to-download","id":"rec-rtd-0b9d2f0e-5a1c-4d0e-9f37-4c5b4a4e2f11'
    b'-1772638015","payload":{"type":"cloud-audio-only","recording_id":"6d0f2c8e-6f0a-4c86-9f1a-2f7f0e7b8a55",'
    b'"room_name":"k3Zq0YtWb8uN4sRv1xCd","start_ts":1772636742,"status":"finished","max_participants":2,'
    b'"duration":1259,"s3_key":"clinic-example/k3Zq0YtWb8uN4sRv1xCd/1772636742031"},"event_ts":1772638015.27}'
)
READY_SIGNATURE = "qemGtxPGrXeHWhZXjEuEedZRRAcrSaZeV83mahZhv4Q="
PUBLISHED_SAMPLE = (
    b'{"version":"1.0.0","type":"recording.ready-to-download","id":"rec-rtd-c3df927c-f738-4471-a2b7-066fa7e95a6b'
    b'-1692124192","payload":{"recording_id":"08fa0b24-9220-44c5-846c-3f116cf8e738","room_name":'
    b'"Xcm97xRZ08b2dePKb78g","start_ts":1692124183,"status":"finished","max_participants":1,"duration":9,'
    b'"share_token":"ntDCL5k98Ulq","s3_key":"api-test-1j8fizhzd30c/Xcm97xRZ08b2dePKb78g/1692124183028"},'
    b'"event_ts":1692124192}'
)
ERROR = (
    b'{"version":"1.0.0","type":"recording.error","id":"rec-err-0b9d2f0e-1772638015","payload":{"action":'
    b'"clourd-recording-err","error_msg":"recording failed","instance_id":"0b9d2f0e-5a1c-4d0e-9f37-4c5b4a4e2f11",'
    b'"room_name":"k3Zq0YtWb8uN4sRv1xCd","timestamp":1772638015},"event_ts":1772638015}'
)


@pytest.fixture
def fake() -> Iterator[FakeDaily]:
    vendor = FakeDaily()
    yield vendor
    vendor.close()


class TestDaily(VendorContract):
    @pytest.fixture(autouse=True)
    def _subscribed(self, fake, connection):
        fake.subscribe(callback_url(connection))

    def other_secret(self) -> str:
        return base64.b64encode(b"another secret of the webhook").decode()

    def test_the_test_at_creation_is_answered_though_unsigned_and_means_nothing(self, fake, connection):
        answer = self.post(connection, SignedCallback(b'{"test":"test"}', {}))
        assert answer.status_code == 200
        more = SignedCallback(b'{"test":"test","type":"meeting.ended"}', {})
        assert self.post(connection, more).status_code == 401
        assert not VendorEvent.objects.exists()

    def test_a_callback_of_another_domain_is_refused(self, fake, connection):
        theirs = fake.signed(READY, secret=self.other_secret())
        assert self.post(connection, theirs).status_code == 401
        assert AuditEvent.objects.get(action="vendor.callback_refused").reason == "wrong_signature"

    def test_what_was_signed_long_ago_is_left_to_polling(self, fake, connection, visit, audio):
        call = fake.new_call()
        self.bind(visit, connection, call)
        fake.end_call(call, [audio])
        for callback in fake.callbacks(call, callback_url(connection)):
            old = fake.signed(callback.body, at=time.time() - 3600)
            assert self.post(connection, old).status_code == 200
        assert not VendorEvent.objects.exists()
        later()
        work_until(lambda: fake.copies(call) == 0)
        assert Recording.objects.get(encounter=visit).state == "stored"

    def test_a_timestamp_in_milliseconds_is_understood(self, fake, connection):
        body = fake.event("meeting.ended", {"room": fake.new_call(), "end_ts": time.time()}).body
        assert self.post(connection, fake.signed(body, at=time.time() * 1000)).status_code == 200
        assert VendorEvent.objects.get().kind == EventKind.CALL_ENDED

    def test_recording_that_was_started_again_becomes_one_recording(self, fake, connection, visit):
        call = fake.new_call()
        self.bind(visit, connection, call)
        fake.end_call(call, [encoded("libopus", "webm"), encoded("libopus", "webm", tone=880.0)])
        self.finish(fake, connection, call)
        recording = Recording.objects.get(encounter=visit)
        assert recording.state == "stored"
        assert recording.duration_seconds == pytest.approx(12.0, abs=0.3)
        assert AudioCopy.objects.filter(place="vendor", deleted_at__isnull=False).count() == 2

    def test_the_first_of_several_waits_for_the_others(self, fake, connection, visit, audio):
        call = fake.new_call()
        self.bind(visit, connection, call)
        first = fake.record(call, audio)
        assert self.post(connection, fake.ready(fake.recordings[first])).status_code == 200
        work()
        assert VendorRecording.objects.get().state == "found"
        assert fake.media_server.asked == []
        second = fake.record(call, audio, status="in-progress")
        fake.rooms[call].ended = int(time.time())
        ended = {"room": call, "meeting_id": fake.rooms[call].meeting, "end_ts": fake.rooms[call].ended}
        self.post(connection, fake.event("meeting.ended", ended))
        work()
        assert sorted(VendorRecording.objects.values_list("state", flat=True)) == ["found", "preparing"]
        fake.recordings[second]["status"] = "finished"
        self.finish(fake, connection, call)
        assert Recording.objects.get(encounter=visit).state == "stored"

    def test_one_that_comes_to_nothing_leaves_the_others(self, fake, connection, visit, audio):
        call = fake.new_call()
        self.bind(visit, connection, call)
        fake.end_call(call, [audio])
        restarted = fake.record(call, audio, status="in-progress", start=fake.rooms[call].began + 9)
        self.deliver(fake, connection, call)
        work()
        assert VendorRecording.objects.filter(state="preparing").count() == 1
        fake.recordings[restarted]["status"] = "canceled"
        later()
        work_until(lambda: Recording.objects.get(encounter=visit).state == "stored")
        assert VendorRecording.objects.get(vendor_id=restarted).last_error_code == "nothing_recorded"

    def test_somebody_who_only_looked_in_has_not_ended_the_visit(self, fake, connection, visit, audio):
        call = fake.new_call()
        self.bind(visit, connection, call)
        room, now = {"room": call}, time.time()
        self.post(connection, fake.event("meeting.started", {**room, "start_ts": now - 5000}))
        self.post(connection, fake.event("meeting.ended", {**room, "end_ts": now - 4900}))
        work()
        assert Call.objects.get().ended_at is not None
        self.post(connection, fake.event("meeting.started", {**room, "start_ts": now - 60}))
        work()
        assert Call.objects.get().ended_at is None
        fake.end_call(call, [audio])
        self.finish(fake, connection, call)
        assert Recording.objects.get(encounter=visit).state == "stored"
        assert AuditEvent.objects.filter(action="call.resumed", encounter_id=visit.pk).exists()

    def test_tracks_recorded_apart_are_refused_with_words(self, fake, connection, visit, audio):
        call = fake.new_call()
        self.bind(visit, connection, call)
        made = fake.record(call, audio, tracks=[{"type": "audio", "s3Key": "one", "size": 7}])
        fake.rooms[call].ended = int(time.time())
        tracks = fake.recordings[made]["tracks"]
        self.post(connection, fake.ready(fake.recordings[made], type="raw-tracks", tracks=tracks))
        work_until(lambda: VendorRecording.objects.filter(state="failed").exists())
        assert "cloud-audio-only" in Recording.objects.get(encounter=visit).problem
        assert fake.copies(call) == 1, "it may still be wanted"

    def test_a_room_in_which_nobody_was_recorded_leaves_nothing_behind(self, fake, connection, visit, audio):
        call = fake.new_call()
        self.bind(visit, connection, call)
        fake.record(call, audio, duration=0)
        fake.record(call, audio, status="canceled")
        fake.end_call(call, [])
        ended = fake.event("meeting.ended", {"room": call, "end_ts": time.time()})
        self.post(connection, ended)
        work()
        assert Call.objects.get().ended_at is not None
        assert not VendorRecording.objects.exists()
        assert not Recording.objects.exists()

    def test_a_recording_of_last_week_in_the_same_room_is_nobodys(self, fake, connection, visit, audio):
        call = fake.new_call()
        self.bind(visit, connection, call)
        old = fake.record(call, audio, start=fake.rooms[call].began - 7 * 86_400)
        fake.end_call(call, [audio])
        later()
        work_until(lambda: fake.copies(call) == 1)
        assert VendorRecording.objects.quarantined().get().vendor_id == old
        assert Recording.objects.get(encounter=visit).state == "stored"

    def test_deleted_meanwhile_ends_with_words(self, fake, connection, visit, audio):
        call = fake.new_call()
        self.bind(visit, connection, call)
        fake.end_call(call, [audio])
        self.deliver(fake, connection, call)
        fake.recordings.clear()
        work_until(lambda: VendorRecording.objects.get().state == "failed")
        assert VendorRecording.objects.get().last_error_code == "not_found"
        assert Recording.objects.get(encounter=visit).state == "failed"

    def test_a_file_in_the_practices_own_bucket_is_said_to_be_there(self, fake, connection, visit, audio):
        fake.own_bucket = True
        call = fake.new_call()
        self.bind(visit, connection, call)
        fake.end_call(call, [audio])
        self.finish(fake, connection, call)
        assert "your own bucket" in AudioCopy.objects.get(place="vendor").evidence

    def test_recording_starts_with_consent_and_an_agreement_as_audio_only(self, fake, connection, visit):
        room = fake.new_call()
        call = self.bind(visit, connection, room)
        with pytest.raises(GateShut):
            recording_start(call=call, actor=visit.provider)
        assert fake.rooms[room].recording == set()
        AgreementFactory(practice=visit.practice, vendor="daily")
        recording_start(call=call, actor=visit.provider)
        assert fake.rooms[room].recording == {"cloud-audio-only"}
        recording_stop(call=call, actor=visit.provider)
        assert fake.rooms[room].recording == set()

    def test_recording_that_began_against_the_gate_is_stopped_whatever_its_type(
        self, fake, connection, practice
    ):
        visit = EncounterFactory(practice=practice, status="in_progress", ended_at=None)
        room = fake.new_call()
        self.bind(visit, connection, room)
        fake.rooms[room].recording = {"cloud", "raw-tracks"}
        began = {"recording_id": "r", "room_name": room, "start_ts": time.time()}
        self.post(connection, fake.event("recording.started", began))
        work()
        assert fake.rooms[room].recording == set()

    def test_a_recording_under_way_is_not_yet_deleted(self, fake, connection, visit, audio):
        call = fake.new_call()
        made = fake.record(call, audio, status="in-progress")
        vendor = vendor_of(connection)
        (found,) = vendor.list_call(CallRef(room=call)).found
        assert (found.id, found.ready) == (made, False)
        with pytest.raises(Exception, match="not_ready"):
            vendor.discard(found, CallRef(room=call))

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({"state": "FAILED"}, "stopped posting"),
            ({"url": "https://elsewhere.example/"}, "no webhook"),
            ({"eventTypes": ["meeting.started"]}, "does not report"),
        ],
    )
    def test_the_connection_test_tells_what_is_wrong_with_the_webhook(
        self, fake, connection, administrator, change, words
    ):
        fake.webhooks[0].update(change)
        good, said = video_connection_test(connection=connection, actor=administrator)
        assert not good
        assert words in said

    def test_the_connection_test_tells_a_key_of_another_domain(self, fake, connection, administrator):
        fake.domain = "somebody-elses"
        good, said = video_connection_test(connection=connection, actor=administrator)
        assert not good
        assert "another Daily domain" in said

    def test_a_long_list_is_read_to_its_end(self, fake, connection, audio, monkeypatch):
        monkeypatch.setattr(daily_api, "_PAGE", 2)
        fake.page = 2
        call = fake.new_call()
        fake.end_call(call, [audio] * 5)
        assert len(vendor_of(connection).list_call(CallRef(room=call)).found) == 5
        monkeypatch.setattr(daily_api, "_PAGES", 2)
        with pytest.raises(BadAnswer):
            vendor_of(connection).list_call(CallRef(room=call))


def callback(body: bytes, given: str, stamp: str = str(SIGNED_AT)) -> Callback:
    return Callback(
        "https://notes.example.org/x/", {"x-webhook-signature": given, "x-webhook-timestamp": stamp}, body
    )


def adapter() -> Daily:
    return Daily(Account("clinic-example", "https://api.daily.co", "https://notes.example.org/x/"), None)  # type: ignore[arg-type]


def test_a_worked_signature_holds_and_its_callback_reads():
    assert is_signed(READY, str(SIGNED_AT), FakeDaily.secret, READY_SIGNATURE)
    received = adapter().receive(callback(READY, READY_SIGNATURE), [FakeDaily.secret], SIGNED_AT + 300)
    (event,) = received.events
    assert event.kind == EventKind.RECORDING_READY
    assert event.call == CallRef(room="k3Zq0YtWb8uN4sRv1xCd")
    (found,) = event.found
    assert (found.id, found.ready, found.duration) == ("6d0f2c8e-6f0a-4c86-9f1a-2f7f0e7b8a55", True, 1259.0)
    assert found.started_at == datetime(2026, 3, 4, 15, 5, 42, tzinfo=UTC)
    assert event.occurred_at == found.started_at


@pytest.mark.parametrize(
    ("body", "kind"),
    [(PUBLISHED_SAMPLE, EventKind.RECORDING_READY), (ERROR, EventKind.RECORDING_FAILED)],
)
def test_published_samples_read(body, kind):
    given = signature(body, str(SIGNED_AT), FakeDaily.secret)
    received = adapter().receive(callback(body, given.decode()), [FakeDaily.secret], SIGNED_AT)
    assert [event.kind for event in received.events] == [kind]


@given(
    st.binary(max_size=200), st.binary(min_size=1, max_size=40), st.integers(0, 10**13), st.integers(0, 10**6)
)
def test_a_signature_holds_for_its_bytes_and_no_others(body, key, stamp, at):
    secret = base64.b64encode(key).decode()
    given = signature(body, str(stamp), secret).decode()
    assert is_signed(body, str(stamp), secret, given)
    assert not is_signed(body + b" ", str(stamp), secret, given)
    assert not is_signed(body, str(stamp + 1), secret, given)
    flipped = bytearray(given.encode())
    flipped[at % 40] ^= 1
    assert not is_signed(body, str(stamp), secret, flipped.decode("latin-1"))


@pytest.mark.parametrize("stamp", ["", "soon", "-5", "1e9", "١٧٧٢٦٣٨٠١٥", "9" * 40, "1772638015.5"])
def test_an_odd_timestamp_is_not_genuine(stamp):
    with pytest.raises(NotGenuine):
        verified_object(callback(READY, READY_SIGNATURE, stamp), [FakeDaily.secret])


@pytest.mark.parametrize("secret", ["whsec_abc", "", "not base64!", "é"])
def test_a_secret_that_is_not_base64_signs_nothing(secret):
    assert not is_signed(READY, str(SIGNED_AT), secret, READY_SIGNATURE)


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b"{",
        b"\xff",
        b"[" * 5000,
        b'{"type":"recording.ready-to-download","payload":[]}',
        b'{"type":"recording.ready-to-download","payload":{"room_name":"r"}}',
    ],
)
def test_a_signed_body_that_makes_no_sense_is_not_readable(body):
    given = signature(body, str(SIGNED_AT), FakeDaily.secret).decode()
    with pytest.raises(NotReadable):
        adapter().receive(callback(body, given), [FakeDaily.secret], SIGNED_AT)


@pytest.mark.parametrize(
    "body", [b'{"type":"participant.joined","id":"x"}', b'{"type":"recording.started","payload":{}}', b"{}"]
)
def test_what_does_not_matter_is_answered_and_forgotten(body):
    given = signature(body, str(SIGNED_AT), FakeDaily.secret).decode()
    received = adapter().receive(callback(body, given), [FakeDaily.secret], SIGNED_AT)
    assert received.events == ()
    assert received.answer is not None and received.answer.status == 200
