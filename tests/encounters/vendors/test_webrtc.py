"""A WebRTC service of one's own: the contract, Standard Webhooks, and what the sender is told."""

from __future__ import annotations

import base64
import hashlib
import math
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from encounters.models import Call, Recording, VendorEvent, VendorRecording
from encounters.services.recordings import open_recording
from encounters.services.uploads import GateShut
from encounters.services.video.connections import media_door, vendor_of, video_connection_test
from encounters.services.video.starting import recording_start, recording_stop
from encounters.vendors.errors import NotGenuine, NotSupported
from encounters.vendors.protocol import Callback, CallRef, Found
from encounters.vendors.standard_webhooks import key_of, signature, verified_id
from encounters.vendors.webrtc_files import Misdescribed, call_from, found_from
from tests.encounters.vendors.contract import VendorContract
from tests.encounters.vendors.fake_webrtc import FakeWebRtc
from tests.encounters.vendors.test_parts import encoded, tones
from tests.encounters.vendors.working import later, work, work_until
from tests.factories.consent import AgreementFactory
from tests.factories.encounters import EncounterFactory
from tests.factories.video import VideoConnectionFactory

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
DATA: dict[str, Any] = {
    "recording_id": "rec_01HTZ6",
    "encounter": "7f3c2b10-9f0e-4a5e-8f6e-2d8d9f1f2a33",
    "size": 7554048,
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "url": "https://media.clinic.example/rec/01HTZ6.ogg",
}


@pytest.fixture
def fake() -> Iterator[FakeWebRtc]:
    vendor = FakeWebRtc()
    yield vendor
    vendor.close()


