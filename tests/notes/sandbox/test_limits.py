"""Who is let in, how often, and how the oddest bodies are refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from config.http import FieldPart, FilePart, bytes_body, json_body, multipart_body
from notes.soapnoteapi.sandbox.config import Config, ConfigError, from_mapping
from notes.soapnoteapi.sandbox.hearing.audio import duration
from tests.notes.sandbox.raw import Connection
from tests.notes.sandbox.recordings import write_tone
from tests.notes.sandbox.running import (
    KEY,
    OTHER_KEY,
    VISIT,
    Client,
    Receiver,
    Running,
    ScriptedEars,
    answer,
    failed,
    running,
)

NOON = 1_700_000_000.0 // 86_400 * 86_400 + 43_200


def error_of(client: Client, body: bytes) -> tuple[int, str]:
    response = client.send("POST", "/v1/note", body=bytes_body(body, "application/json"))
    return response.status, answer(response)["error"]["code"]


def test_a_test_key_makes_so_many_requests_a_day_and_reading_is_free(config: Config) -> None:
    now = [NOON]
    with running(replace(config, test_key_daily_limit=2), ScriptedEars(), clock=lambda: now[0]) as sandbox:
        made = [sandbox.text().status for _ in range(2)]
        refused = sandbox.text()
        read = sandbox.send("GET", "/v1/note/x").status
        other = sandbox.send("POST", "/v1/note", key=OTHER_KEY, body=json_body({})).status
        live = sandbox.send("POST", "/v1/note", key="snapi_sk_live_1", body=json_body({})).status
        now[0] += 43_200
        tomorrow = sandbox.text().status

    assert made == [200, 200]
    assert (refused.status, answer(refused)["error"]["code"]) == (429, "RATE_LIMIT_EXCEEDED")
    assert refused.headers["retry-after"] == "43201"
    assert (read, other, live, tomorrow) == (404, 400, 400, 200)


def test_without_a_limit_a_test_key_works_all_day(sandbox: Running) -> None:
    assert {sandbox.text().status for _ in range(11)} == {200}


def test_a_revoked_key_is_forbidden(config: Config) -> None:
    with running(replace(config, revoked_keys=(KEY,)), ScriptedEars()) as sandbox:
        revoked = sandbox.text()
        other = sandbox.send("GET", "/v1/note/x", key=OTHER_KEY)

    assert (revoked.status, answer(revoked)["error"]["code"]) == (403, "AUTHORIZATION_ERROR")
    assert other.status == 404


def test_a_short_clip_is_answered_with_the_whole_note_where_that_is_configured(
    config: Config, receiver: Receiver, tone: Path, tmp_path: Path
) -> None:
    longer = write_tone(tmp_path / "longer.ogg", seconds=9)
    with running(replace(config, short_clip_seconds=7), ScriptedEars()) as sandbox:
        at_once = sandbox.upload(tone)
        later = sandbox.upload(longer)
        receiver.wait_for(2)

    assert duration(tone) <= 7 < duration(longer)
    note = answer(at_once)
    assert (at_once.status, note["status"]) == (200, "completed")
    assert "sprain" in note["assessment"]
    assert "transcript" not in note
    assert (later.status, answer(later)["status"]) == (202, "processing")


def test_a_short_clip_that_fails_is_accepted_and_fails_afterwards(config: Config, tone: Path) -> None:
    with running(replace(config, short_clip_seconds=60), ScriptedEars(failed("NO_SPEECH"))) as sandbox:
        response = sandbox.upload(tone)
        status = sandbox.finished(answer(response)["noteId"])

    assert response.status == 202
    assert status["status"] == "failed"


def test_a_failed_job_expires_like_a_note(config: Config, tone: Path) -> None:
    now = [NOON]
    ears = ScriptedEars(failed("NO_SPEECH"))
    with running(config, ears, clock=lambda: now[0]) as sandbox:
        note_id = answer(sandbox.upload(tone))["noteId"]
        sandbox.finished(note_id)
        now[0] += config.note_ttl_seconds + 1

        assert sandbox.send("GET", f"/v1/audio/status/{note_id}").status == 404


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"transcript": "\\ud83d' + b" and so on" * 10 + b'", "specialty": "physician"}',
        b'{"transcript": ' + b"1" * 5000 + b"}",
    ],
)
def test_json_that_is_no_text_anybody_could_store_is_refused(sandbox: Running, body: bytes) -> None:
    assert error_of(sandbox, body) == (400, "VALIDATION_ERROR")


def test_unknown_fields_and_every_script_are_welcome(sandbox: Running) -> None:
    said = "Patient: 我的膝盖疼了两个星期。 Ich habe Knieschmerzen 😀 \u0000 since Ægir’s wedding. " * 2

    response = sandbox.text(
        transcript=said, colour="blue", context={"chat_messages": [{"from": "x"}], "mood": 3}
    )

    assert response.status == 200
    assert "Ægir" in response.body.decode()


def test_a_missing_new_name_falls_back_to_the_legacy_one(sandbox: Running) -> None:
    body = json_body(
        {"transcript": None, "shorthand_notes": VISIT, "specialty": "", "provider_type": "dentist"}
    )

    assert sandbox.send("POST", "/v1/note", body=body).status == 200


@pytest.mark.parametrize(
    ("context", "field"),
    [
        ({"patient_history": ["a"]}, "context.patient_history"),
        ({"custom_instructions": 7}, "context.custom_instructions"),
        ({"patient_info": {"name": {"first": "A"}}}, "context.patient_info.name"),
        ({"patient_info": {"gender": True}}, "context.patient_info.gender"),
        ({"patient_info": {"medical_history": []}}, "context.patient_info.medical_history"),
        ({"patient_info": {"medications": [1]}}, "context.patient_info.medications"),
    ],
)
def test_context_of_another_type_is_named(sandbox: Running, context: dict[str, object], field: str) -> None:
    error = answer(sandbox.text(context=context))["error"]

    assert [detail["field"] for detail in error["details"]] == [field]


@pytest.mark.parametrize("name", ["visit.txt", "visit.pdf", "visit.mp3.exe", "visit.mov"])
def test_a_name_that_tells_of_another_kind_is_refused(sandbox: Running, tone: Path, name: str) -> None:
    with tone.open("rb") as reader:
        parts = [
            FilePart("audio", reader, name, "audio/wav"),
            FieldPart("metadata", '{"specialty": "physician"}'),
        ]
        response = sandbox.send("PUT", "/v1/note/audio", body=multipart_body(parts))

    assert (response.status, answer(response)["error"]["code"]) == (415, "UNSUPPORTED_MEDIA_TYPE")
    assert list(sandbox.engine.spool.iterdir()) == []


@pytest.mark.parametrize("name", ["blob", "VISIT.WAV", "visit.mp3", "visit"])
def test_of_the_seven_formats_the_bytes_decide_which_it_is(sandbox: Running, tone: Path, name: str) -> None:
    with tone.open("rb") as reader:
        parts = [
            FilePart("audio", reader, name, "audio/mpeg"),
            FieldPart("metadata", '{"specialty": "physician"}'),
        ]
        assert sandbox.send("PUT", "/v1/note/audio", body=multipart_body(parts)).status == 202


def test_a_disk_that_takes_no_more_is_told_as_unavailable(
    sandbox: Running, tone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("notes.soapnoteapi.sandbox.spool.os.fsync", full)

    response = sandbox.upload(tone)

    assert (response.status, answer(response)["error"]["code"]) == (503, "SERVICE_UNAVAILABLE")
    assert response.headers["retry-after"] == "60"
    assert list(sandbox.engine.spool.iterdir()) == []


def options(sandbox: Running, path: str, *headers: str) -> tuple[int, dict[str, str]]:
    with Connection(sandbox.base_url) as connection:
        connection.send(f"OPTIONS {path}", headers)
        status, answered, _ = connection.answer("OPTIONS")
    return status, answered


def test_only_named_sites_may_call_from_a_browser(config: Config) -> None:
    ours = "http://127.0.0.1:3000"
    with running(replace(config, browser_origins=(ours,)), ScriptedEars()) as sandbox:
        status, asked = options(sandbox, "/v1/note/audio", f"Origin: {ours}")
        refused = sandbox.send("PUT", "/v1/note/audio", key=None, Origin=ours)
        _, other = options(sandbox, "/v1/note/audio", "Origin: https://elsewhere.example")
        _, console = options(sandbox, "/sandbox/test-event", f"Origin: {ours}")
    with running(replace(config, state_dir=config.state_dir / "2"), ScriptedEars()) as plain:
        _, unnamed = options(plain, "/v1/note/audio", f"Origin: {ours}")

    assert status == 204
    assert asked["access-control-allow-origin"] == ours
    assert "PUT" in asked["access-control-allow-methods"]
    assert "Authorization" in asked["access-control-allow-headers"]
    assert (refused.status, refused.headers["access-control-allow-origin"]) == (401, ours)
    for answered in (other, console, unnamed):
        assert not [name for name in answered if name.startswith("access-control")]


def test_head_answers_as_get_without_a_body_and_options_names_the_methods(sandbox: Running) -> None:
    head = sandbox.send("HEAD", "/v1/specialties")
    status, answered = options(sandbox, "/v1/note/x")

    assert (head.status, head.body) == (200, b"")
    assert (status, answered["allow"]) == (204, "GET, HEAD, OPTIONS")
    assert options(sandbox, "/v1/nothing")[0] == 404


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("note_ttl_seconds", -1),
        ("short_clip_seconds", "5"),
        ("test_key_daily_limit", True),
        ("revoked_keys", "snapi_sk_test_1"),
        ("browser_origins", [""]),
    ],
)
def test_a_setting_of_the_wrong_kind_is_named(setting: str, value: object) -> None:
    with pytest.raises(ConfigError, match=setting):
        from_mapping({"state_dir": "x", setting: value})
