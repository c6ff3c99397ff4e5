from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from config import doorbell
from notes.models import EngineAccount, EngineEvent, Submission
from notes.services import inbox, polling, sending
from notes.services.submissions import submission_create_for_recording, submission_create_for_text
from tests.factories.encounters import EncounterFactory
from tests.factories.notes import EngineAccountFactory
from tests.fixtures_audio import stored_recording  # noqa: F401
from tests.notes.pipeline.upstream import Upstream

TYPED = "Patient: my left knee has hurt for two weeks. Clinician: take ibuprofen with food."


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    server = Upstream()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def visit(db: None) -> Any:
    """An ended visit with an open gate."""
    return EncounterFactory(consented=True, agreement=True)


@pytest.fixture
def account(visit: Any, upstream: Upstream) -> EngineAccount:
    return EngineAccountFactory(
        practice=visit.practice,
        base_url=upstream.url,
        api_key="snapi_sk_live_of_a_test",
        signature_profile="t-v1",
    )


@pytest.fixture
def audio(visit: Any, account: EngineAccount, stored_recording: Any) -> Submission:  # noqa: F811
    """A queued submission of a real, sealed recording."""
    made = submission_create_for_recording(recording_id=stored_recording(visit).pk)
    assert made is not None
    return made


@pytest.fixture
def typed(visit: Any, account: EngineAccount) -> Submission:
    return submission_create_for_text(encounter=visit, kind="text", text=TYPED, actor=visit.provider)


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, tuple[str, ...]]]:
    """What rang, instead of being queued: the broker is a door, too."""
    rings: list[tuple[str, tuple[str, ...]]] = []
    monkeypatch.setattr(doorbell, "async_task", lambda task, *ids: rings.append((task, ids)))
    return rings


class Hands:
    """Does what the worker does, at once, with every waiting time over."""

    def __init__(self, account: EngineAccount) -> None:
        self.account = account

    def send(self, submission: Submission, *, due: bool = True) -> Submission:
        if due:
            self.time_passes(submission)
        sending.send(submission.pk)
        submission.refresh_from_db()
        return submission

    def poll(self, submission: Submission) -> Submission:
        self.time_passes(submission)
        polling.poll(submission.pk)
        submission.refresh_from_db()
        return submission

    def read_inbox(self) -> None:
        EngineEvent.objects.update(look_after=None)
        inbox.read_inbox(self.account.pk)

    def announce(self, note_id: str, *, event: str = "note.generated", **body: Any) -> EngineEvent:
        """A verified webhook lies in the inbox."""
        payload = json.dumps({"event": event, "note_id": note_id, **body})
        return EngineEvent.objects.create(
            account=self.account,
            note_id=note_id,
            event=event,
            body_sha256="0" * 64,
            profile="t-v1",
            payload=payload,
        )

    def time_passes(self, submission: Submission) -> None:
        EngineAccount.objects.update(paused_until=None)
        Submission.objects.filter(pk=submission.pk, next_attempt_at__isnull=False).update(
            next_attempt_at=timezone.now()
        )

    def worker_dies(self, submission: Submission) -> None:
        """Its lease runs out."""
        Submission.objects.filter(pk=submission.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


@pytest.fixture
def hands(account: EngineAccount) -> Hands:
    return Hands(account)
