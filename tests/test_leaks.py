"""What a visit holds stands where it belongs and nowhere else: one whole visit, full of marks, and then a search
through logs, queue, trail, sessions, caches, mail, files and every column of every table.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core import mail
from django.db import connection
from django.utils import timezone
from django_q.models import OrmQ, Success
from django_q.tasks import async_task

from config import doorbell
from encounters.models import Participant, Patient
from notes import tasks
from notes.models import EngineEvent, Note, Submission
from notes.services import inbox, polling, sending
from notes.soapnoteapi.signatures import sign
from tests.factories.encounters import EncounterFactory, ParticipantFactory
from tests.factories.integrations import Caller, integration
from tests.factories.notes import EngineAccountFactory
from tests.factories.people import PatientFactory
from tests.fixtures_audio import wav_bytes
from tests.logbook import logbook
from tests.notes.pipeline.upstream import Answer, Upstream
from tests.notes.review.pages import fields, signing, url, with_text

MARK = "Zqxvqx"  # long enough not to turn up in ciphertext by chance
SECRET = "whsec_WnF4c2VjcmV0WnF4c2VjcmV0WnF4c2VjcmV0WnE="
SECRETS = (SECRET, "Zqxvqxkey")
SAID = "Zqxvqxsaid my left knee has hurt for two weeks, mostly on stairs."
NOTE = {
    "subjective": "Zqxvqxsubjective",
    "objective": "Zqxvqxobjective",
    "assessment": "Zqxvqxassessment",
    "plan": "Zqxvqxplan",
    "transcript": [{"speaker": "Patient", "start": 0, "end": 2, "text": SAID}],
    "patientSummary": "Zqxvqxsummary",
}
# Names and numbers of patients stay searchable; the disk is expected to be encrypted.
MAY_HOLD = {
    (Patient, "given_name"),
    (Patient, "family_name"),
    (Patient, "mrn"),
    (Participant, "name"),
}


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    server = Upstream()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def visit(practice: Any, clinician: Any) -> Any:
    patient = PatientFactory(
        practice=practice, given_name="Zqxvqxgiven", family_name="Zqxvqxfamily", mrn="Zqxvqxmrn"
    )
    return EncounterFactory(
        practice=practice,
        provider=clinician,
        patient=patient,
        agreement=True,
        clinical_context={
            "reason": "Zqxvqxreason",
            "history": "Zqxvqxhistory",
            "medications": ["Zqxvqxdrug"],
        },
    )


@pytest.fixture
def account(visit: Any, upstream: Upstream) -> Any:
    return EngineAccountFactory(
        practice=visit.practice,
        base_url=upstream.url,
        api_key="snapi_sk_live_Zqxvqxkey",
        webhook_secret=SECRET,
        signature_profile="t-v1",
    )


@pytest.fixture
def queued(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rings reach the real queue at once, although the test's transaction never ends."""
    monkeypatch.setattr(doorbell.transaction, "on_commit", lambda ring, **_: ring())


@pytest.fixture
def whole_visit(
    visit: Any,
    account: Any,
    upstream: Upstream,
    clinician: Any,
    client_of: Any,
    queued: None,
) -> Iterator[tuple[Any, str]]:
    """Consent, a recording, an engine that fails, its webhook, the note, sign, file, pull; then a typed one."""
    with logbook() as log:
        client = client_of(clinician)
        _confirm(client, clinician)
        _agree(client, visit)
        _upload(client, visit)
        submission = Submission.objects.get()
        _fail_then_answer(submission, upstream)
        _announce(client, account, submission, upstream)
        note = Note.objects.get()
        _review_sign_file(client, note)
        _pull(visit.practice, note)
        _typed(client, visit, upstream)
        yield note, log.getvalue()


def _confirm(client: Any, user: Any) -> None:
    session = client.session
    session["account_authentication_methods"] = [
        {"method": "password", "at": time.time(), "reauthenticated": True}
    ]
    session["account_authentication_methods_user"] = str(user.pk)
    session.save()


