from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from consent import audit
from consent.models import AuditEvent
from encounters.models import AudioCopy, Recording, RecordingPart, RecordingSlice
from encounters.services import erasing, finishing, slices
from encounters.services.recordings import (
    open_recording,
    purge_abandoned_uploads,
    recording_append,
    recording_begin,
    recording_discard,
    recording_finish,
    recording_purge,
)
from encounters.services.uploads import GateShut, UploadProblem
from tests.factories.consent import ConsentFactory
from tests.factories.encounters import EncounterFactory
from tests.fixtures_audio import pieces, upload, wav_bytes

FINGERPRINT = "f" * 64


class Killed(BaseException):
    """The process dies here: nothing catches it but the test."""


@pytest.fixture
def visit(db):
    return EncounterFactory(consented=True, status="scheduled", started_at=None, ended_at=None)


@pytest.fixture
def killed_at(monkeypatch):
    """killed_at(module, name, n): the n-th call of module.name from now on does not return, and does not clean up."""

    def arm(module, name, nth=1, *, after=False):
        real, calls = getattr(module, name), []

        def deadly(*args, **kwargs):
            calls.append(1)
            if len(calls) != nth:
                return real(*args, **kwargs)
            if after:
                real(*args, **kwargs)
            raise Killed

        monkeypatch.setattr(module, name, deadly)

    return arm


def objects(tmp_path):
    return [path for path in (tmp_path / "audio").rglob("*") if path.is_file()]


def started(visit, data, sent=0):
    recording = recording_begin(
        encounter=visit, actor=visit.provider, declared_bytes=len(data), fingerprint=FINGERPRINT
    )
    if sent:
        append(recording, 0, data[:sent])
    return recording


def append(recording, offset, piece):
    return recording_append(
        recording=recording,
        offset=offset,
        length=len(piece),
        chunks=pieces(piece),
        actor=recording.created_by,
    )


def test_a_stored_recording_reads_back_as_it_was_sent(stored_recording, shared_audio):
    path = shared_audio / "consultation" / "demo_consultation_mono_live.webm"
    recording = stored_recording(path=path)
    assert (recording.state, recording.format, recording.encounter.status) == ("stored", "webm", "ended")
    with open_recording(recording) as reader:
        assert reader.read() == path.read_bytes()


def test_everybody_who_listens_hears_of_a_stored_recording_after_the_commit(
    visit, monkeypatch, django_capture_on_commit_callbacks
):
    heard = []
    monkeypatch.setattr("consent.hooks._listeners", {"recording.ready": [heard.append]})
    with django_capture_on_commit_callbacks(execute=True):
        recording = upload(visit, wav_bytes())
        assert heard == []
    assert heard == [recording.pk]


@pytest.mark.parametrize(
    ("name", "after"),
    [("write_slice", False), ("write_slice", True), ("_receipt", False), ("_receipt", True)],
)
def test_a_process_killed_within_a_slice_costs_that_slice_at_most(visit, killed_at, tmp_path, name, after):
    data = wav_bytes(seconds=20)
    recording = started(visit, data, sent=50_000)
    killed_at(slices, name, after=after)
    with pytest.raises(Killed):
        append(recording, 50_000, data[50_000:90_000])
    resumed = upload(visit, data, fingerprint=FINGERPRINT)
    assert resumed.pk == recording.pk and resumed.state == "stored"
    with open_recording(resumed) as reader:
        assert reader.read() == data
    recording_purge(recording=resumed, actor=audit.SYSTEM, reason="test")
    assert objects(tmp_path) == []  # the object without a row went too


@pytest.mark.parametrize(
    ("name", "nth"), [("_erase", 1), ("delete_slice", 1), ("delete_slice", 2), ("record", 1)]
)
def test_a_deletion_that_was_killed_is_finished_later(visit, killed_at, tmp_path, name, nth):
    data = wav_bytes(seconds=20)
    recording = started(visit, data, sent=50_000)
    append(recording, 50_000, data[50_000:])
    killed_at(erasing, name, nth)
    with pytest.raises(Killed):
        recording_discard(recording=recording, actor=visit.provider)
    recording.refresh_from_db()
    assert recording.state == "purged" and not recording.wrapped_key
    assert AudioCopy.objects.get().deleted_at is None
    purge_abandoned_uploads()
    assert AudioCopy.objects.get().deleted_at and objects(tmp_path) == []
    assert not RecordingSlice.objects.exists()


def test_an_upload_without_news_for_a_day_is_deleted(visit, tmp_path):
    recording = started(visit, wav_bytes(), sent=50_000)
    assert purge_abandoned_uploads() == 0
    assert purge_abandoned_uploads(now=timezone.now() + timedelta(days=1, minutes=1)) == 1
    recording.refresh_from_db()
    assert recording.state == "purged" and objects(tmp_path) == []
    assert AuditEvent.objects.filter(action="recording.purged", target_id=str(recording.pk)).count() == 1


def test_an_upload_that_somebody_goes_on_with_is_not_abandoned(visit):
    data = wav_bytes()
    recording = started(visit, data, sent=50_000)
    Recording.objects.update(touched_at=timezone.now() - timedelta(days=2))
    started(visit, data)
    assert purge_abandoned_uploads() == 0
    recording.refresh_from_db()
    assert recording.state == "receiving"


def test_a_withdrawal_while_the_end_is_being_checked_counts(visit, monkeypatch, tmp_path):
    data = wav_bytes()
    recording = started(visit, data)
    append(recording, 0, data)
    real = finishing.probe

    def slowly(reader):
        ConsentFactory(participant=visit.participants.get(), decision="withdrawn")
        return real(reader)

    monkeypatch.setattr(finishing, "probe", slowly)
    with pytest.raises(GateShut):
        recording_finish(recording=recording, actor=visit.provider)
    recording.refresh_from_db()
    assert recording.state == "rejected" and objects(tmp_path) == []


def test_a_recording_whose_slice_was_lost_is_not_called_stored(visit, tmp_path):
    data = wav_bytes()
    recording = started(visit, data)
    append(recording, 0, data)
    objects(tmp_path)[0].unlink()
    with pytest.raises(UploadProblem, match="storage_failed"):
        recording_finish(recording=recording, actor=visit.provider)
    recording.refresh_from_db()
    assert recording.state == "failed" and "Upload the file again" in recording.problem


def test_several_parts_are_not_read_as_one_file(stored_recording):
    recording = stored_recording()
    RecordingPart.objects.create(recording=recording, number=2)
    with pytest.raises(ValueError, match="joined"):
        open_recording(recording)


def test_deleted_audio_can_not_be_opened(stored_recording):
    recording = stored_recording()
    recording_purge(recording=recording, actor=audit.SYSTEM, reason="Retention")
    with pytest.raises(ValueError, match="deleted"):
        open_recording(recording)


def test_the_trail_tells_how_a_recording_came_and_went(stored_recording):
    recording = stored_recording()
    recording_purge(recording=recording, actor=audit.SYSTEM, reason="Retention")
    told = (
        AuditEvent.objects.filter(target_id=str(recording.pk)).order_by("id").values_list("action", flat=True)
    )
    assert list(told) == [
        "recording.started",
        "recording.transition",
        "recording.transition",
        "recording.purged",
    ]
