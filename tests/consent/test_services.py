"""Decisions and agreements are written down with their audit event, and what was held drains by itself."""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.utils import timezone

from config import doorbell
from consent import hooks
from consent.models import AuditEvent, ConsentRecord
from consent.services import agreement_save, consent_record
from notes import tasks
from notes.services.submissions import submission_create_for_text
from tests.factories.consent import AgreementFactory, PolicyFactory
from tests.factories.encounters import EncounterFactory
from tests.factories.notes import EngineAccountFactory

pytestmark = pytest.mark.django_db
TYPED = "Patient: my left knee has hurt for two weeks. Clinician: take ibuprofen with food."


@pytest.fixture
def visit(practice: Any, clinician: Any) -> Any:
    return EncounterFactory(practice=practice, provider=clinician)


@pytest.fixture
def patient(visit: Any) -> Any:
    return visit.participants.get()


def test_a_decision_names_the_script_that_was_in_force(visit: Any, patient: Any, clinician: Any) -> None:
    policy = PolicyFactory(jurisdiction="US-CA", script_version="7")
    made = consent_record(
        participant=patient, decision="granted", method="verbal", actor=clinician, language="es"
    )
    assert (made.policy, made.script_version, made.language) == (policy, "7", "es")
    assert made.recorded_by == clinician
    event = AuditEvent.objects.get(action="consent.granted")
    assert event.target_id == str(made.pk)
    assert event.encounter_id == visit.pk


def test_a_decision_in_the_future_is_refused_and_leaves_nothing(patient: Any, clinician: Any) -> None:
    with pytest.raises(ValidationError, match="future"):
        consent_record(
            participant=patient, decision="granted", method="verbal", actor=clinician,
            decided_at=timezone.now() + dt.timedelta(minutes=3),
        )  # fmt: skip
    assert not ConsentRecord.objects.exists()
    assert not AuditEvent.objects.filter(action="consent.granted").exists()


def test_a_clock_that_runs_ahead_a_little_is_set_right(patient: Any, clinician: Any) -> None:
    ahead = timezone.now() + dt.timedelta(minutes=1)
    made = consent_record(
        participant=patient, decision="granted", method="verbal", actor=clinician, decided_at=ahead
    )
    assert made.decided_at < ahead


def test_an_agreements_document_is_hashed_and_stored_under_a_name_of_ours(
    practice: Any, clinician: Any
) -> None:
    agreement = AgreementFactory.build(
        practice=practice, document=ContentFile(b"signed", name="Agreement of Zqxfamily.PDF")
    )
    agreement_save(agreement=agreement, actor=clinician, created=True)
    agreement.refresh_from_db()
    assert agreement.document_sha256 == hashlib.sha256(b"signed").hexdigest()
    assert "Zqx" not in agreement.document.name
    assert agreement.document.name.endswith(".pdf")
    assert AuditEvent.objects.get(action="baa.recorded").target_id == str(agreement.pk)


def test_a_revocation_is_audited_as_one(practice: Any, clinician: Any) -> None:
    agreement = AgreementFactory(practice=practice)
    agreement.revoked_at = timezone.now()
    agreement_save(agreement=agreement, actor=clinician, created=False)
    assert AuditEvent.objects.filter(action="baa.revoked").exists()


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, tuple[str, ...]]]:
    """What rang, instead of being queued: the broker is a door, too."""
    rings: list[tuple[str, tuple[str, ...]]] = []
    monkeypatch.setattr(doorbell, "async_task", lambda task, *ids: rings.append((task, ids)))
    return rings


def test_an_agreement_drains_what_was_held(
    visit: Any, clinician: Any, rung: Any, django_capture_on_commit_callbacks: Any
) -> None:
    EngineAccountFactory(practice=visit.practice)
    AgreementFactory(practice=visit.practice, expired=True)
    held = submission_create_for_text(encounter=visit, kind="text", text=TYPED, actor=clinician)
    assert held.state == "held"
    assert [reason["code"] for reason in held.hold_reasons] == ["baa_missing"]

    with django_capture_on_commit_callbacks(execute=True):
        renewed = AgreementFactory.build(practice=visit.practice)
        agreement_save(agreement=renewed, actor=clinician, created=True)
    assert ("notes.tasks.recheck_held", (str(visit.practice.pk),)) in [
        (task, tuple(map(str, ids))) for task, ids in rung
    ]
    tasks.recheck_held(str(visit.practice.pk))
    held.refresh_from_db()
    assert held.state == "queued"


def test_a_revoked_agreement_holds_what_waits(visit: Any, clinician: Any) -> None:
    EngineAccountFactory(practice=visit.practice)
    agreement = AgreementFactory(practice=visit.practice)
    AgreementFactory.create(practice=visit.practice, vendor="daily")
    agreement.revoked_at = timezone.now()
    agreement_save(agreement=agreement, actor=clinician, created=False)
    held = submission_create_for_text(encounter=visit, kind="text", text=TYPED, actor=clinician)
    assert held.state == "held"


def test_listeners_hear_after_the_commit_and_once(
    practice: Any, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    heard: list[Any] = []
    monkeypatch.setitem(hooks._listeners, "permission.changed", [])
    hooks.listen("permission.changed", heard.append)
    hooks.listen("permission.changed", heard.append)
    with django_capture_on_commit_callbacks(execute=True):
        hooks.notify("permission.changed", practice.pk)
        assert heard == []
    assert heard == [practice.pk]


@pytest.mark.parametrize("decision", ["declined", "withdrawn"])
def test_a_no_is_announced_as_a_withdrawal(
    patient: Any, visit: Any, clinician: Any, decision: str, monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> None:  # fmt: skip
    heard: list[Any] = []
    monkeypatch.setitem(hooks._listeners, "permission.withdrawn", [heard.append])
    with django_capture_on_commit_callbacks(execute=True):
        consent_record(participant=patient, decision=decision, method="verbal", actor=clinician)
    assert heard == [visit.pk]
