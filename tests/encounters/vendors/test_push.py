"""A service of one's own sends its recording: announced by a signed call, then one PUT, or tus from where it stands."""

from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core import signing
from django.test import Client
from django.utils import timezone
from tusclient.client import TusClient

from consent.models import AuditEvent
from encounters.models import AudioCopy, Recording, VendorRecording
from encounters.services.recordings import open_recording
from encounters.services.video.connections import callback_url
from encounters.services.video.push_addresses import upload_address
from encounters.services.video.quarantine import quarantine_link
from tests.encounters.vendors.fake_webrtc import FakeWebRtc
from tests.encounters.vendors.working import later, work, work_until
from tests.factories.consent import ConsentFactory
from tests.factories.encounters import EncounterFactory
from tests.factories.video import VideoConnectionFactory
from tests.fixtures_audio import wav_bytes

pytestmark = pytest.mark.django_db
PUBLIC = "https://notes.example.org"
TUS = {"Tus-Resumable": "1.0.0"}


@pytest.fixture
def fake() -> Iterator[FakeWebRtc]:
    vendor = FakeWebRtc()
    yield vendor
    vendor.close()


@pytest.fixture
def audio() -> bytes:
    return wav_bytes(seconds=7.0)


@pytest.fixture
def connection(fake: FakeWebRtc, practice: Any, settings: Any) -> Any:
    settings.PUBLIC_BASE_URL = PUBLIC
    host = fake.api_server.origin
    return VideoConnectionFactory(practice=practice, vendor="webrtc", host=host, **fake.connection())


@pytest.fixture
def visit(practice: Any) -> Any:
    return EncounterFactory(practice=practice, consented=True, status="in_progress", ended_at=None)


class Service:
    """What records: it announces a file, and sends it to where it is told."""

    def __init__(self, fake: FakeWebRtc, connection: Any, visit: Any, audio: bytes) -> None:
        self.fake, self.connection, self.visit, self.audio = fake, connection, visit, audio
        self.call = fake.calls[fake.new_call()]
        self.call.encounter = str(visit.pk)
        self.client = Client(raise_request_exception=False)

    def announce(self, **said: Any) -> Any:
        data = {
            "recording_id": "rec_1",
            "size": len(self.audio),
            "sha256": hashlib.sha256(self.audio).hexdigest(),
            **said,
        }
        self.call.recordings["rec_1"] = dict(data)
        callback = self.fake.event("recording.ready", self.call, **data)
        path = callback_url(self.connection).removeprefix(PUBLIC)
        headers = dict(callback.headers)
        return self.client.post(path, callback.body, content_type="application/json", headers=headers)

    def address(self, **said: Any) -> str:
        answer = self.announce(**said)
        assert answer.status_code == 202, answer.content
        url: str = answer.json()["upload_url"]
        return url.removeprefix(PUBLIC)

    def put(self, path: str, body: bytes, **headers: str) -> Any:
        return self.client.put(path, body, content_type="audio/wav", headers=headers)

    def patch(self, path: str, offset: int, body: bytes, **headers: str) -> Any:
        given = {**TUS, "Upload-Offset": str(offset), **headers}
        return self.client.patch(path, body, content_type="application/offset+octet-stream", headers=given)


@pytest.fixture
def service(fake: FakeWebRtc, connection: Any, visit: Any, audio: bytes) -> Service:
    return Service(fake, connection, visit, audio)


def assert_stored(visit: Any, audio: bytes) -> None:
    recording = Recording.objects.get(encounter=visit)
    assert recording.state == "stored", recording.problem
    with open_recording(recording) as reader:
        assert reader.read() == audio


def test_one_put_stores_the_recording_and_the_services_copy_is_deleted(service, visit, audio) -> None:
    digest = base64.b64encode(hashlib.sha256(audio).digest()).decode()
    answer = service.put(service.address(), audio, **{"Content-Digest": f"sha-256=:{digest}:"})
    assert (answer.status_code, answer["Upload-Offset"]) == (204, str(len(audio)))
    assert_stored(visit, audio)
    work_until(lambda: VendorRecording.objects.filter(discarded_at__isnull=False).exists())
    assert service.call.recordings == {}
    assert AudioCopy.objects.get(recording__encounter=visit, place="vendor").deleted_at is not None


def test_a_put_that_is_repeated_stores_it_once(service, visit, audio) -> None:
    path = service.address()
    assert service.put(path, audio).status_code == 204
    assert service.put(path, audio).status_code == 204
    assert service.announce().status_code == 202
    work()
    assert_stored(visit, audio)
    assert VendorRecording.objects.count() == 1


def test_tus_goes_on_from_where_it_was_interrupted(service, visit, audio) -> None:
    path = service.address()
    assert service.client.head(path, headers=TUS)["Upload-Offset"] == "0"
    assert service.patch(path, 0, audio[:50_000])["Upload-Offset"] == "50000"
    wrong = service.patch(path, 0, audio[:50_000])
    assert (wrong.status_code, wrong["Upload-Offset"]) == (409, "50000")
    stands = service.client.head(path, headers=TUS)
    assert (stands["Upload-Offset"], stands["Upload-Length"]) == ("50000", str(len(audio)))
    assert stands["Cache-Control"] == "no-store"
    assert service.patch(path, 50_000, audio[50_000:]).status_code == 204
    assert_stored(visit, audio)


