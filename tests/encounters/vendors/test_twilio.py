"""Twilio Video: the contract, and what is Twilio's own."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from consent.models import AuditEvent
from encounters.models import Recording, VendorRecording
from encounters.services.uploads import GateShut
from encounters.services.video.connections import callback_url, vendor_of
from encounters.services.video.starting import recording_start, recording_stop
from encounters.vendors import twilio_api
from encounters.vendors.errors import BadAnswer, NotGenuine
from encounters.vendors.protocol import Callback, EventKind
from encounters.vendors.twilio_signature import is_signed, signature, verified_fields
from tests.encounters.vendors.contract import VendorContract
from tests.encounters.vendors.fake_twilio import FORM, FakeTwilio
from tests.encounters.vendors.working import later, work
from tests.factories.consent import AgreementFactory
from tests.factories.encounters import EncounterFactory

PAGE = "mycompany.com/myapp.php?foo=1&bar=2"
CALL = [
    ("CallSid", "CA1234567890ABCDE"),
    ("Digits", "1234"),
    ("From", "+14158675309"),
    ("To", "+18005551212"),
    ("Caller", "+14158675309"),
]
TWICE = [
    ("Sid", "CA123"),
    ("SidAccount", "AC123"),
    ("Digits", "5678"),
    ("Digits", "1234"),
    ("Digits", "1234"),
]


@pytest.fixture
def fake() -> Iterator[FakeTwilio]:
    vendor = FakeTwilio()
    yield vendor
    vendor.close()


class TestTwilio(VendorContract):
    def test_a_callback_of_another_account_is_refused(self, fake, connection):
        room = fake.new_call()
        theirs = fake.signed(
            {"AccountSid": "AC" + "9" * 32, "RoomSid": room, "StatusCallbackEvent": "room-ended"},
            callback_url(connection),
        )
        assert self.post(connection, theirs).status_code == 401
        assert AuditEvent.objects.get(action="vendor.callback_refused").reason == "wrong_account"

    def test_a_callback_made_for_another_address_is_refused(self, fake, connection):
        room = fake.new_call()
        elsewhere = fake.signed(
            {"RoomSid": room, "StatusCallbackEvent": "room-ended"}, "https://other.example/"
        )
        assert self.post(connection, elsewhere).status_code == 401

    def test_events_that_do_not_matter_are_answered_and_forgotten(self, fake, connection):
        other = fake.signed({"StatusCallbackEvent": "participant-connected"}, callback_url(connection))
        assert self.post(connection, other).status_code == 204

    def test_one_composition_of_all_audio_is_asked_for_and_no_more(self, fake, connection, visit, audio):
        call = fake.new_call()
        self.bind(visit, connection, call)
        fake.end_call(call, [audio])
        self.finish(fake, connection, call)
        asked = [
            each for each in fake.api_server.asked if (each.method, each.path) == ("POST", "/v1/Compositions")
        ]
        assert len(asked) == 1
        assert asked[0].form["AudioSources"] == "*"
        assert "VideoLayout" not in asked[0].form
        assert asked[0].form["StatusCallback"] == callback_url(connection)

    def test_nothing_is_composed_before_everybody_agreed(self, fake, connection, practice, audio):
        visit = EncounterFactory(practice=practice, status="in_progress", ended_at=None)
        call = fake.new_call()
        self.bind(visit, connection, call)
        fake.end_call(call, [audio])
        self.deliver(fake, connection, call)
        work()
        assert fake.compositions == {}

    def test_a_room_in_which_nobody_was_recorded_leaves_nothing_behind(self, fake, connection, visit):
        call = fake.new_call()
        self.bind(visit, connection, call)
        fake.end_call(call, [])
        self.deliver(fake, connection, call)
        work()
        later()
        work()
        assert not Recording.objects.exists()
        assert not VendorRecording.objects.exists()

    def test_a_failed_composition_is_made_again(self, fake, connection, visit, audio):
        call = fake.new_call()
        self.bind(visit, connection, call)
        fake.end_call(call, [audio])
        self.deliver(fake, connection, call)
        work(rounds=1)
        (made,) = fake.compositions.values()
        made["status"] = "failed"
        failed = {"RoomSid": call, "CompositionSid": made["sid"], "StatusCallbackEvent": "composition-failed"}
        assert self.post(connection, fake.signed(failed, callback_url(connection))).status_code == 204
        later()
        work()
        assert len(fake.compositions) == 2

    def test_recording_starts_only_with_consent_and_an_agreement(self, fake, connection, visit):
        room = fake.new_call()
        call = self.bind(visit, connection, room)
        with pytest.raises(GateShut) as shut:
            recording_start(call=call, actor=visit.provider)
        assert [reason.code for reason in shut.value.decision.reasons] == ["baa_missing"]
        assert fake.rooms[room].rules == ""
        AgreementFactory(practice=visit.practice, vendor="twilio")
        recording_start(call=call, actor=visit.provider)
        assert "include" in fake.rooms[room].rules
        recording_stop(call=call, actor=visit.provider)
        assert "exclude" in fake.rooms[room].rules

    def test_recording_that_began_against_the_gate_is_stopped(self, fake, connection, practice):
        visit = EncounterFactory(practice=practice, status="in_progress", ended_at=None)
        room = fake.new_call()
        self.bind(visit, connection, room)
        began = fake.signed(
            {"RoomSid": room, "StatusCallbackEvent": "recording-started"}, callback_url(connection)
        )
        assert self.post(connection, began).status_code == 204
        work()
        assert "exclude" in fake.rooms[room].rules

    def test_a_list_that_leads_elsewhere_is_not_followed(self, fake, connection, monkeypatch):
        elsewhere = {"recordings": [], "meta": {"next_page_url": "https://evil.example/v1/x"}}
        monkeypatch.setattr(twilio_api, "get", lambda *_: elsewhere)
        with pytest.raises(BadAnswer):
            list(twilio_api.recordings(vendor_of(connection), "RM" + "0" * 32))


@pytest.mark.parametrize(
    ("url", "fields", "given"),
    [
        (f"https://{PAGE}", CALL, "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        (f"https://{PAGE}", TWICE, "IK+Dwps556ElfBT0I3Rgjkr1wJU="),
        (f"https://{PAGE}", CALL, "kvajT1Ptam85bY51eRf/AJRuM3w="),
        (f"http://{PAGE}", CALL, "0ZXoZLH/DfblKGATFgpif+LLRf4="),
        ("http://mycompany.com:1234/myapp.php?foo=1&bar=2", CALL, "Zmvh+3yNM1Phv2jhDCwEM3q5ebU="),
    ],
)
def test_twilios_published_signatures_hold(url, fields, given):
    assert is_signed(url, fields, "12345", given)
    assert not is_signed(url, fields, "12346", given)


ROOM_ENDED = (
    b"RoomStatus=completed&RoomType=group&RoomSid=RMa1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1&RoomName=enc-7f3c2b10"
    b"&RoomDuration=1265&SequenceNumber=14&StatusCallbackEvent=room-ended&Timestamp=2026-03-04T15%3A21%3A07.412Z"
    b"&AccountSid=AC0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f"
)


def test_a_worked_callback_verifies_and_reads():
    callback = Callback(
        "https://notes.example.org/ingest/twilio/room/",
        {"content-type": FORM, "x-twilio-signature": "x1n1Afheu4/X1wfwNxrAmDztnD0="},
        ROOM_ENDED,
    )
    fields = verified_fields(callback, [FakeTwilio.secret], account=FakeTwilio.account)
    assert fields["RoomName"] == "enc-7f3c2b10"


@given(
    st.lists(st.tuples(st.text(min_size=1, max_size=8), st.text(max_size=12)), max_size=8),
    st.sampled_from(["https://a.example/x/", "https://a.example:8443/x?y=1", "http://a.example/"]),
)
def test_our_signature_is_twilios_on_any_form(pairs, url):
    try:
        urlencode(pairs).encode()
        several = {name: [value for other, value in pairs if other == name] for name, _ in pairs}
        theirs = RequestValidator("secret").compute_signature(url, Several(several))
    except UnicodeEncodeError:
        return
    assert signature(url, pairs, "secret").decode() == theirs


class Several(dict):
    def getlist(self, name):
        return self[name]


@pytest.mark.parametrize("body", [b"\xff\xfe", b"&".join(b"a=%d" % n for n in range(200)), b"{}"])
def test_an_unreadable_form_is_not_genuine(body):
    callback = Callback("https://a.example/", {"Content-Type": FORM, "X-Twilio-Signature": "x"}, body)
    with pytest.raises(NotGenuine):
        verified_fields(callback, ["secret"], account="AC1")


def test_a_signature_by_another_scheme_is_refused_and_not_tried_as_ours():
    headers = {
        "Content-Type": FORM,
        "X-Twilio-Signature": "x1n1Afheu4/X1wfwNxrAmDztnD0=",
        "X-Twilio-Webhooks-Signature-Settings": "key=webhooks_sharedkey_1,algorithm=HMAC_SHA256",
    }
    callback = Callback("https://notes.example.org/ingest/twilio/room/", headers, ROOM_ENDED)
    with pytest.raises(NotGenuine, match="other_algorithm"):
        verified_fields(callback, [FakeTwilio.secret], account=FakeTwilio.account)


def test_kinds_are_strings_that_fit_their_column():
    assert all(len(kind) <= 30 for kind in EventKind)
