from __future__ import annotations

import hashlib
import json
import random
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from consent.models import AuditEvent
from encounters.models import Recording, RecordingSlice
from encounters.services.recordings import open_recording, recording_append
from encounters.services.uploads import UploadProblem, WrongOffset
from tests.factories.consent import ConsentFactory
from tests.factories.encounters import EncounterFactory, ParticipantFactory
from tests.fixtures_audio import wav_bytes

FINGERPRINT = hashlib.sha256(b"a file").hexdigest()


@pytest.fixture
def visit(practice, clinician):
    return EncounterFactory(
        practice=practice,
        provider=clinician,
        consented=True,
        status="scheduled",
        started_at=None,
        ended_at=None,
    )


@pytest.fixture
def client(client_of, clinician):
    return client_of(clinician)


def begin(client, visit, size, fingerprint=FINGERPRINT):
    url = f"/encounters/{visit.pk}/upload/slices/"
    body = json.dumps({"size": size, "fingerprint": fingerprint})
    return client.post(url, body, content_type="application/json")


def put(client, url, offset, body):
    headers = {"Upload-Offset": str(offset), "Accept": "application/json"}
    return client.put(url, body, content_type="application/octet-stream", headers=headers)


def send(client, visit, data, step=100_000):
    """Everything as the script does it, to the finish; returns the last answer."""
    answer = begin(client, visit, len(data))
    place = answer.json()
    while answer.status_code < 300 and place["offset"] < len(data):
        offset = place["offset"]
        answer = put(client, place["upload"], offset, data[offset : offset + step])
        place |= answer.json()
    return client.post(place["finish"]) if answer.status_code < 300 else answer


def plain(client, visit, data, **extra):
    file = SimpleUploadedFile("Rivera Ana.wav", data, content_type="text/html")
    return client.post(f"/encounters/{visit.pk}/upload/", {"recording": file, "end": "yes", **extra})


def append(recording, offset, length, chunks):
    """One slice, with the connection in the test's hands."""
    return recording_append(
        recording=recording, offset=offset, length=length, chunks=chunks, actor=recording.created_by
    )


def read(recording):
    with open_recording(recording) as reader:
        return reader.read()


def files_of(storages_root: Path):
    return [path for path in storages_root.rglob("*") if path.is_file()]


def test_a_recording_arrives_in_slices(client, visit):
    data = wav_bytes()
    answer = send(client, visit, data)
    assert answer.json() == {"state": "stored", "next": f"/encounters/{visit.pk}/"}
    recording = Recording.objects.get()
    assert read(recording) == data
    assert recording.sha256 == hashlib.sha256(data).hexdigest()
    assert (recording.format, recording.media_type, recording.bytes) == ("wav", "audio/wav", len(data))
    visit.refresh_from_db()
    assert visit.status == "ended" and visit.ended_at


def test_a_recording_arrives_by_the_plain_form(client, visit):
    data = wav_bytes(seconds=300)  # more than one slice
    assert plain(client, visit, data).url == f"/encounters/{visit.pk}/"
    recording = Recording.objects.get()
    assert RecordingSlice.objects.count() > 1
    assert read(recording) == data


def test_no_name_of_a_file_is_kept(client, visit, tmp_path):
    plain(client, visit, wav_bytes())
    recording = Recording.objects.get()
    assert "Rivera" not in repr(vars(recording))
    assert not any("Rivera" in str(path) for path in tmp_path.rglob("*"))


@pytest.mark.parametrize("seed", range(3))
def test_an_upload_goes_on_after_cuts_anywhere(client, visit, seed):
    data = wav_bytes(seconds=20)
    chance = random.Random(seed)
    while True:
        place = begin(client, visit, len(data)).json()
        offset = place["offset"]
        if offset == len(data):
            break
        piece = data[offset : offset + chance.randint(5_000, 90_000)]
        if chance.random() < 0.4:  # the connection breaks inside the slice
            part = piece[: chance.randint(0, len(piece) - 1)]
            with pytest.raises(UploadProblem, match="cut_short"):
                append(Recording.objects.get(), offset, len(piece), [part])
        else:
            put(client, place["upload"], offset, piece)
    assert client.post(place["finish"]).json()["state"] == "stored"
    assert read(Recording.objects.get()) == data


