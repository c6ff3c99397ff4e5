"""Vonage Video, as an application and as an OpenTok project: the contract, and what is Vonage's own."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vonage_jwt import JwtClient, VonageVerifyJwtError, verify_signature

from consent.models import AuditEvent
from encounters.models import AudioCopy, Call, Recording, VendorEvent, VendorRecording
from encounters.services.uploads import GateShut
from encounters.services.video.connections import callback_url, vendor_of, video_connection_test
from encounters.services.video.starting import recording_start, recording_stop
from encounters.vendors import vonage_api
from encounters.vendors.errors import BadAnswer, KeysRefused, NotGenuine, NotReadable, NotReady
from encounters.vendors.protocol import Account, Callback, CallRef, EventKind, Found
from encounters.vendors.vonage import Vonage
from encounters.vendors.vonage_tokens import UnusableKey, application_token, verified_claims
from tests.encounters.vendors.contract import VendorContract
from tests.encounters.vendors.fake import SignedCallback
from tests.encounters.vendors.fake_vonage import FakeVonage, bearer, pem
from tests.encounters.vendors.test_parts import encoded
from tests.encounters.vendors.working import later, work, work_until
from tests.factories.consent import AgreementFactory
from tests.factories.encounters import EncounterFactory

SIGNED_AT = 1772638021
BODY = (
    b'{"id":"a9cdeb69-f6cf-408b-9197-6f99e6eac5aa","event":"archive","status":"available","name":"enc-7f3c2b10",'
    b'"reason":"session ended","sessionId":"1_MX5hcHAtaWR-fjE3NzI2MzY3NDAwMDB-RXhhbXBsZX4","applicationId":'
    b'"78d335fa-323d-0114-9c3d-d6f0d48968cf","createdAt":1772636742000,"updatedAt":1772638020000,"size":15120384,'
    b'"duration":1259,"outputMode":"composed","streamMode":"auto","hasAudio":true,"hasVideo":false,'
    b'"hasTranscription":false,"sha256sum":"4l6MKdPeiCOnt1UaQWMBSovKcTrg+Co5eNsyUp7Q/Jo=","password":"",'
    b'"multiArchiveTag":"enc-7f3c2b10","resolution":"640x480","url":"https://archive-example.s3.amazonaws.com/'
    b'78d335fa/a9cdeb69/archive.mp4?X-Amz-Expires=600&X-Amz-Signature=EXAMPLE"}'
)
TOKEN = (
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpYXQiOjE3NzI2MzgwMjEsImp0aSI6IjJmNmYwYzllLTZhMWUtNGE3Ny05ZjQzLTBhNGYy"
    "YTdhOWEwMSIsImlzcyI6IlZvbmFnZSIsInBheWxvYWRfaGFzaCI6ImNkZTFjOTJjNTM4MWMzZWZlZDFkZDlkZjdjNTdiZWM3MTc3NWZlYjQyNGRh"
    "YmEzYjdjMGM3ZmYwM2U3YjRkMWQiLCJhcGlfa2V5IjoiYTFiMmMzZDQiLCJhcHBsaWNhdGlvbl9pZCI6Ijc4ZDMzNWZhLTMyM2QtMDExNC05YzNk"
    "LWQ2ZjBkNDg5NjhjZiJ9.8cydIRcCa2nmxwfH5R7UWgO3ysPqt-ki7C9ViFW8RVw"
)
PUBLISHED_SECRET = "qwertyuiopasdfghjklzxcvbnm123456"
PUBLISHED_TOKEN = (
    "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJPbmxpbmUgSldUIEJ1aWxkZXIiLCJpYXQiOjE2OTc2MzQ2ODAsImV4cCI6MzMyNTQ1"
    "NDA4MjgsImF1ZCI6IiIsInN1YiI6IiJ9.88vJc3I2HhuqEDixHXVhc9R30tA6U_HQHZTC29y6CGM"
)


@pytest.fixture(params=["application", "opentok"])
def fake(request: Any) -> Iterator[FakeVonage]:
    vendor = FakeVonage(opentok=request.param == "opentok")
    yield vendor
    vendor.close()


class TestVonage(VendorContract):
    # Vonage may leave out its signature by mistake, and posts again after a server error.
    unsigned_answer = 503

    def last_refusal(self) -> str:
        return AuditEvent.objects.get(action="vendor.callback_refused").reason

    def test_a_callback_of_another_account_is_refused(self, fake, connection):
        body = fake.session_event(fake.new_call(), "sessionDestroyed", 1).body
        theirs = fake.signed(body, application_id="another", api_key="another")
        assert self.post(connection, theirs).status_code == 401
        assert self.last_refusal() == "wrong_account"

    def test_a_body_about_another_account_is_refused(self, fake, connection):
        theirs = {
            "event": "sessionDestroyed",
            "sessionId": "1_x",
            "projectId": "999",
            "applicationId": "other",
        }
        assert self.post(connection, fake.signed(json.dumps(theirs).encode())).status_code == 401
        assert self.last_refusal() == "wrong_account"

    def test_a_token_of_another_callback_is_refused(self, fake, connection):
        one = fake.session_event(fake.new_call(), "sessionDestroyed", 1)
        other = fake.session_event(fake.new_call(), "sessionDestroyed", 1)
        swapped = SignedCallback(one.body, other.headers)
        assert self.post(connection, swapped).status_code == 401
        assert self.last_refusal() == "wrong_body"

    def test_what_was_signed_long_ago_is_left_to_polling(self, fake, connection, visit, audio):
        call = fake.new_call()
        self.bind(visit, connection, call)
        fake.end_call(call, [audio])
        for callback in fake.callbacks(call, callback_url(connection)):
            for off in (-3600, 3600):
                old = fake.signed(callback.body, at=time.time() + off)
                assert self.post(connection, old).status_code == 204
        assert not VendorEvent.objects.exists()
        later()
        work_until(lambda: fake.copies(call) == 0)
        assert Recording.objects.get(encounter=visit).state == "stored"

    def test_the_link_of_a_callback_is_never_used_nor_kept(self, fake, connection, visit, audio):
        call = fake.new_call()
        self.bind(visit, connection, call)
        fake.end_call(call, [audio])
        (archive,) = fake.sessions[call].archives
        evil = fake.archive_event(archive, "available", url="https://evil.example/x.mp4")
        assert self.post(connection, evil).status_code == 204
        assert "evil" not in json.dumps([row.facts for row in VendorEvent.objects.all()])
        self.finish(fake, connection, call)
        assert Recording.objects.get(encounter=visit).state == "stored"
        assert "http" not in json.dumps(VendorRecording.objects.get().locator)

    def test_archives_of_one_long_session_become_one_recording(self, fake, connection, visit):
        call = fake.new_call()
        self.bind(visit, connection, call)
        fake.end_call(call, [encoded("aac", "mp4"), encoded("aac", "mp4", tone=880.0)])
        self.finish(fake, connection, call)
        recording = Recording.objects.get(encounter=visit)
        assert recording.state == "stored"
        assert recording.duration_seconds == pytest.approx(12.0, abs=0.3)
        assert AudioCopy.objects.filter(place="vendor", deleted_at__isnull=False).count() == 2

    def test_other_bytes_than_announced_are_not_taken(self, fake, connection, visit, audio):
        call = fake.new_call()
        self.bind(visit, connection, call)
        wrong = base64.b64encode(b"\0" * 32).decode()
        made = fake.record(call, audio, reason="session ended", sha256sum=wrong)
        right, fake.sessions[call].connected = fake.shown(made)["sha256sum"], False
        assert right == wrong
        self.deliver(fake, connection, call)
        work_until(lambda: VendorRecording.objects.get().last_error_code == "bad_media", tries=2)
        assert Recording.objects.get(encounter=visit).state != "stored"
        assert fake.copies(call) == 1

    @pytest.mark.parametrize(
        ("said", "words"),
        [
            ({"outputMode": "individual"}, "ZIP of individual streams"),
            ({"password": "sealed"}, "encrypted"),
            ({"status": "uploaded"}, "your own storage"),
            ({"hasAudio": False}, "without sound"),
            ({"size": 0}, "Nobody's voice"),
        ],
    )
    def test_what_can_not_be_used_ends_with_words(self, fake, connection, visit, audio, said, words):
        call = fake.new_call()
        self.bind(visit, connection, call)
        made = fake.record(call, audio, reason="session ended", **said)
        fake.sessions[call].connected = False
        self.post(connection, fake.archive_event(made, fake.archives[made]["status"]))
        work()
        assert words in Recording.objects.get(encounter=visit).problem
        assert fake.media_server.asked == []

    def test_a_failed_archive_leaves_nothing_behind(self, fake, connection, visit):
        call = fake.new_call()
        self.bind(visit, connection, call)
        made = fake.record(call, b"", status="failed", reason="failure")
        fake.sessions[call].connected = False
        self.deliver(fake, connection, call)
        self.post(connection, fake.archive_event(made, "failed"))
        work()
        assert Call.objects.get().ended_at is not None
        assert not Recording.objects.exists()

    @pytest.mark.parametrize("status", ["expired", "deleted"])
    def test_gone_before_it_was_picked_up_ends_with_words(self, fake, connection, practice, audio, status):
        visit = EncounterFactory(practice=practice, status="in_progress", ended_at=None)
        call = fake.new_call()
        self.bind(visit, connection, call)
        fake.end_call(call, [audio])
        self.deliver(fake, connection, call)
        work()
        assert VendorRecording.objects.get().state == "held"
        (made,) = fake.sessions[call].archives
        fake.archives[made]["status"] = status
        self.post(connection, fake.archive_event(made, status))
        work()
        assert "deleted at the video vendor" in Recording.objects.get(encounter=visit).problem
        assert AudioCopy.objects.get(place="vendor").deleted_at is not None

    def test_the_end_of_an_archive_that_nobody_knew_makes_no_work(self, fake, connection, visit, audio):
        call = fake.new_call()
        self.bind(visit, connection, call)
        made = fake.record(call, audio, status="deleted")
        self.post(connection, fake.archive_event(made, "deleted"))
        work()
        assert not VendorRecording.objects.exists()
        assert not Recording.objects.exists()

    def test_an_archive_that_is_not_finished_is_deleted_later(self, fake, connection, audio):
        call = fake.new_call()
        made = fake.record(call, audio, status="stopped")
        vendor = vendor_of(connection)
        with pytest.raises(NotReady):
            vendor.discard(Found(made), CallRef(session=call))
        fake.archives[made]["status"] = "available"
        assert "confirmed" in vendor.discard(Found(made), CallRef(session=call))

    def test_recording_starts_with_consent_and_an_agreement_as_one_file_of_audio(
        self, fake, connection, visit
    ):
        session = fake.new_call()
        call = self.bind(visit, connection, session)
        with pytest.raises(GateShut):
            recording_start(call=call, actor=visit.provider)
        assert fake.archives == {}
        AgreementFactory(practice=visit.practice, vendor="vonage")
        recording_start(call=call, actor=visit.provider)
        (made,) = fake.archives.values()
        assert (made["hasAudio"], made["hasVideo"], made["outputMode"]) == (True, False, "composed")
        with pytest.raises(NotReady):
            recording_start(call=call, actor=visit.provider)
        recording_stop(call=call, actor=visit.provider)
        assert made["status"] == "stopped"

    def test_an_empty_session_can_not_be_recorded_yet(self, fake, connection):
        session = fake.new_call()
        fake.sessions[session].connected = False
        with pytest.raises(NotReady) as refused:
            vendor_of(connection).start_recording(CallRef(session=session))
        assert "Nobody is in the call" in refused.value.words

    def test_recording_that_began_against_the_gate_is_stopped(self, fake, connection, practice, audio):
        visit = EncounterFactory(practice=practice, status="in_progress", ended_at=None)
        session = fake.new_call()
        self.bind(visit, connection, session)
        made = fake.record(session, audio, status="started", reason="")
        self.post(connection, fake.archive_event(made, "started"))
        work()
        assert fake.archives[made]["status"] == "stopped"

    @pytest.mark.parametrize("entered", ["", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"])
    def test_the_connection_test_tells_that_a_key_is_missing(self, fake, connection, administrator, entered):
        connection.credentials = {"private_key": entered}
        connection.save()
        good, words = video_connection_test(connection=connection, actor=administrator)
        assert not good
        assert ("project secret" if fake.opentok else "private.key") in words

    def test_a_long_list_is_read_to_its_end(self, fake, connection, audio, monkeypatch):
        monkeypatch.setattr(vonage_api, "_PAGE", 2)
        call = fake.new_call()
        fake.end_call(call, [audio] * 5)
        assert len(vendor_of(connection).list_call(CallRef(session=call)).found) == 5
        monkeypatch.setattr(vonage_api, "_PAGES", 2)
        with pytest.raises(BadAnswer):
            vendor_of(connection).list_call(CallRef(session=call))

    def test_a_plain_http_link_is_refused(self, fake, connection, visit, audio, monkeypatch):
        link = "http://tokbox.com.archive2.s3.amazonaws.com/123456%2Fx%2Farchive.mp4?Signature=x"
        monkeypatch.setattr(fake, "media_link", lambda _: link)
        call = fake.new_call()
        self.bind(visit, connection, call)
        fake.end_call(call, [audio])
        self.deliver(fake, connection, call)
        work()
        assert VendorRecording.objects.get().last_error_code == "bad_answer"


def adapter(account: str = FakeVonage.application) -> Vonage:
    return Vonage(Account(account, Vonage.api, "https://notes.example.org/x/"), None)  # type: ignore[arg-type]


def callback(body: bytes, token: str) -> Callback:
    return Callback("https://notes.example.org/x/", {"authorization": f"Bearer {token}"}, body)


def signed(body: bytes, **claims: Any) -> Callback:
    fake = FakeVonage.__new__(FakeVonage)
    fake.opentok = False
    made = fake.signed(body, at=SIGNED_AT, **claims)
    return Callback("https://notes.example.org/x/", made.headers, body)


def receive(given: Callback, now: float = SIGNED_AT) -> Any:
    return adapter().receive(given, [FakeVonage.secret], now)


def test_a_worked_callback_verifies_and_reads():
    ready, ended = receive(callback(BODY, TOKEN), SIGNED_AT + 300).events
    assert (ready.kind, ended.kind) == (EventKind.RECORDING_READY, EventKind.CALL_ENDED)
    assert ready.call == CallRef(session="1_MX5hcHAtaWR-fjE3NzI2MzY3NDAwMDB-RXhhbXBsZX4")
    (found,) = ready.found
    assert (found.id, found.ready, found.bytes) == ("a9cdeb69-f6cf-408b-9197-6f99e6eac5aa", True, 15120384)
    assert found.sha256 == "e25e8c29d3de8823a7b7551a4163014a8bca713ae0f82a3978db32529ed0fc9a"
    assert (found.duration, found.media_type) == (1259.0, "audio/mp4")
    assert found.started_at == datetime(2026, 3, 4, 15, 5, 42, tzinfo=UTC)


def test_the_published_token_verifies():
    assert verified_claims(PUBLISHED_TOKEN, PUBLISHED_SECRET)
    assert verified_claims(PUBLISHED_TOKEN, PUBLISHED_SECRET[:-1] + "7") is None
    assert verify_signature(PUBLISHED_TOKEN, PUBLISHED_SECRET)


SECRETS = st.sampled_from(
    ["a secret of at least thirty-two bytes, really", "another secret of at least 32 bytes"]
)


@given(
    st.dictionaries(st.text(max_size=8).map(lambda name: f"x_{name}"), st.text() | st.integers(), min_size=1),
    SECRETS,
    SECRETS,
    st.sampled_from(["HS256", "HS512", "none", "RS256"]),
    st.integers(0, 400),
    st.integers(0, 255),
)
def test_our_verdict_on_a_token_is_that_of_vonages_library(claims, made_with, held, algorithm, at, change):
    token = bytearray(bearer(claims, made_with, algorithm).encode())
    token[at % len(token)] ^= change if change < 128 else 0
    text = token.decode("latin-1")
    try:
        theirs = verify_signature(text, held)
    except VonageVerifyJwtError:
        theirs = False
    assert (verified_claims(text, held) is not None) == theirs


@pytest.mark.parametrize(
    "spoilt", [lambda key: key, lambda key: key.replace("\n", " "), lambda key: key.replace("\n", "\\n")]
)
def test_our_token_for_an_application_says_what_that_of_vonages_library_says(spoilt):
    def read(token: str) -> tuple[Any, Any]:
        head, claims, _ = token.split(".")
        return tuple(json.loads(base64.urlsafe_b64decode(part + "==")) for part in (head, claims))

    theirs = read(JwtClient("an-application", pem()).generate_application_jwt({"iat": SIGNED_AT}).decode())
    ours = read(application_token("an-application", spoilt(pem()), SIGNED_AT))
    assert ours[0] == theirs[0]
    assert {**ours[1], "jti": ""} == {**theirs[1], "jti": ""}
    assert ours[1]["jti"] != theirs[1]["jti"]


@pytest.mark.parametrize(
    "entered", ["", "not a key", "-----BEGIN PRIVATE KEY-----é-----END PRIVATE KEY-----"]
)
def test_a_key_that_is_none_is_said_to_be_none(entered):
    with pytest.raises(UnusableKey):
        application_token("an-application", entered, SIGNED_AT)


def test_an_application_is_called_at_its_host_and_a_project_at_opentoks():
    assert adapter().account.api == "https://video.api.vonage.com"
    assert adapter("123456").account.api == "https://api.opentok.com"
    with pytest.raises(KeysRefused):
        adapter("123456").check()


@pytest.mark.parametrize(
    "token", ["", "a.b.c", "a..", "é.é.é", f"{TOKEN}.x", TOKEN[:-1], "e30." + TOKEN.split(".", 1)[1]]
)
def test_a_token_that_is_not_vonages_is_not_genuine(token):
    with pytest.raises(NotGenuine):
        receive(callback(BODY, token))


@pytest.mark.parametrize(
    "claims",
    [
        {"payload_hash": None},
        {"payload_hash": "\ud800"},
        {"payload_hash": ["x"]},
        {"iat": "now"},
        {"iat": True},
    ],
)
def test_a_signed_token_without_its_claims_is_not_genuine(claims):
    with pytest.raises(NotGenuine):
        receive(signed(BODY, **claims))


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b"{",
        b"\xff",
        b"[" * 5000,
        b"{}",
        b'{"event":"archive","id":"x"}',
        b'{"event":"sessionCreated"}',
    ],
)
def test_a_signed_body_that_makes_no_sense_is_not_readable(body):
    with pytest.raises(NotReadable):
        receive(signed(body))


@pytest.mark.parametrize(
    "body", [b'{"event":"connectionCreated","sessionId":"1_x"}', BODY.replace(b'"available"', b'"paused"')]
)
def test_what_does_not_matter_is_answered_and_forgotten(body):
    assert receive(signed(body)).events == ()


@pytest.mark.parametrize("odd", [b'"15120384"', b"1e999", b"NaN", b"null", b'"x"', b"-1"])
def test_odd_numbers_are_left_out(odd):
    event, _ = receive(signed(BODY.replace(b"15120384", odd).replace(b"1772638020000", odd))).events
    assert event.found[0].bytes in (15120384, None)
