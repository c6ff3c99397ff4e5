"""Webhooks of the sandbox: the three events, each signature profile, retries, and what a restart still owes."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from notes.soapnoteapi.sandbox.config import Account, Config, ConfigError, account_id
from notes.soapnoteapi.sandbox.courier import RETRY_AFTER
from notes.soapnoteapi.sandbox.engine import Engine
from notes.soapnoteapi.sandbox.options import NoteOptions
from notes.soapnoteapi.signature_profiles import PROFILES
from notes.soapnoteapi.signatures import SignatureInvalid, verify
from tests.notes.sandbox.running import (
    ADMIN,
    KEY,
    OTHER_KEY,
    SECRET,
    Receiver,
    Running,
    ScriptedEars,
    account,
    answer,
    failed,
    running,
    until,
)


@pytest.mark.parametrize("profile", PROFILES)
def test_each_profile_is_accepted_by_the_receivers_own_verification(
    tmp_path: Path, receiver: Receiver, tone: Path, profile: str
) -> None:
    config = Config(state_dir=tmp_path / "state", accounts=(account(receiver, profile),))
    with running(config, ScriptedEars()) as sandbox:
        note_id = answer(sandbox.upload(tone))["noteId"]
        ((headers, body),) = receiver.wait_for(1)
        note = sandbox.note(note_id)

    verify(PROFILES[profile], headers, body, [SECRET], time.time())
    with pytest.raises(SignatureInvalid):
        verify(PROFILES[profile], headers, body + b" ", [SECRET], time.time())
    event = json.loads(body)
    assert (event["event"], event["note_id"], event["status"]) == ("note.generated", note_id, "completed")
    assert event["sandbox"] is True
    assert event["data"]["plan"] == note["plan"]
    assert event["data"]["transcript"] == "I think this is a sprain."
    assert headers["Content-Type"] == "application/json"


def test_a_failed_job_is_told_without_data(config: Config, receiver: Receiver, tone: Path) -> None:
    with running(config, ScriptedEars(failed("AUDIO_TOO_SHORT"))) as sandbox:
        note_id = answer(sandbox.upload(tone))["noteId"]
        ((_, body),) = receiver.wait_for(1)

    event = json.loads(body)
    assert (event["event"], event["note_id"], event["status"]) == ("note.failed", note_id, "failed")
    assert event["error"]["code"] == "AUDIO_TOO_SHORT"
    assert "data" not in event


def test_the_test_event_goes_to_the_account_of_the_key(sandbox: Running, receiver: Receiver) -> None:
    sent = sandbox.send("POST", "/sandbox/test-event")
    ((headers, body),) = receiver.wait_for(1)

    assert sent.status == 202
    assert json.loads(body)["event"] == "test"
    verify(PROFILES["t-v1"], headers, body, [SECRET], time.time())
    assert sandbox.send("POST", "/sandbox/test-event", key=OTHER_KEY).status == 400


def test_the_pages_button_sends_the_test_event_and_other_sites_cannot(
    sandbox: Running, receiver: Receiver
) -> None:
    pressed = sandbox.send("POST", "/sandbox/test-event", key=None, Origin=sandbox.base_url)
    receiver.wait_for(1)

    assert (pressed.status, pressed.headers["location"]) == (303, "/?sent")
    for origin in ({"Origin": "https://elsewhere.example"}, {"Origin": "null"}, {}):
        assert sandbox.send("POST", "/sandbox/test-event", key=None, **origin).status == 401


def test_a_key_without_an_account_gets_no_webhook_unless_one_is_for_every_key(
    tmp_path: Path, receiver: Receiver, tone: Path
) -> None:
    for number, (accounts, owed) in enumerate(
        [((account(receiver, key=OTHER_KEY),), 0), ((account(receiver, key="*"),), 1)]
    ):
        config = Config(state_dir=tmp_path / str(number), accounts=accounts)
        with running(config, ScriptedEars()) as sandbox:
            sandbox.finished(answer(sandbox.upload(tone))["noteId"])
            assert len(sandbox.engine.store.recent_deliveries()) == owed


def test_a_refused_delivery_is_retried_on_schedule_with_the_same_body_and_a_fresh_signature(
    config: Config, receiver: Receiver
) -> None:
    now = [1_700_000_000.0]
    sent: list[tuple[bytes, str]] = []

    def refuse(_url: str, body: bytes, headers: object) -> int:
        sent.append((body, str(headers)))
        return 500

    engine = Engine(config, ScriptedEars(), clock=lambda: now[0], send=refuse)
    (event_id,) = engine.send_test_events()
    waits = []
    for _ in range(len(RETRY_AFTER) + 1):
        owed = engine.store.next_delivery()
        assert owed is not None
        waits.append(owed.next_at - now[0])
        now[0] = owed.next_at
        engine.courier.attempt(owed)

    assert waits == [0, *RETRY_AFTER]
    assert engine.store.next_delivery() is None
    assert engine.store.recent_deliveries()[0].state == "given_up"
    assert {body for body, _ in sent} == {sent[0][0]}
    assert len({headers for _, headers in sent}) == len(sent)
    assert event_id


def test_a_receiver_that_comes_back_gets_its_webhook_after_the_sandboxs_restart(
    tmp_path: Path, tone: Path
) -> None:
    now = [1_700_000_000.0]
    receiver = Receiver((503, 204))
    config = Config(state_dir=tmp_path / "state", accounts=(account(receiver),))
    with running(config, ScriptedEars(), clock=lambda: now[0]) as before:
        note_id = answer(before.upload(tone))["noteId"]
        receiver.wait_for(1)
        until(lambda: before.engine.store.recent_deliveries()[0].attempts == 1)
    now[0] += RETRY_AFTER[0]
    with running(config, ScriptedEars(), clock=lambda: now[0]) as after:
        (_, first), (_, second) = receiver.wait_for(2)
        until(lambda: after.engine.store.recent_deliveries()[0].state == "delivered")
    receiver.close()

    assert first == second
    assert json.loads(second)["note_id"] == note_id


def test_a_job_cut_off_by_a_crash_is_redone_once_after_the_restart(
    config: Config, receiver: Receiver, tone: Path
) -> None:
    stuck = ScriptedEars(open_gate=False)
    crashed = Engine(config, stuck)
    crashed.start()
    job = _accept(crashed, tone)
    assert stuck.started.wait(60)

    ears = ScriptedEars()
    with running(config, ears) as sandbox:
        assert sandbox.finished(job)["status"] == "completed"
        receiver.wait_for(1)
        stuck.gate.set()
        crashed.stop()
        totals = answer(sandbox.send("GET", "/sandbox/ledger", key=ADMIN))["totals"]

    assert len(ears.heard) == 1
    assert totals["notes_made"] == 1
    assert len(receiver.received) == 1


def test_a_job_that_keeps_crashing_the_process_ends_as_failed(config: Config, tone: Path) -> None:
    engine = Engine(config, ScriptedEars())
    note_id = _accept(engine, tone)
    for _ in range(3):
        assert engine.store.claim()

    with running(config, ScriptedEars()) as sandbox:
        assert sandbox.finished(note_id)["error"]["code"] == "TRANSCRIPTION_ERROR"


def test_a_recording_nobody_was_promised_is_removed_at_start(config: Config, ears: ScriptedEars) -> None:
    spool = config.state_dir / "spool"
    spool.mkdir(parents=True)
    (spool / "half.audio").write_bytes(b"RIFF")

    with running(config, ears):
        assert list(spool.iterdir()) == []


def test_a_secret_or_profile_that_cannot_sign_is_refused_at_start() -> None:
    with pytest.raises(ConfigError, match="webhook_secret"):
        Account(KEY, "http://127.0.0.1:1/", "whsec_!", "standard-webhooks")
    with pytest.raises(ConfigError, match="profile"):
        Account(KEY, "http://127.0.0.1:1/", SECRET, "rot13")


def _accept(engine: Engine, tone: Path) -> str:
    spooled = engine.spool / "visit.audio"
    spooled.write_bytes(tone.read_bytes())
    return engine.accept_recording(account_id(KEY), NoteOptions("physician"), spooled).note_id
