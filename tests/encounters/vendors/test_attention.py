"""What about vendors' recordings needs a person, on one page: linked, deleted or tried again by who gives care."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from consent.models import AuditEvent
from encounters.models import Role, VendorRecording
from tests.factories.encounters import EncounterFactory
from tests.factories.people import MembershipFactory
from tests.factories.video import CallFactory, VideoConnectionFactory

pytestmark = pytest.mark.django_db
PAGE = "/recordings/"


@pytest.fixture
def connection(practice: Any) -> Any:
    return VideoConnectionFactory(practice=practice, name="Clinic video")


@pytest.fixture
def nobodys(connection: Any) -> VendorRecording:
    return VendorRecording.objects.create(
        connection=connection, vendor_id="file", session_ref="RM1", started_at=timezone.now()
    )


@pytest.fixture
def signed(client_of: Any, clinician: Any) -> Any:
    return client_of(clinician)


def test_nothing_to_do_says_so(signed) -> None:
    assert "Nothing needs you here." in signed.get(PAGE).content.decode()
    assert PAGE not in signed.get("/").content.decode()


def test_an_unmatched_recording_is_linked_to_a_visit_near_its_time(
    signed, practice, clinician, nobodys
) -> None:
    near = EncounterFactory(practice=practice, provider=clinician, consented=True)
    far = EncounterFactory(practice=practice, scheduled_at=timezone.now() - timedelta(days=3))
    gone = EncounterFactory(practice=practice, status="cancelled")
    assert PAGE in signed.get("/").content.decode()
    page = signed.get(PAGE).content.decode()
    assert str(near.pk) in page
    assert str(far.pk) not in page and str(gone.pk) not in page
    answer = signed.post(f"{PAGE}{nobodys.pk}/link/", {"encounter": str(near.pk)})
    assert answer["Location"] == f"/encounters/{near.pk}/"
    nobodys.refresh_from_db()
    assert (nobodys.call.encounter, nobodys.linked_by) == (near, clinician)
    assert AuditEvent.objects.filter(action="vendor_recording.linked", actor_id=str(clinician.pk)).exists()


def test_it_is_not_linked_to_another_practices_or_a_finished_visit(signed, practice, nobodys) -> None:
    for encounter in (EncounterFactory(), EncounterFactory(practice=practice, status="documented")):
        answer = signed.post(f"{PAGE}{nobodys.pk}/link/", {"encounter": str(encounter.pk)}, follow=True)
        assert "Choose the visit" in answer.content.decode()
    nobodys.refresh_from_db()
    assert nobodys.call is None


def test_it_is_deleted_at_the_vendor_with_a_reason_and_without_a_download(signed, nobodys) -> None:
    signed.post(f"{PAGE}{nobodys.pk}/discard/", {"reason": "test"})
    nobodys.refresh_from_db()
    assert (nobodys.state, nobodys.recording) == ("refused", None)
    event = AuditEvent.objects.filter(action="vendor_recording.transition").latest("id")
    assert event.reason == "A test call"
    again = signed.post(f"{PAGE}{nobodys.pk}/discard/", {"reason": "test"}, follow=True)
    assert "changed this recording in the meantime" in again.content.decode()


def test_a_lost_recording_is_tried_again(signed, practice) -> None:
    call = CallFactory(encounter__practice=practice)
    lost = VendorRecording.objects.create(
        connection=call.connection, vendor_id="file", call=call, state="failed", last_error="It was too late."
    )
    assert "It was too late." in signed.get(PAGE).content.decode()
    signed.post(f"{PAGE}{lost.pk}/retry/")
    lost.refresh_from_db()
    assert lost.state == "preparing"


def test_copies_that_the_vendor_does_not_delete_are_listed_with_the_reason(signed, practice) -> None:
    call = CallFactory(encounter__practice=practice)
    VendorRecording.objects.create(
        connection=call.connection,
        vendor_id="file",
        call=call,
        state="refused",
        attempts=5,
        last_error="The vendor refused to delete it.",
    )
    page = signed.get(PAGE).content.decode()
    assert "Not deleted at the vendor yet" in page
    assert "The vendor refused to delete it." in page


def test_compliance_sees_the_list_and_may_not_act_on_it(client_of, practice, nobodys) -> None:
    officer = client_of(MembershipFactory(practice=practice, role=Role.COMPLIANCE).user)
    page = officer.get(PAGE).content.decode()
    assert "Clinic video" in page
    assert "/link/" not in page
    assert officer.post(f"{PAGE}{nobodys.pk}/discard/", {"reason": "test"}).status_code == 403


def test_an_outsider_finds_nothing(client_of, outsider, nobodys) -> None:
    stranger = client_of(outsider)
    assert "Clinic video" not in stranger.get(PAGE).content.decode()
    for action in ("link", "discard", "retry"):
        assert stranger.post(f"{PAGE}{nobodys.pk}/{action}/").status_code == 404