class TestWebRtc(VendorContract):
    def other_secret(self) -> str:
        return "whsec_" + base64.b64encode(b"another secret of its own shape!").decode()

    def test_a_sender_that_knows_our_encounter_needs_no_binding(self, fake, connection, visit, audio):
        call = fake.new_call()
        fake.calls[call].encounter = str(visit.pk)
        fake.end_call(call, [audio])
        self.finish(fake, connection, call)
        assert Recording.objects.get(encounter=visit).state == "stored"
        assert Call.objects.get().origin == Call.Origin.PLATFORM

    def test_another_practices_encounter_is_not_believed(self, fake, connection, audio):
        call = fake.new_call()
        fake.calls[call].encounter = str(EncounterFactory().pk)
        fake.end_call(call, [audio])
        self.deliver(fake, connection, call)
        work()
        assert VendorRecording.objects.quarantined().count() == 1
        assert fake.media_server.asked == []

    def test_a_file_at_an_allowed_host_is_fetched_without_the_token(self, fake, connection, visit, audio):
        call = fake.new_call()
        self.bind(visit, connection, call)
        fake.end_call(call, [audio])
        (held,) = fake.calls[call].recordings.values()
        held["url"] = fake.media_link(held["recording_id"])
        self.finish(fake, connection, call)
        assert Recording.objects.get(encounter=visit).state == "stored"
        assert all("authorization" not in asked.headers for asked in fake.media_server.asked)

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("url", "https://elsewhere.example/a.ogg"),
            ("url", "http://storage.clinic.example/a.ogg"),
            ("url", "https://storage.clinic.example.evil.example/a.ogg"),
            ("url", "https://storage.clinic.example@evil.example/a.ogg"),
            ("url", "https://169.254.169.254/latest/meta-data"),
            ("url", "file:///etc/passwd"),
            ("url", "https://[::1"),
            ("url", None),
            ("size", None),
            ("size", 0),
            ("size", True),
            ("size", "12"),
            ("sha256", None),
            ("sha256", "abc"),
            ("recording_id", ""),
            ("recording_id", "with spaces in it"),
            ("recording_id", "x" * 201),
            ("call_id", ""),
            ("part", -1),
            ("part", 5000),
            ("duration_s", math.inf),
            ("duration_s", -1),
            ("duration_s", "7"),
        ],
    )
    def test_a_ready_call_that_can_not_be_used_is_refused_with_the_reason(
        self, fake, connection, audio, name, value
    ):
        connection.options = {**connection.options, "media_hosts": ["storage.clinic.example"]}
        connection.save()
        call = fake.new_call()
        fake.end_call(call, [audio])
        (held,) = fake.calls[call].recordings.values()
        refused = self.post(
            connection, fake.event("recording.ready", fake.calls[call], **{**held, name: value})
        )
        assert refused.status_code == 422
        assert name in refused.json()["error"]["message"]
        assert not VendorEvent.objects.exists()

    def test_a_listed_host_is_allowed_over_https(self, fake, connection, audio):
        connection.options = {**connection.options, "media_hosts": [".clinic.example"]}
        connection.save()
        call = fake.new_call()
        fake.end_call(call, [audio])
        (held,) = fake.calls[call].recordings.values()
        ready = fake.event(
            "recording.ready", fake.calls[call], **{**held, "url": "https://media.clinic.example/a?token=1"}
        )
        assert self.post(connection, ready).status_code == 204
        assert "media.clinic.example" not in str(VendorEvent.objects.values())

    @pytest.mark.parametrize("wrong", [{"sha256": "0" * 64}, {"size": 12}])
    def test_other_bytes_than_announced_are_not_stored(self, fake, connection, visit, audio, wrong):
        call = fake.new_call()
        self.bind(visit, connection, call)
        fake.end_call(call, [audio])
        (held,) = fake.calls[call].recordings.values()
        held.update(wrong)
        self.deliver(fake, connection, call)
        for _ in range(7):
            work()
            later()
        row = VendorRecording.objects.get()
        assert (row.state, row.last_error_code) == ("failed", "bad_media")
        assert Recording.objects.get(encounter=visit).state == "failed"

    def test_an_archive_of_single_tracks_is_no_recording(self, fake, connection, visit):
        call = fake.new_call()
        self.bind(visit, connection, call)
        fake.end_call(call, [b"PK\x03\x04" + bytes(8000)])
        self.deliver(fake, connection, call)
        work()
        row = VendorRecording.objects.get()
        assert row.last_error_code == "bad_media"
        assert "archive" in row.last_error.lower()
        assert Recording.objects.get(encounter=visit).bytes == 0

    def test_parts_become_one_recording_in_order(self, fake, connection, visit):
        call = fake.new_call()
        self.bind(visit, connection, call)
        fake.end_call(call, [encoded("libopus", "webm"), encoded("libopus", "webm", tone=880.0)])
        self.finish(fake, connection, call)
        recording = Recording.objects.get(encounter=visit)
        assert recording.duration_seconds == pytest.approx(12.0, abs=0.3)
        with open_recording(recording) as reader:
            heard = tones(reader.read())
        assert heard[1] == pytest.approx(440, abs=10)
        assert heard[-2] == pytest.approx(880, abs=20)
        assert fake.copies(call) == 0

    def test_gone_at_the_service_before_the_download_is_said(self, fake, connection, visit, audio):
        call = fake.new_call()
        self.bind(visit, connection, call)
        fake.end_call(call, [audio])
        self.deliver(fake, connection, call)
        fake.calls[call].recordings = {}
        work()
        assert VendorRecording.objects.get().last_error_code == "not_found"

    def test_a_message_that_comes_again_is_one_event(self, fake, connection):
        call = fake.calls[fake.new_call()]
        for _ in range(3):
            assert self.post(connection, fake.event("call.ended", call)).status_code == 204
        assert VendorEvent.objects.get().deliveries == 3

    def test_kinds_that_do_not_matter_are_answered_and_forgotten(self, fake, connection):
        call = fake.calls[fake.new_call()]
        assert self.post(connection, fake.event("participant.joined", call)).status_code == 204
        assert not VendorEvent.objects.exists()

    def test_what_is_signed_but_no_object_is_not_readable(self, fake, connection):
        assert self.post(connection, fake.signed([1], "msg_1")).status_code == 400

    def test_recording_starts_only_with_consent_and_an_agreement(self, fake, connection, visit):
        name = fake.new_call()
        call = self.bind(visit, connection, name)
        with pytest.raises(GateShut):
            recording_start(call=call, actor=visit.provider)
        AgreementFactory(practice=visit.practice, vendor="webrtc")
        recording_start(call=call, actor=visit.provider)
        recording_stop(call=call, actor=visit.provider)
        assert fake.calls[name].recording == [True, False]

    def test_recording_that_began_against_the_gate_is_stopped(self, fake, connection, practice):
        visit = EncounterFactory(practice=practice, status="in_progress", ended_at=None)
        name = fake.new_call()
        self.bind(visit, connection, name)
        assert self.post(connection, fake.event("recording.started", fake.calls[name])).status_code == 204
        work()
        assert fake.calls[name].recording == [False]

    def test_without_an_address_a_callback_is_enough_and_the_copy_stays_work(
        self, fake, connection, visit, audio, administrator
    ):
        connection.host = ""
        connection.save()
        assert video_connection_test(connection=connection, actor=administrator)[0]
        call = fake.new_call()
        self.bind(visit, connection, call)
        fake.end_call(call, [audio])
        (held,) = fake.calls[call].recordings.values()
        held["url"] = fake.media_link(held["recording_id"])
        self.deliver(fake, connection, call)
        work_until(lambda: VendorRecording.objects.filter(state="stored", attempts__gte=3).exists())
        assert Recording.objects.get(encounter=visit).state == "stored"
        assert VendorRecording.objects.get().last_error_code == "not_supported"
        assert fake.api_server.asked == []
        with pytest.raises(NotSupported):
            vendor_of(connection).start_recording(CallRef(session=call))


