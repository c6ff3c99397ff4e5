"""The encounter's page, its status, and the ways on when the engine did not help. Three people look at it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.utils import timezone

from consent.audit import SYSTEM
from consent.models import AuditEvent, BusinessAssociateAgreement
from consent.services import consent_record
from consent.transitions import advance
from encounters.models import VendorRecording
from encounters.services.video.found import recording_link
from encounters.services.video.losing import copy_gone
from notes.models import Note, Submission
from notes.services.submissions import submission_create_for_recording, submissions_withdraw
from tests.factories.encounters import EncounterFactory
from tests.factories.notes import EngineAccountFactory, NoteFactory, SubmissionFactory
from tests.factories.video import CallFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def visit(practice: Any, clinician: Any) -> Any:
    return EncounterFactory(practice=practice, provider=clinician, consented=True, agreement=True)


def at(visit: Any, page: str = "") -> str:
    return f"/encounters/{visit.pk}/{page}"


@pytest.mark.parametrize(
    ("who", "status"),
    [("clinician", 200), ("colleague", 200), ("assistant", 200), ("compliance_officer", 200),
     ("administrator", 404), ("outsider", 404)],
)  # fmt: skip
def test_who_may_open_it(
    visit: Any, client_of: Any, who: str, status: int, request: pytest.FixtureRequest
) -> None:
    client = client_of(request.getfixturevalue(who))
    assert client.get(at(visit)).status_code == status
    assert client.get(at(visit, "status/")).status_code == status


def test_opening_it_is_audited_and_polling_is_not(visit: Any, clinician: Any, client_of: Any) -> None:
    client = client_of(clinician)
    client.get(at(visit))
    client.get(at(visit, "status/"))
    (event,) = AuditEvent.objects.filter(action="encounter.viewed")
    assert (event.actor_id, event.encounter_id, event.patient_id) == (
        str(clinician.pk), visit.pk, visit.patient_id,
    )  # fmt: skip


def test_clinical_context_and_typed_words_are_not_on_the_page(
    visit: Any, clinician: Any, client_of: Any
) -> None:
    SubmissionFactory(encounter=visit, text="Zqxtyped " * 10)
    page = client_of(clinician).get(at(visit)).content.decode()
    assert "Zqxtyped" not in page


# Status


def test_status_costs_nothing_while_nothing_changes(visit: Any, clinician: Any, client_of: Any) -> None:
    client = client_of(clinician)
    seen = client.get(at(visit)).context["seen"]
    answer = client.get(at(visit, f"status/?seen={seen}"))
    assert (answer.status_code, answer.content) == (204, b"")


@pytest.mark.parametrize(
    "change",
    [
        {"state": "processing", "upstream_note_id": "n-1", "accepted_at": timezone.now()},
        {"last_error_code": "timeout", "last_error": "No answer. Everything is kept."},
        {"state": "held", "hold_reasons": [{"code": "x", "text": "X.", "remedy": "Y."}]},
        {"state": "cancelled"},
    ],
)
def test_status_speaks_when_the_submission_moves(
    visit: Any, clinician: Any, client_of: Any, change: dict[str, Any]
) -> None:
    submission = SubmissionFactory(encounter=visit)
    client = client_of(clinician)
    seen = client.get(at(visit)).context["seen"]
    Submission.objects.filter(pk=submission.pk).update(**change)
    answer = client.get(at(visit, f"status/?seen={seen}"))
    assert answer.status_code == 200
    assert answer.context["seen"] != seen
    assert b"<html" not in answer.content


def test_the_page_stops_asking_once_all_is_settled(visit: Any, clinician: Any, client_of: Any) -> None:
    submission = SubmissionFactory(encounter=visit)
    client = client_of(clinician)
    assert b"hx-get" in client.get(at(visit)).content
    Submission.objects.filter(pk=submission.pk).update(state="failed", last_error="No speech was found.")
    assert b"hx-get" not in client.get(at(visit, "status/")).content


def test_hold_reasons_stand_with_what_to_do(visit: Any, clinician: Any, client_of: Any) -> None:
    reason = {
        "code": "baa_missing",
        "text": "No agreement is in force.",
        "remedy": "An administrator records one.",
    }
    SubmissionFactory(encounter=visit, state="held", hold_reasons=[reason])
    page = client_of(clinician).get(at(visit)).content.decode()
    assert reason["text"] in page
    assert reason["remedy"] in page


# Try again


@pytest.fixture
def failed(visit: Any) -> Submission:
    return SubmissionFactory(
        encounter=visit, state="failed", last_error_code="rejected", last_error="Refused."
    )


def test_a_failed_submission_is_sent_again(visit: Any, failed: Any, assistant: Any, client_of: Any) -> None:
    answer = client_of(assistant).post(at(visit, "retry/"))
    assert answer.url == at(visit)
    newest = Submission.objects.filter(encounter=visit).latest("created_at")
    assert newest.state == "queued"


def test_trying_twice_sends_once(visit: Any, failed: Any, clinician: Any, client_of: Any) -> None:
    client = client_of(clinician)
    client.post(at(visit, "retry/"))
    client.post(at(visit, "retry/"))
    assert Submission.objects.filter(encounter=visit, state="queued").count() == 1


def test_there_is_nothing_to_try_again(visit: Any, clinician: Any, client_of: Any) -> None:
    assert client_of(clinician).post(at(visit, "retry/")).status_code == 404


@pytest.mark.parametrize(("who", "status"), [("compliance_officer", 403), ("outsider", 404)])
@pytest.mark.parametrize("page", ["retry/", "write/", "transcript/"])
def test_others_start_nothing(
    visit: Any, failed: Any, client_of: Any, who: str, status: int, page: str, request: pytest.FixtureRequest
) -> None:
    words = {"kind": "shorthand", "text": "Knee pain for two weeks, worse on stairs. Rest and ice."}
    answer = client_of(request.getfixturevalue(who)).post(at(visit, page), words)
    assert answer.status_code == status
    assert not Note.objects.exists()
    assert Submission.objects.get() == failed


# By hand


def test_a_note_is_begun_by_hand_once(visit: Any, clinician: Any, client_of: Any) -> None:
    client = client_of(clinician)
    first = client.post(at(visit, "write/")).url
    assert client.post(at(visit, "write/")).url == first
    note = Note.objects.get()
    assert first == f"/notes/{note.pk}/"
    assert not any(note.working["sections"].values())


def test_writing_by_hand_leaves_a_note_that_exists_alone(visit: Any, clinician: Any, client_of: Any) -> None:
    note = NoteFactory(encounter=visit)
    assert client_of(clinician).post(at(visit, "write/")).url == f"/notes/{note.pk}/"
    note.refresh_from_db()
    assert note.working["sections"]["plan"]


def test_the_agreements_dates_are_those_of_the_practice(visit: Any, clinician: Any, client_of: Any) -> None:
    practice = visit.practice
    practice.time_zone = "America/Los_Angeles"
    practice.save(update_fields=["time_zone"])
    EngineAccountFactory(practice=practice)
    ends = datetime(2090, 7, 2, 3, 30, tzinfo=UTC)
    BusinessAssociateAgreement.objects.filter(practice=practice).update(expires_at=ends)
    assert "until 1 Jul 2090, 20:30 PDT" in client_of(clinician).get(at(visit)).content.decode()


def test_a_cancelled_visit_takes_no_note_by_hand_and_says_so(
    visit: Any, client_of: Any, clinician: Any
) -> None:
    type(visit).objects.filter(pk=visit.pk).update(status="cancelled")
    answer = client_of(clinician).post(at(visit, "write/"), follow=True)
    assert answer.redirect_chain[-1][0] == at(visit)
    assert "cancelled" in answer.content.decode()
    assert not Note.objects.exists()


def test_a_refusal_recorded_by_mistake_leaves_a_way_to_send_the_recording(
    visit: Any, clinician: Any, client_of: Any, stored_recording: Any
) -> None:
    EngineAccountFactory(practice=visit.practice)
    client, patient = client_of(clinician), visit.participants.get()
    recording = stored_recording(encounter=visit)
    submission_create_for_recording(recording_id=recording.pk)

    consent_record(participant=patient, decision="declined", method="verbal", actor=clinician)
    submissions_withdraw(visit.pk)
    page = client.get(at(visit)).content.decode()
    assert "not sent" in page
    assert "Send the recording" not in page

    consent_record(participant=patient, decision="granted", method="verbal", actor=clinician)
    assert "Send the recording" in client.get(at(visit)).content.decode()
    client.post(at(visit, "retry/"))
    client.post(at(visit, "retry/"))
    states = (
        Submission.objects.filter(recording=recording).order_by("created_at").values_list("state", flat=True)
    )
    assert list(states) == ["cancelled", "queued"]


def test_every_step_is_told_in_words_and_reads_are_not(client_of, practice, clinician, outsider) -> None:
    call = CallFactory(encounter__practice=practice, encounter__provider=clinician)
    encounter = call.encounter
    row = VendorRecording.objects.create(connection=call.connection, vendor_id="file")
    recording_link(row, call, actor=clinician)
    advance(row, "refused", actor=SYSTEM, reason="Nobody agreed")
    copy_gone(row, evidence="The vendor confirmed the deletion")
    client = client_of(clinician)
    client.get(f"/encounters/{encounter.pk}/")
    page = client.get(f"/encounters/{encounter.pk}/")
    told = [(step.what, step.who, step.trouble) for step in page.context["timeline"]]
    assert told == [
        ("Recording expected from a video vendor", str(clinician), False),
        ("Linked a vendor's recording to an encounter", str(clinician), False),
        ("Vendor’s recording: not downloaded: no permission", "", True),
        ("Vendor deleted its copy of a recording", "", False),
    ]
    for words in ("Nobody agreed", "The vendor confirmed the deletion"):
        assert words in page.content.decode()
    assert client_of(outsider).get(f"/encounters/{encounter.pk}/").status_code == 404