def test_a_slice_sent_twice_counts_once(client, visit):
    data = wav_bytes()
    place = begin(client, visit, len(data)).json()
    for _ in range(2):
        assert put(client, place["upload"], 0, data[:50_000]).json()["offset"] == 50_000
    assert put(client, place["upload"], 50_000, data[50_000:]).json()["offset"] == len(data)
    assert put(client, place["upload"], 0, data[:50_000]).json()["offset"] == len(data)
    for _ in range(2):
        assert client.post(place["finish"]).json()["state"] == "stored"
    assert read(Recording.objects.get()) == data


@pytest.mark.parametrize("offset", [1, 20_000, 50_001, 90_000])
def test_a_wrong_offset_is_answered_with_the_right_one(client, visit, offset):
    data = wav_bytes()
    place = begin(client, visit, len(data)).json()
    put(client, place["upload"], 0, data[:50_000])
    answer = put(client, place["upload"], offset, data[:6000])
    assert answer.status_code == 409
    assert (answer.json()["code"], answer.json()["offset"], answer["Upload-Offset"]) == (
        "wrong_offset",
        50_000,
        "50000",
    )


def test_where_an_upload_stands_can_be_asked(client, visit):
    data = wav_bytes()
    place = begin(client, visit, len(data)).json()
    put(client, place["upload"], 0, data[:50_000])
    assert client.get(place["upload"]).json()["offset"] == 50_000
    assert client.head(place["upload"])["Upload-Offset"] == "50000"


def test_finishing_early_is_answered_with_the_place_to_go_on(client, visit):
    data = wav_bytes()
    place = begin(client, visit, len(data)).json()
    put(client, place["upload"], 0, data[:50_000])
    answer = client.post(place["finish"])
    assert answer.status_code == 409 and answer.json()["offset"] == 50_000


def test_the_same_file_again_is_the_same_recording(client, visit):
    data = wav_bytes()
    send(client, visit, data)
    again = begin(client, visit, len(data)).json()
    assert (again["state"], again["offset"]) == ("stored", len(data))
    assert client.post(again["finish"]).json()["state"] == "stored"
    assert Recording.objects.count() == 1


def test_a_file_that_changed_under_way_is_not_patched_together(client, visit, tmp_path):
    data = wav_bytes()
    place = begin(client, visit, len(data)).json()
    put(client, place["upload"], 0, data[:50_000])
    answer = put(client, place["upload"], 0, b"RIFF" + data[10:50_006])
    assert answer.json()["code"] == "file_changed"
    assert Recording.objects.get().state == "rejected"
    assert files_of(tmp_path / "audio") == []
    assert send(client, visit, data).json()["state"] == "stored"


@pytest.mark.parametrize(
    "headers", [{}, {"Upload-Offset": "-1"}, {"Upload-Offset": "ten"}, {"Upload-Offset": "9" * 30}]
)
def test_a_malformed_slice_is_refused(client, visit, headers):
    place = begin(client, visit, 100_000).json()
    answer = client.put(
        place["upload"], b"x" * 5000, content_type="application/octet-stream", headers=headers
    )
    assert answer.status_code == 400 and set(answer.json()) == {"code", "message", "remedy"}


@pytest.mark.parametrize(
    "body", ["", "[]", "{}", '{"size": "x", "fingerprint": "y"}', '{"size": 5, "fingerprint": "../x"}']
)
def test_a_malformed_beginning_is_refused(client, visit, body):
    answer = client.post(f"/encounters/{visit.pk}/upload/slices/", body, content_type="application/json")
    assert answer.status_code == 400 and answer.json()["code"] == "malformed"


def test_600_mb_are_refused_before_a_byte_is_sent(client, visit):
    answer = begin(client, visit, 600 * 1024 * 1024)
    assert answer.status_code == 413
    assert "600 MB" in answer.json()["message"] and "500 MB" in answer.json()["message"]
    assert not Recording.objects.exists()
    assert AuditEvent.objects.filter(action="recording.rejected", outcome="refused").exists()