def _agree(client: Any, visit: Any) -> None:
    ParticipantFactory(encounter=visit, role="family", name="Zqxvqxrelative")
    for person in visit.participants.all():
        answer = {"participant": person.pk, "decision": "granted", "method": "verbal"}
        assert client.post(f"/encounters/{visit.pk}/consent/", answer).status_code == 302
    found = client.post("/encounters/new/", {"do": "search", "query": "Zqxvqxfamily"})
    assert b"Zqxvqxmrn" in found.content


def _upload(client: Any, visit: Any) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile  # noqa: PLC0415

    file = SimpleUploadedFile("Zqxvqxfamily Zqxvqxgiven.wav", wav_bytes(), content_type="audio/wav")
    answer = client.post(f"/encounters/{visit.pk}/upload/", {"recording": file, "end": "yes"})
    assert answer.status_code == 302
    tasks.recording_ready(str(visit.recordings.get().pk))


def _fail_then_answer(submission: Submission, upstream: Upstream) -> None:
    quoting = {"error": {"code": "INTERNAL", "message": f"could not write {SAID}"}}
    upstream.script("upload", Answer(500, quoting), Answer(503, b"<html>Zqxvqxpage</html>"))
    for _ in range(3):
        _due(submission)
        sending.send(submission.pk)
    submission.refresh_from_db()
    assert submission.state == "processing", (submission.state, submission.last_error)
    upstream.script("status", Answer(500, quoting))
    _due(submission)
    polling.poll(submission.pk)


def _announce(client: Any, account: Any, submission: Submission, upstream: Upstream) -> None:
    submission.refresh_from_db()
    note_id = submission.upstream_note_id
    upstream.finish(note_id, **NOTE)
    body = json.dumps({"event": "note.generated", "note_id": note_id, "data": NOTE}).encode()
    where = f"/hooks/soapnoteapi/{account.pk}/"
    headers = sign("t-v1", SECRET, body, timezone.now().timestamp(), "evt_1")
    for given, status in ((headers, 204), ({"X-Zqxvqxheader": "Zqxvqx"}, 401)):
        assert client.post(where, body, content_type="application/json", headers=given).status_code == status
    EngineEvent.objects.update(look_after=None)
    inbox.read_inbox(account.pk)


def _review_sign_file(client: Any, note: Note) -> None:
    mine = with_text(note.working, plan="Zqxvqxplan, corrected")
    assert client.post(url("note", note), fields(mine, version=note.version)).status_code == 302
    assert client.post(url("note", note), fields(mine, version=0)).status_code in {302, 409}
    assert client.get(url("note-history", note)).status_code == 200
    assert client.post(url("note-sign", note), signing(note)).status_code == 302
    assert client.post(url("note-file", note)).status_code == 302
    note.refresh_from_db()
    assert note.state == "filed"
    added = {"kind": "addendum", "reason": "Result arrived", "text": "Zqxvqxaddendum", "attest": "on"}
    assert client.post(url("note-addendum", note), added).status_code == 302


def _pull(practice: Any, note: Note) -> None:
    caller = Caller(integration(practice, scopes=("notes:read", "transcripts:read"))[1])
    assert "Zqxvqxplan" in caller.note(note).content.decode()
    assert "Zqxvqxsaid" in caller.get(f"/api/v1/notes/{note.pk}/transcript").content.decode()
    assert caller.notes(patient="Zqxvqxfamily").status_code == 400


def _typed(client: Any, visit: Any, upstream: Upstream) -> None:
    other = EncounterFactory(
        practice=visit.practice, provider=visit.provider, patient=visit.patient, agreement=False
    )
    page = f"/encounters/{other.pk}/transcript/"
    assert client.post(page, {"kind": "shorthand", "text": "Zqxvqxshort"}).status_code == 422
    assert client.post(page, {"kind": "shorthand", "text": SAID}).status_code == 302
    submission = Submission.objects.get(encounter=other)
    upstream.script("create", Answer(400, {"error": {"code": "INVALID", "message": f"bad {SAID}"}}))
    _due(submission)
    sending.send(submission.pk)
    submission.refresh_from_db()
    assert submission.state == "failed"
    status = client.get(f"/encounters/{other.pk}/").content.decode()
    assert "Zqxvqxsaid" not in status


