from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.conf import settings as django_settings
from django.utils import timezone

from config import doorbell
from config.http import Limits
from notes.models import EngineAccount, Submission
from notes.services.submissions import submission_create_for_recording, submission_create_for_text
from notes.soapnoteapi import client
from notes.soapnoteapi.client import ClientLimits
from notes.soapnoteapi.sandbox.config import Account, Config
from tests.factories.encounters import EncounterFactory
from tests.factories.notes import EngineAccountFactory
from tests.fixtures_audio import stored_recording  # noqa: F401
from tests.notes.faults.deliveries import Deliveries
from tests.notes.faults.stage import Stage
from tests.notes.sandbox.running import ADMIN, KEY, OTHER_KEY, SECRET, ScriptedEars, running

TYPED = "Patient: my left knee has hurt for two weeks. Clinician: take ibuprofen with food."
PATIENT = Limits(connect=20, read=60, write=60, total=120)


@pytest.fixture
def visit(db: None) -> Any:
    """An ended visit with an open gate."""
    return EncounterFactory(consented=True, agreement=True)


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel(timezone.now(), tick=True) as travelling:
        yield travelling


@pytest.fixture
def stage(
    visit: Any, clock: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> Iterator[Stage]:  # fmt: skip
    """The product's account at a sandbox of its own, with nobody else listening for the doorbell."""
    assert django_settings.DEMO
    account: EngineAccount = EngineAccountFactory(
        practice=visit.practice, api_key=KEY, webhook_secret=SECRET, signature_profile="t-v1"
    )
    hook = f"http://testserver/hooks/soapnoteapi/{account.pk}/"
    accounts = (Account(KEY, hook, SECRET), Account(OTHER_KEY, hook, SECRET))
    config = Config(state_dir=tmp_path / "sandbox", accounts=accounts, admin_token=ADMIN)
    deliveries = Deliveries()
    rung: list[tuple[str, tuple[str, ...]]] = []
    monkeypatch.setattr(doorbell, "async_task", lambda task, *ids: rung.append((task, ids)))
    with running(config, ScriptedEars(), send=deliveries.post) as sandbox:
        account.base_url = sandbox.base_url
        account.save()
        made = Stage(sandbox, deliveries, account, clock, django_capture_on_commit_callbacks, PATIENT, rung)
        monkeypatch.setattr(
            client, "ClientLimits", lambda: ClientLimits(made.limits, made.limits, made.limits)
        )
        yield made


@pytest.fixture
def audio(visit: Any, stage: Stage, stored_recording: Any) -> Submission:  # noqa: F811
    """A queued submission of a real, sealed recording."""
    made = submission_create_for_recording(recording_id=stored_recording(visit).pk)
    assert made is not None
    return made


@pytest.fixture
def typed(visit: Any, stage: Stage) -> Submission:
    return submission_create_for_text(encounter=visit, kind="text", text=TYPED, actor=visit.provider)