def test_what_of_tus_is_spoken_is_told_and_the_rest_refused(service, audio) -> None:
    path = service.address()
    assert service.client.options(path)["Tus-Version"] == "1.0.0"
    old = service.patch(path, 0, audio[:5000], **{"Tus-Resumable": "0.2.2"})
    assert (old.status_code, old["Tus-Version"]) == (412, "1.0.0")
    kind = service.client.patch(path, audio, content_type="audio/wav", headers={**TUS, "Upload-Offset": "0"})
    assert kind.status_code == 415
    assert service.patch(path, 0, audio + b"x").status_code == 413
    assert service.patch(path, 0, audio[:10]).status_code == 400
    assert service.client.post(path).status_code == 405


def test_other_bytes_than_announced_are_not_stored_and_can_be_sent_anew(service, visit, audio) -> None:
    path = service.address()
    answer = service.put(path, audio[:-1] + b"\x01")
    assert (answer.status_code, answer.json()["code"]) == (400, "other_bytes")
    assert service.put(path, audio[:-1]).json()["code"] == "wrong_length"
    assert service.put(path, audio, **{"Content-Digest": "sha-256=:AAAA:"}).json()["code"] == "wrong_digest"
    assert service.put(path, audio).status_code == 204
    assert_stored(visit, audio)


def test_what_is_no_sound_is_refused_for_good(fake, connection, visit) -> None:
    service = Service(fake, connection, visit, b"<html>" * 2000)
    answer = service.put(service.address(), service.audio)
    assert answer.status_code == 422
    assert Recording.objects.get(encounter=visit).state == "rejected"


def test_against_the_gate_nothing_is_taken_in_and_the_copy_is_to_be_deleted(service, visit, audio) -> None:
    path = service.address()
    ConsentFactory(encounter=visit, participant=visit.participants.get(), decision="declined")
    answer = service.put(path, audio)
    assert answer.status_code == 403
    assert "Delete your copy" in answer.json()["message"]
    recording = Recording.objects.get(encounter=visit)
    assert (recording.state, recording.bytes) == ("rejected", 0)
    work_until(lambda: VendorRecording.objects.filter(discarded_at__isnull=False).exists())
    assert service.call.recordings == {}


def test_consent_withdrawn_between_two_pieces_ends_it(service, visit, audio) -> None:
    path = service.address()
    assert service.patch(path, 0, audio[:50_000]).status_code == 204
    ConsentFactory(encounter=visit, participant=visit.participants.get(), decision="withdrawn")
    assert service.patch(path, 50_000, audio[50_000:]).status_code == 403
    assert Recording.objects.get(encounter=visit).state == "rejected"


def test_a_file_of_no_encounter_waits_and_is_taken_once_it_is_linked(service, visit, audio) -> None:
    service.call.encounter = ""
    path = service.address()
    refused = service.put(path, audio)
    assert (refused.status_code, refused.json()["code"]) == (409, "not_matched")
    assert VendorRecording.objects.quarantined().count() == 1
    quarantine_link(row=VendorRecording.objects.get(), encounter=visit, actor=visit.provider)
    assert service.put(path, audio).status_code == 204
    assert_stored(visit, audio)


def test_an_announced_file_that_never_comes_is_given_up_with_a_word(service, visit) -> None:
    service.address()
    work()
    VendorRecording.objects.update(found_at=timezone.now() - timedelta(days=8))
    later()
    work()
    recording = Recording.objects.get(encounter=visit)
    assert (recording.state, recording.problem_code) == ("failed", "never_sent")


def test_addresses_are_of_one_connection_and_can_not_be_guessed(service, connection, practice, audio) -> None:
    path = service.address()
    other = VideoConnectionFactory(practice=practice, vendor="webrtc", name="Another")
    elsewhere = path.replace(str(connection.pk), str(other.pk))
    forged = path.rsplit("/", 1)[0] + "/" + signing.dumps("rec_1", salt="recording-push")
    for address in (elsewhere, forged, path[:-1], path + "x"):
        assert service.put(address, audio).status_code == 404
    connection.active = False
    connection.save()
    assert service.put(path, audio).status_code == 404


@pytest.mark.parametrize("said", [{"part": 1}, {"more_follow": True}, {"sha256": "x"}, {"url": None}])
def test_an_announcement_that_can_not_be_used_is_refused_with_the_reason(service, said) -> None:
    assert service.announce(**said).status_code == 422
    assert not VendorRecording.objects.exists()


def test_nothing_of_a_refused_or_taken_file_is_logged_by_its_address(service, audio) -> None:
    service.put(service.address(), audio)
    assert "rec_1" not in "".join(AuditEvent.objects.values_list("data", flat=True))


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_an_independent_tus_client_sends_a_recording(
    live_server: Any, fake: FakeWebRtc, connection: Any, visit: Any, audio: bytes, settings: Any
) -> None:
    settings.PUBLIC_BASE_URL = live_server.url
    Service(fake, connection, visit, audio).announce()
    client = TusClient(live_server.url)
    address = upload_address(connection, "rec_1")
    client.uploader(file_stream=io.BytesIO(audio), url=address, chunk_size=40_000).upload()
    assert_stored(visit, audio)