def test_only_the_services_own_host_may_be_called(db):
    connection = VideoConnectionFactory(vendor="webrtc", host="https://media.clinic.example/api")
    vendor = vendor_of(connection)
    assert vendor.account.api == "https://media.clinic.example/api"
    for door in (vendor.door, media_door(connection)):
        door._policy.check_url("https://media.clinic.example/rec/1")
        with pytest.raises(Exception, match="not"):
            door._policy.check_url("https://other.example/rec/1")


def test_the_token_goes_to_the_services_own_address_only(db):
    connection = VideoConnectionFactory(
        vendor="webrtc", host="https://media.clinic.example/api", credentials={"api_token": "secret"}
    )
    vendor = vendor_of(connection)
    own = vendor.download(Found("a", locator={"url": "https://media.clinic.example/rec/1"}))
    assert own.headers == {"Authorization": "Bearer secret"}
    for url in (
        "https://media.clinic.example:8443/rec/1",
        "http://media.clinic.example/rec/1",
        "https://media.clinic.example@evil.example/rec/1",
        "https://cdn.media.clinic.example/rec/1",
    ):
        assert vendor.download(Found("a", locator={"url": url})).headers == {}


READY = (
    b'{"type":"recording.ready","timestamp":"2026-03-04T15:22:01Z","data":{"recording_id":"rec_01HTZ6",'
    b'"encounter":"7f3c2b10-9f0e-4a5e-8f6e-2d8d9f1f2a33","started_at":"2026-03-04T15:00:31Z",'
    b'"duration_s":1259,"media_type":"audio/ogg; codecs=opus","size":7554048,'
    b'"sha256":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",'
    b'"url":"https://media.clinic.example/rec/01HTZ6.ogg"}}'
)
READY_HEADERS = {
    "Webhook-Id": "msg_01HTZ6K8Y3",
    "Webhook-Timestamp": "1772637721",
    "Webhook-Signature": "v1,alraG2s+LDAzDgD0Uv26ItZYLp6EGdg6dC318Ox0g1g=",
}


def test_a_worked_callback_verifies():
    callback = Callback("", READY_HEADERS, READY)
    assert verified_id(callback, [SECRET], 1772637721 + 299) == "msg_01HTZ6K8Y3"
    for now in (1772637721 + 301, 1772637721 - 301):
        with pytest.raises(NotGenuine, match="stale"):
            verified_id(callback, [SECRET], now)


