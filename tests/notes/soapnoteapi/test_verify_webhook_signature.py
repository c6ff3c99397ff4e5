from __future__ import annotations

import base64
import io
import json

import pytest
from django.core.management import CommandError, call_command

from notes.soapnoteapi.captures import CaptureError, read_capture
from notes.soapnoteapi.signature_profiles import profile_named
from notes.soapnoteapi.signatures import sign, verify

SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
BODY = b'{"event":"test","note":"canary"}'
NOW = 1774020600.0


@pytest.fixture
def secret_file(tmp_path):
    path = tmp_path / "secret"
    path.write_text(f"{SECRET}\n")
    return path


def as_json(headers) -> bytes:
    return json.dumps({"headers": headers, "body_base64": base64.b64encode(BODY).decode()}).encode()


def as_text(headers, *, end=b"\r\n", tail=b"") -> bytes:
    lines = [b"POST /hooks HTTP/1.1", *(f"{name}: {value}".encode() for name, value in headers.items())]
    return end.join([*lines, b"", BODY]) + tail


@pytest.mark.parametrize("name", ["body-hex", "header-ts", "t-v1", "standard-webhooks"])
@pytest.mark.parametrize("form", [as_json, as_text])
def test_the_profile_is_printed_ready_to_paste(name, form, tmp_path, secret_file):
    headers = sign(name, SECRET, BODY, NOW, "evt_1")
    capture = tmp_path / "capture"
    capture.write_bytes(form(headers))
    out, err = io.StringIO(), io.StringIO()
    call_command("verify_webhook_signature", str(capture), secret_file=secret_file, stdout=out, stderr=err)
    found = json.loads(out.getvalue())
    profile = profile_named(found["signature_profile"], found["signature"])
    assert profile.name == name
    assert verify(profile, headers, BODY, [SECRET], NOW).secret_index == 0
    for shown in (out.getvalue(), err.getvalue()):
        assert "canary" not in shown
        assert SECRET not in shown


def test_the_secret_comes_from_the_settings_otherwise(tmp_path, settings):
    settings.SOAPNOTEAPI_WEBHOOK_SECRET = SECRET
    capture = tmp_path / "capture"
    capture.write_bytes(as_json(sign("t-v1", SECRET, BODY, NOW)))
    out = io.StringIO()
    call_command("verify_webhook_signature", str(capture), stdout=out, stderr=io.StringIO())
    assert json.loads(out.getvalue())["signature_profile"] == "t-v1"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (as_json({"X-Signature": "0" * 64}), "No known way"),
        (b"{}", "body_base64"),
        (b"no blank line", "blank line"),
        (b"", "blank line"),
    ],
)
def test_what_cannot_be_used_is_explained(data, said, tmp_path, secret_file):
    capture = tmp_path / "capture"
    capture.write_bytes(data)
    with pytest.raises(CommandError, match=said):
        call_command("verify_webhook_signature", str(capture), secret_file=secret_file)


def test_a_missing_file_is_explained(tmp_path, secret_file):
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("verify_webhook_signature", str(tmp_path / "none"), secret_file=secret_file)


@pytest.mark.parametrize("end", [b"\r\n", b"\n"])
def test_the_length_header_cuts_off_what_an_editor_added(end):
    headers = {"Content-Length": str(len(BODY)), "X-A": "1"}
    capture = read_capture(as_text(headers, end=end, tail=b"\n"))
    assert capture.body == BODY
    assert capture.headers == headers


@pytest.mark.parametrize(
    "data", [b"\xff\xff", b'{"headers": 5, "body": ""}', b'{"headers": {}, "body": "%"}', b"a b\nc d\n\n"]
)
def test_other_files_are_no_captures(data):
    with pytest.raises(CaptureError):
        read_capture(data)
