"""What the vendor's public pages promise, asked over real HTTP."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from config.http import Body, FieldPart, FilePart, bytes_body, json_body, multipart_body
from notes.soapnoteapi.sandbox import NOTICE
from notes.soapnoteapi.sandbox.config import Config
from tests.notes.sandbox.recordings import FORMATS, write_tone
from tests.notes.sandbox.running import (
    ADMIN,
    OTHER_KEY,
    VISIT,
    Running,
    ScriptedEars,
    answer,
    failed,
    running,
    until,
)


def test_typed_transcript_is_answered_at_once_with_four_sections_and_the_watermark(sandbox: Running) -> None:
    response = sandbox.text()

    note = answer(response)
    assert response.status == 200
    assert "sore knee" in note["subjective"]
    assert "swollen" in note["objective"]
    assert "sprain" in note["assessment"]
    assert "ice" in note["plan"]
    assert note["expires_at"].endswith("Z")
    assert (note["sandbox"], note["notice"]) == (True, NOTICE)
    assert sandbox.note(note["noteId"]) == note
    assert sandbox.engine.store.job(note["noteId"]).note["notice"] == NOTICE


def test_legacy_names_of_the_text_fields_are_understood(sandbox: Running) -> None:
    response = sandbox.text(transcript=None, specialty=None, shorthand_notes=VISIT, provider_type="physician")

    assert response.status == 200


def test_optional_parts_come_only_when_asked_for(sandbox: Running) -> None:
    plain = answer(sandbox.text())
    full = answer(
        sandbox.text(include_billing_codes=True, include_patient_summary=True, include_transcript=True)
    )

    assert not {"billing_codes", "patient_summary", "transcript"} & set(plain)
    assert full["billing_codes"] == {"icd10": [], "cpt": [], "hcpcs": []}
    assert "ice" in full["patient_summary"]
    assert full["transcript"][1] == {
        "speaker": "Patient",
        "start": None,
        "end": None,
        "text": "I have had a sore knee for two weeks.",
    }


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"transcript": None}, "transcript"),
        ({"transcript": "too short"}, "transcript"),
        ({"transcript": " " * 60}, "transcript"),
        ({"transcript": 7}, "transcript"),
        ({"specialty": None}, "specialty"),
        ({"specialty": "primary_care_physician"}, "specialty"),
        ({"specialty": ["physician"]}, "specialty"),
        ({"template": 3}, "template"),
        ({"include_billing_codes": "yes"}, "include_billing_codes"),
        ({"context": []}, "context"),
        ({"context": {"patient_info": "Ann"}}, "context.patient_info"),
        ({"context": {"patient_info": {"age": 0}}}, "context.patient_info.age"),
        ({"context": {"patient_info": {"allergies": "none"}}}, "context.patient_info.allergies"),
    ],
)
def test_an_invalid_field_is_named(sandbox: Running, data: dict[str, object], field: str) -> None:
    response = sandbox.text(**data)

    error = answer(response)["error"]
    assert (response.status, error["code"]) == (400, "VALIDATION_ERROR")
    assert [detail["field"] for detail in error["details"]] == [field]


def test_every_field_at_fault_is_named_at_once(sandbox: Running) -> None:
    response = sandbox.text(transcript=None, specialty="x", template=3)

    assert [detail["field"] for detail in answer(response)["error"]["details"]] == [
        "transcript",
        "specialty",
        "template",
    ]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff\xfe", b'"text"'])
def test_a_body_that_is_no_json_object_is_refused(sandbox: Running, body: bytes) -> None:
    response = sandbox.send("POST", "/v1/note", body=bytes_body(body, "application/json"))

    assert (response.status, answer(response)["error"]["code"]) == (400, "VALIDATION_ERROR")


def test_a_body_over_the_limit_is_refused(sandbox: Running) -> None:
    response = sandbox.text(transcript="word " * 500_000)

    assert (response.status, answer(response)["error"]["code"]) == (413, "PAYLOAD_TOO_LARGE")


@pytest.mark.parametrize("key", [None, "", "sk_live_1", "snapi_sk_", "snapi_sk_prod_1"])
def test_without_a_key_of_the_right_form_nothing_is_done(sandbox: Running, key: str | None) -> None:
    for method, path in [("POST", "/v1/note"), ("PUT", "/v1/note/audio"), ("GET", "/v1/note/x")]:
        response = sandbox.send(method, path, key=key, body=json_body({}) if method != "GET" else None)
        assert (response.status, answer(response)["error"]["code"]) == (401, "AUTHENTICATION_ERROR")


def test_live_keys_work_too(sandbox: Running) -> None:
    body = json_body({"transcript": VISIT, "specialty": "generic"})

    assert sandbox.send("POST", "/v1/note", key="snapi_sk_live_abc", body=body).status == 200


def test_another_accounts_note_is_forbidden_and_an_unknown_one_not_found(sandbox: Running) -> None:
    note_id = answer(sandbox.text())["noteId"]

    for path in (f"/v1/note/{note_id}", f"/v1/audio/status/{note_id}"):
        refused = sandbox.send("GET", path, key=OTHER_KEY)
        assert (refused.status, answer(refused)["error"]["code"]) == (403, "AUTHORIZATION_ERROR")
    for path in ("/v1/note/unknown", "/v1/audio/status/a%2Fb", "/v1/nothing", "/v1/note/"):
        missing = sandbox.send("GET", path)
        assert (missing.status, answer(missing)["error"]["code"]) == (404, "NOT_FOUND")


def test_a_wrong_method_is_told_the_right_ones(sandbox: Running) -> None:
    response = sandbox.send("DELETE", "/v1/note/audio")

    assert (response.status, answer(response)["error"]["code"]) == (405, "METHOD_NOT_ALLOWED")
    assert response.headers["allow"] == "PUT, POST, OPTIONS"


def test_specialties_need_no_key_and_are_the_vendors_24(sandbox: Running) -> None:
    listed = answer(sandbox.send("GET", "/v1/specialties", key=None))["specialties"]

    assert len(listed) == 24
    assert listed[0] == {"id": "nurse_practitioner", "name": "Nurse practitioner", "templates": ["standard"]}


@pytest.mark.parametrize("ending", FORMATS)
def test_a_recording_in_each_format_is_accepted_and_becomes_a_note(
    sandbox: Running, tmp_path: Path, ending: str
) -> None:
    response = sandbox.upload(write_tone(tmp_path / f"visit.{ending}", seconds=6))

    accepted = answer(response)
    assert response.status == 202
    assert accepted["status"] == "processing"
    assert accepted["status_url"] == f"/v1/audio/status/{accepted['noteId']}"
    assert sandbox.finished(accepted["noteId"])["status"] == "completed"
    assert sandbox.note(accepted["noteId"])["assessment"].endswith("sprain.")


def test_the_older_post_with_a_flat_specialty_is_accepted(sandbox: Running, tone: Path) -> None:
    with tone.open("rb") as reader:
        parts = [FilePart("audio", reader, "visit.wav", "audio/wav"), FieldPart("specialty", "dentist")]
        posted = sandbox.send("POST", "/v1/note/audio", body=multipart_body(parts))
        put = sandbox.send("PUT", "/v1/note/audio", body=multipart_body(parts))

    assert posted.status == 202
    assert [detail["field"] for detail in answer(put)["error"]["details"]] == ["metadata"]


def test_metadata_sent_as_a_file_is_read(sandbox: Running, tone: Path, tmp_path: Path) -> None:
    blob = tmp_path / "blob"
    blob.write_text(json.dumps({"specialty": "physician"}))
    with tone.open("rb") as audio, blob.open("rb") as metadata:
        parts = [
            FilePart("metadata", metadata, "blob", "application/json"),
            FilePart("audio", audio, "visit.wav", "audio/wav"),
        ]
        assert sandbox.send("PUT", "/v1/note/audio", body=multipart_body(parts)).status == 202


@pytest.mark.parametrize(
    ("metadata", "field"),
    [
        (None, "metadata"),
        ("{", "metadata"),
        ("[]", "metadata"),
        ("{}", "specialty"),
        ('{"specialty": "wizard"}', "specialty"),
    ],
)
def test_bad_metadata_is_named_and_the_recording_is_not_kept(
    sandbox: Running, tone: Path, metadata: str | None, field: str
) -> None:
    with tone.open("rb") as reader:
        parts: list[FieldPart | FilePart] = [FilePart("audio", reader, "visit.wav", "audio/wav")]
        if metadata is not None:
            parts.append(FieldPart("metadata", metadata))
        response = sandbox.send("PUT", "/v1/note/audio", body=multipart_body(parts))

    assert response.status == 400
    assert [detail["field"] for detail in answer(response)["error"]["details"]] == [field]
    assert list(sandbox.engine.spool.iterdir()) == []


def test_audio_sent_as_plain_text_field_is_missing(sandbox: Running) -> None:
    parts = [FieldPart("audio", "abc"), FieldPart("metadata", '{"specialty": "physician"}')]

    response = sandbox.send("PUT", "/v1/note/audio", body=multipart_body(parts))

    assert [detail["field"] for detail in answer(response)["error"]["details"]] == ["audio"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("visit.mp3", b"Dear diary, " * 100),
        ("visit.m4a", b"<!doctype html><title>x</title>"),
        ("visit.wav", b""),
    ],
)
def test_what_is_no_recording_is_refused_whatever_its_name(
    sandbox: Running, tmp_path: Path, name: str, content: bytes
) -> None:
    path = tmp_path / name
    path.write_bytes(content)

    response = sandbox.upload(path)

    assert (response.status, answer(response)["error"]["code"]) == (415, "UNSUPPORTED_MEDIA_TYPE")
    assert list(sandbox.engine.spool.iterdir()) == []


def test_a_recording_over_the_limit_is_refused_and_not_kept(
    sandbox: Running, tone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("notes.soapnoteapi.sandbox.spool.MAX_AUDIO_BYTES", 1000)

    response = sandbox.upload(tone)

    assert (response.status, answer(response)["error"]["code"]) == (413, "PAYLOAD_TOO_LARGE")
    assert list(sandbox.engine.spool.iterdir()) == []


def test_a_body_that_is_no_multipart_is_refused(sandbox: Running) -> None:
    for body in (json_body({}), Body("multipart/form-data; boundary=y", 3, lambda: iter((b"--x",)))):
        response = sandbox.send("PUT", "/v1/note/audio", body=body)
        assert (response.status, answer(response)["error"]["code"]) == (400, "VALIDATION_ERROR")


def test_the_recording_is_private_while_it_waits_and_gone_afterwards(config: Config, tone: Path) -> None:
    ears = ScriptedEars(open_gate=False)
    with running(config, ears) as sandbox:
        note_id = answer(sandbox.upload(tone))["noteId"]
        (spooled,) = sandbox.engine.spool.iterdir()
        assert stat.S_IMODE(spooled.stat().st_mode) == 0o600
        assert spooled.read_bytes() == tone.read_bytes()
        waiting = sandbox.note(note_id)
        assert waiting["status"] == "processing"
        assert "plan" not in waiting
        ears.gate.set()
        sandbox.finished(note_id)
        until(lambda: not spooled.exists())


def test_a_failed_recording_says_why_and_gives_no_sections(config: Config, tone: Path) -> None:
    with running(config, ScriptedEars(failed("NO_SPEECH"))) as sandbox:
        note_id = answer(sandbox.upload(tone))["noteId"]
        status = sandbox.finished(note_id)
        note = sandbox.note(note_id)

    assert (status["status"], status["error"]["code"]) == ("failed", "NO_SPEECH")
    assert not {"subjective", "objective", "assessment", "plan"} & set(note)


def test_an_error_of_the_recogniser_ends_the_job(config: Config, tone: Path) -> None:
    with running(config, ScriptedEars(RuntimeError("foreign"))) as sandbox:
        status = sandbox.finished(answer(sandbox.upload(tone))["noteId"])

    assert status["error"]["code"] == "TRANSCRIPTION_ERROR"


def test_an_expired_note_is_gone_with_its_text(config: Config, ears: ScriptedEars) -> None:
    now = [1_700_000_000.0]
    with running(config, ears, clock=lambda: now[0]) as sandbox:
        note_id = answer(sandbox.text())["noteId"]
        now[0] += config.note_ttl_seconds + 1

        response = sandbox.send("GET", f"/v1/note/{note_id}")
        assert (response.status, answer(response)["error"]["code"]) == (404, "NOT_FOUND")
        sandbox.engine.worker.wake()
        until(lambda: sandbox.engine.store.job(note_id) is None)


def test_the_page_says_what_it_is_and_shows_no_text_of_any_note(sandbox: Running) -> None:
    note_id = answer(sandbox.text())["noteId"]

    response = sandbox.send("GET", "/", key=None)

    html = response.body.decode()
    assert "not SOAPNoteAPI&#x27;s output" in html
    assert note_id in html
    assert "sprain" not in html
    assert "default-src 'none'" in response.headers["content-security-policy"]
    assert sandbox.send("GET", "/sandbox/style.css", key=None).status == 200


def test_the_ledger_counts_and_needs_the_admin_token(sandbox: Running, tone: Path) -> None:
    sandbox.text()
    note_id = answer(sandbox.upload(tone))["noteId"]
    sandbox.finished(note_id)

    ledger = answer(sandbox.send("GET", "/sandbox/ledger", key=ADMIN))

    assert ledger["totals"]["notes_made"] == 2
    assert ledger["totals"]["bytes_received"] == len(VISIT) + tone.stat().st_size
    assert {job["noteId"] for job in ledger["jobs"]} >= {note_id}
    assert sandbox.send("GET", "/sandbox/ledger").status == 401
    assert sandbox.send("GET", "/sandbox/ledger", key=None).status == 401