def test_one_of_several_signatures_is_enough():
    """A sender that changes its secret signs with both."""
    both = f"v1a,ZWQyNTUxOQ== v1,AAAA {READY_HEADERS['Webhook-Signature']}"
    callback = Callback("", {**READY_HEADERS, "Webhook-Signature": both}, READY)
    assert verified_id(callback, ["whsec_b3RoZXI=", SECRET], 1772637721)


@pytest.mark.parametrize("given", ["", "v1", "garbage", "v1,a,b", "v1,abc", "v2,alraG2s=", "v1,\udcff", "é"])
def test_a_signature_that_is_none_is_refused(given):
    with pytest.raises(NotGenuine):
        verified_id(Callback("", {**READY_HEADERS, "Webhook-Signature": given}, READY), [SECRET], 1772637721)


@pytest.mark.parametrize("header", ["Webhook-Id", "Webhook-Timestamp", "Webhook-Signature"])
def test_no_header_may_be_missing_or_exchanged(header):
    for value in ("", "1"):
        with pytest.raises(NotGenuine):
            verified_id(Callback("", {**READY_HEADERS, header: value}, READY), [SECRET], 1772637721)


def test_a_secret_that_is_none_is_named_as_that():
    with pytest.raises(NotGenuine, match="unusable_secret"):
        verified_id(Callback("", READY_HEADERS, READY), ["not base64 at all!"], 1772637721)


@given(
    key=st.binary(min_size=24, max_size=64),
    message=st.text("abcXYZ019_-", min_size=1, max_size=30),
    body=st.text(st.characters(exclude_categories=["Cs"]), max_size=200),
    padded=st.booleans(),
)
def test_we_agree_with_the_published_library_on_any_message(key, message, body, padded):
    secret = "whsec_" + base64.b64encode(key).decode()
    secret = secret if padded else secret.rstrip("=")
    now = datetime.now(tz=UTC)
    time = str(int(now.timestamp()))
    theirs = Webhook(secret).sign(message, now, body)
    assert signature(body.encode(), message, time, key_of(secret)).decode() == theirs
    headers = {"webhook-id": message, "webhook-timestamp": time, "webhook-signature": theirs}
    assert verified_id(Callback("", headers, body.encode()), [secret], now.timestamp()) == message


@given(
    given=st.one_of(
        st.text(max_size=60), st.binary(max_size=40).map(lambda b: f"v1,{base64.b64encode(b).decode()}")
    ),
    message=st.sampled_from(["msg_01HTZ6K8Y3", "msg_2", ""]),
    body=st.sampled_from([READY, READY + b" ", b""]),
)
def test_what_we_accept_the_published_library_accepts(given, message, body):
    time = str(int(datetime.now(tz=UTC).timestamp()))
    headers = {"webhook-id": message, "webhook-timestamp": time, "webhook-signature": given}
    try:
        verified_id(Callback("", headers, body), [SECRET], float(time))
    except NotGenuine:
        with pytest.raises((WebhookVerificationError, ValueError)):
            Webhook(SECRET).verify(body, headers, json_parse=False)
        return
    Webhook(SECRET).verify(body, headers, json_parse=False)


def test_a_description_reads():
    made = found_from({**DATA, "duration_s": 1259, "media_type": "audio/ogg; codecs=opus", "part": 2})
    assert (made.id, made.bytes, made.duration, made.media_type) == (
        "rec_01HTZ6",
        7554048,
        1259.0,
        "audio/ogg",
    )
    assert (made.position, made.final) == (2, True)
    assert call_from(DATA) == CallRef(session=DATA["encounter"], encounter=DATA["encounter"])
    assert call_from({**DATA, "call_id": "c1"}).session == "c1"


@given(
    st.dictionaries(
        st.sampled_from([*DATA, "part", "duration_s", "started_at"]), st.from_type(object), max_size=8
    )
)
def test_no_description_breaks_the_reader(noise):
    try:
        made = found_from({**DATA, **noise})
    except Misdescribed:
        return
    assert made.bytes
    assert len(made.sha256) == len(hashlib.sha256().hexdigest())