def _due(submission: Submission) -> None:
    Submission.objects.filter(pk=submission.pk).update(next_attempt_at=timezone.now(), lease_until=None)
    type(submission.account).objects.update(paused_until=None)


def assert_clean(text: str, place: str) -> None:
    at = text.find(MARK)
    assert at < 0, f"{place} holds {text[max(0, at - 80) : at + 60]!r}"
    for secret in SECRETS:
        assert secret not in text, f"{place} holds a secret"


def test_nothing_of_a_visit_leaks(whole_visit: tuple[Any, str], tmp_path: Path, settings: Any) -> None:
    _, log = whole_visit
    assert '"route": "note-file"' in log, "the log was kept"
    assert_clean(log, "the log")
    assert_columns_are_clean()
    assert_queue_is_clean()
    assert_files_are_clean(tmp_path)
    for message in mail.outbox:
        assert_clean(str(message.message()), "a mail")


def assert_columns_are_clean() -> None:
    """Raw, as somebody with the database file would read it."""
    seen = 0
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.local_concrete_fields:
            if (model, field.name) in MAY_HOLD:
                continue
            quote = connection.ops.quote_name
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT {quote(field.column)} FROM {quote(model._meta.db_table)}")
                for (value,) in cursor.fetchall():
                    text = (
                        bytes(value).decode("latin-1")
                        if isinstance(value, bytes | memoryview)
                        else str(value)
                    )
                    assert_clean(text, f"{model._meta.label}.{field.name}")
                    seen += 1
    assert seen > 500
    session = apps.get_model("sessions", "Session")
    for row in session.objects.all():
        assert_clean(repr(row.get_decoded()), "a session")


def assert_queue_is_clean() -> None:
    assert OrmQ.objects.exists(), "nothing was rung"
    for row in OrmQ.objects.all():
        assert_clean(repr(row.task), "the queue")
        assert all(isinstance(argument, str) and len(argument) <= 36 for argument in row.task["args"])


def assert_files_are_clean(folder: Path) -> None:
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files, "the recording is stored"
    sound = wav_bytes()[4000:4064]
    for path in files:
        assert_clean(str(path.relative_to(folder)), "a file's name")
        data = path.read_bytes()
        assert_clean(data.decode("latin-1"), "a file")
        assert sound not in data
        assert b"RIFF" not in data


def test_a_tasks_exception_reaches_neither_log_nor_result(
    db: None, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    def quoting(_pk: Any) -> None:
        raise ValueError(f"could not send {SAID}")

    monkeypatch.setattr(sending, "send", quoting)
    settings.Q_CLUSTER = {**settings.Q_CLUSTER, "sync": True}
    with logbook() as log:
        async_task("notes.tasks.send", "01a2038a-7521-7917-991e-b178ecdda4b6", sync=True)
    result = Success.objects.model.objects.all()
    assert_clean(log.getvalue(), "the log")
    assert '"error": "ValueError"' in log.getvalue()
    for row in result:
        assert_clean(repr([row.result, row.args, row.kwargs]), "a task's result")


def test_the_queues_own_words_about_a_failure_are_not_logged(db: None) -> None:
    import logging  # noqa: PLC0415

    with logbook() as log:
        logging.getLogger("django-q").error("Failed 'x' (notes.tasks.send) - %s", SAID)
        try:
            raise KeyError(SAID)
        except KeyError:
            logging.getLogger("somewhere.else").exception("went wrong")
    assert_clean(log.getvalue(), "the log")
    assert "background task failed" in log.getvalue()