def test_an_empty_file_is_refused(client, visit):
    assert begin(client, visit, 0).json()["code"] == "empty"
    assert plain(client, visit, b"").status_code == 422
    assert not Recording.objects.filter(state__in=["receiving", "stored"]).exists()


def test_no_file_chosen_is_explained(client, visit):
    answer = client.post(f"/encounters/{visit.pk}/upload/", {"end": "yes"})
    assert answer.status_code == 422 and "No file was chosen" in answer.content.decode()


def test_a_shut_gate_takes_nothing_and_says_why(client, practice, clinician, tmp_path):
    visit = EncounterFactory(practice=practice, provider=clinician)
    answer = begin(client, visit, 100_000)
    assert answer.status_code == 403
    assert answer.json()["code"] == "gate_shut" and answer.json()["reasons"][0]["code"] == "consent_missing"
    page = plain(client, visit, wav_bytes())
    assert page.status_code == 403 and "No consent is recorded" in page.content.decode()
    assert not Recording.objects.exists() and not files_of(tmp_path)
    assert AuditEvent.objects.filter(action="gate.refused").count() == 2


def test_a_withdrawal_between_begin_and_finish_deletes_what_was_sent(client, visit, tmp_path):
    data = wav_bytes()
    place = begin(client, visit, len(data)).json()
    put(client, place["upload"], 0, data)
    ConsentFactory(participant=visit.participants.get(), decision="withdrawn")
    answer = client.post(place["finish"])
    assert answer.status_code == 403
    recording = Recording.objects.get()
    assert (recording.state, recording.problem_code, bytes(recording.wrapped_key)) == (
        "rejected",
        "no_consent",
        b"",
    )
    assert files_of(tmp_path / "audio") == []
    assert recording.copies.get().deleted_at and "data key destroyed" in recording.copies.get().evidence


def test_a_withdrawal_stops_the_next_slice(client, visit, tmp_path):
    data = wav_bytes()
    place = begin(client, visit, len(data)).json()
    put(client, place["upload"], 0, data[:50_000])
    form = {"participant": visit.participants.get().pk, "decision": "withdrawn", "method": "verbal"}
    client.post(f"/encounters/{visit.pk}/consent/", form)
    assert Recording.objects.get().state == "rejected" and files_of(tmp_path / "audio") == []
    assert put(client, place["upload"], 50_000, data[50_000:]).status_code == 410


def test_somebody_who_joins_holds_the_upload_up_without_losing_it(client, visit):
    data = wav_bytes()
    place = begin(client, visit, len(data)).json()
    put(client, place["upload"], 0, data[:50_000])
    interpreter = ParticipantFactory(encounter=visit, role="interpreter")
    assert put(client, place["upload"], 50_000, data[50_000:]).json()["code"] == "gate_shut"
    ConsentFactory(participant=interpreter)
    put(client, place["upload"], 50_000, data[50_000:])
    assert client.post(place["finish"]).json()["state"] == "stored"


