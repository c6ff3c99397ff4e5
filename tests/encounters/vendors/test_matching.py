"""Ids that can be used again, and what several files of a call have to do with each other."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from encounters.models import Call, VendorRecording
from encounters.services.video.calls import call_bind, call_for
from encounters.services.video.found import recording_found
from encounters.vendors.protocol import CallRef, Found
from tests.factories.encounters import EncounterFactory
from tests.factories.video import VideoConnectionFactory

SID = "RM" + "a" * 32


@pytest.fixture
def visit(practice):
    return EncounterFactory(practice=practice, consented=True, status="in_progress", ended_at=None)


@pytest.fixture
def connection(practice):
    return VideoConnectionFactory(practice=practice)


def bind(visit, connection, external_id):
    return call_bind(
        encounter=visit,
        connection=connection,
        external_id=external_id,
        actor=visit.provider,
        origin="platform",
    )


def test_a_room_name_means_the_visit_around_its_time(visit, connection):
    bound = bind(visit, connection, "exam-room-3")
    ref = CallRef(session=SID, room="exam-room-3")
    call = call_for(connection, ref, timezone.now())
    assert call.encounter == visit
    assert call.external_id == SID, "from here on the occurrence is known by its own id"
    assert call != bound


@pytest.mark.parametrize("off", [timedelta(days=-1), timedelta(days=2)])
def test_the_same_room_on_another_day_is_nobodys(visit, connection, off):
    bind(visit, connection, "exam-room-3")
    assert call_for(connection, CallRef(session=SID, room="exam-room-3"), timezone.now() + off) is None


def test_the_same_room_right_after_the_visit_is_nobodys(visit, connection):
    bind(visit, connection, "exam-room-3")
    now = timezone.now()
    visit.status, visit.started_at, visit.ended_at = (
        "ended",
        now - timedelta(hours=2),
        now - timedelta(hours=1),
    )
    visit.save()
    assert call_for(connection, CallRef(session=SID, room="exam-room-3"), timezone.now()) is None


def test_an_exact_id_counts_whenever_it_comes(visit, connection):
    bound = bind(visit, connection, SID)
    assert call_for(connection, CallRef(session=SID), timezone.now() + timedelta(days=30)) == bound


def test_another_practices_encounter_cannot_be_bound(connection):
    with pytest.raises(ValidationError):
        bind(EncounterFactory(), connection, SID)
    assert not Call.objects.exists()


def test_a_sender_that_names_another_practices_encounter_is_not_believed(connection):
    stranger = EncounterFactory()
    assert call_for(connection, CallRef(session="s", encounter=str(stranger.pk)), timezone.now()) is None


def test_files_of_one_call_wait_for_each_other_in_one_recording(visit, connection):
    call, ref = bind(visit, connection, SID), CallRef(session=SID)
    now = timezone.now()
    second = recording_found(connection, Found("b", started_at=now, final=False), ref, call)
    first = recording_found(connection, Found("a", started_at=now - timedelta(minutes=5)), ref, call)
    assert first.recording_id == second.recording_id
    assert list(VendorRecording.objects.values_list("vendor_id", flat=True)) == ["a", "b"]


def test_a_late_description_does_not_undo_what_is_ready(visit, connection):
    call, ref = bind(visit, connection, SID), CallRef(session=SID)
    recording_found(connection, Found("a", ready=False), ref, call)
    recording_found(connection, Found("a", ready=True, bytes=10), ref, call)
    row = recording_found(connection, Found("a", ready=False), ref, call)
    row.refresh_from_db()
    assert (row.state, row.expected_bytes) == ("found", 10)