def test_no_plaintext_reaches_any_disk(client, visit, tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    marker = b"MARKER-OF-PLAINTEXT-AUDIO"
    data = wav_bytes(seconds=30) + b"LIST" + len(marker).to_bytes(4, "little") + marker
    plain(client, visit, data)
    send(client, visit, data + b"\0")
    assert Recording.objects.filter(state="stored").count() == 2
    stored = files_of(tmp_path)
    assert stored
    for path in stored:
        content = path.read_bytes()
        assert marker not in content and b"WAVEfmt" not in content


def test_a_forged_form_leaves_nothing(visit, clinician, tmp_path):
    forged = Client(enforce_csrf_checks=True)
    forged.force_login(clinician, backend="allauth.account.auth_backends.AuthenticationBackend")
    forged.cookies["csrf"] = "a" * 32
    answer = plain(forged, visit, wav_bytes(), csrfmiddlewaretoken="b" * 32)
    assert answer.status_code == 403
    assert not Recording.objects.filter(state__in=["receiving", "stored"]).exists()
    assert files_of(tmp_path / "audio") == []
    assert begin(forged, visit, 100_000).status_code == 403


def test_the_plain_form_with_its_token_is_taken(visit, clinician):
    real = Client(enforce_csrf_checks=True)
    real.force_login(clinician, backend="allauth.account.auth_backends.AuthenticationBackend")
    page = real.get(f"/encounters/{visit.pk}/upload/")
    token = page.context["csrf_token"]
    assert plain(real, visit, wav_bytes(), csrfmiddlewaretoken=str(token)).status_code == 302


def test_a_plain_form_that_breaks_off_keeps_nothing(client, visit, tmp_path):
    file = SimpleUploadedFile("x.wav", wav_bytes(), content_type="audio/wav")
    answer = client.post(f"/encounters/{visit.pk}/upload/", {"recording": file})
    assert answer.status_code == 400 and "ended early" in answer.content.decode()
    assert Recording.objects.get().state == "purged" and files_of(tmp_path / "audio") == []


def test_a_full_disk_is_said_before_anything_is_sent(client, visit, monkeypatch):
    monkeypatch.setattr("encounters.services.recordings.free_space", lambda: 1000)
    answer = begin(client, visit, 100_000)
    assert answer.status_code == 507 and "administrator" in answer.json()["remedy"]


def test_an_unfinished_upload_can_be_given_up(client, visit, tmp_path):
    place = begin(client, visit, 100_000).json()
    put(client, place["upload"], 0, wav_bytes()[:50_000])
    recording = Recording.objects.get()
    client.post(f"/encounters/{visit.pk}/recordings/{recording.pk}/discard/")
    recording.refresh_from_db()
    assert recording.state == "purged" and files_of(tmp_path / "audio") == []


def test_a_stored_recording_is_not_given_up_by_that_button(client, visit, stored_recording):
    recording = stored_recording(visit)
    assert client.post(f"/encounters/{visit.pk}/recordings/{recording.pk}/discard/").status_code == 409
    assert read(recording)


def urls(visit, recording):
    base = f"/encounters/{visit.pk}/"
    upload = f"{base}upload/slices/{recording.pk}/"
    posts = ["start/", "end/", "cancel/", "consent/", "participants/", "edit/", "upload/", "upload/slices/"]
    return [
        *(("post", base + name) for name in posts),
        ("post", f"{base}recordings/{recording.pk}/discard/"),
        ("post", f"{upload}finish/"),
        ("put", upload),
        ("get", upload),
        ("get", f"{base}edit/"),
        ("get", f"{base}upload/"),
        ("get", f"/encounters/new/?patient={visit.patient_id}"),
        ("get", f"/encounters/new/?practice={visit.practice_id}"),
    ]


def test_another_practice_finds_nothing_anywhere(client, client_of, outsider, visit):
    begin(client, visit, 100_000)
    stranger = client_of(outsider)
    for method, url in urls(visit, Recording.objects.get()):
        assert getattr(stranger, method)(url).status_code == 404, (method, url)


def test_an_upload_is_found_only_under_its_own_visit(client, visit, practice):
    begin(client, visit, 100_000)
    other = EncounterFactory(practice=practice, consented=True)
    assert (
        client.get(f"/encounters/{other.pk}/upload/slices/{Recording.objects.get().pk}/").status_code == 404
    )


@pytest.mark.parametrize("other_step", [50_000, 30_000])
def test_two_tabs_sending_the_same_file_make_one_recording(client, visit, tmp_path, other_step):
    """The second tab places its slice while the first one's is on its way to storage."""
    data = wav_bytes(seconds=20)
    place = begin(client, visit, len(data)).json()
    recording = Recording.objects.get()

    def slow():
        yield data[:20_000]
        assert begin(client, visit, len(data)).json()["upload"] == place["upload"]
        assert put(client, place["upload"], 0, data[:other_step]).status_code == 200
        yield data[20_000:50_000]

    if other_step == 50_000:
        assert append(recording, 0, 50_000, slow()) == 50_000
    else:
        with pytest.raises(WrongOffset) as lost:
            append(recording, 0, 50_000, slow())
        assert lost.value.offset == other_step
    assert len(files_of(tmp_path / "audio")) == 1
    assert send(client, visit, data).json()["state"] == "stored"
    assert read(recording) == data
