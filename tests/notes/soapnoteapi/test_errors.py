"""Every way the note service can refuse: one class, one retry bit, one sentence for the clinician."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config import http
from notes.soapnoteapi import errors
from notes.soapnoteapi.failures import from_answer, from_failure, note_failed, retry_after

NOW = datetime(2026, 3, 20, 15, 30, tzinfo=UTC)
HTML = b"<html><body>502 Bad Gateway</body></html>"


def envelope(code, **more) -> bytes:
    return json.dumps({"error": {"code": code, "message": "canary", **more}}).encode()


@pytest.mark.parametrize(
    ("status", "body", "kind", "code", "retryable", "account_wide"),
    [
        (400, envelope("VALIDATION_ERROR"), errors.InputRefused, "VALIDATION_ERROR", False, False),
        (400, envelope("INSUFFICIENT_BALANCE"), errors.OutOfFunds, "INSUFFICIENT_BALANCE", False, True),
        (400, b"", errors.InputRefused, "HTTP_400", False, False),
        (401, envelope("AUTHENTICATION_ERROR"), errors.KeyRejected, "AUTHENTICATION_ERROR", False, True),
        (
            401,
            b'{"status":"error","error_code":"UNAUTHORIZED","message":"x"}',
            errors.KeyRejected,
            "UNAUTHORIZED",
            False,
            True,
        ),
        (402, HTML, errors.OutOfFunds, "HTTP_402", False, True),
        (402, envelope("PAYMENT_REQUIRED"), errors.OutOfFunds, "PAYMENT_REQUIRED", False, True),
        (403, envelope("AUTHORIZATION_ERROR"), errors.AccessRefused, "AUTHORIZATION_ERROR", False, True),
        (403, envelope("NO_CREDITS_LEFT"), errors.OutOfFunds, "NO_CREDITS_LEFT", False, True),
        (404, envelope("NOT_FOUND"), errors.NoteNotFound, "NOT_FOUND", False, False),
        (405, envelope("METHOD_NOT_ALLOWED"), errors.InputRefused, "METHOD_NOT_ALLOWED", False, False),
        (408, HTML, errors.ServiceDown, "HTTP_408", True, False),
        (413, HTML, errors.TooLarge, "HTTP_413", False, False),
        (415, b"[]", errors.UnsupportedAudio, "HTTP_415", False, False),
        (418, b"{}", errors.InputRefused, "HTTP_418", False, False),
        (422, b'{"error":"nope nope"}', errors.InputRefused, "HTTP_422", False, False),
        (425, b"", errors.ServiceDown, "HTTP_425", True, False),
        (429, envelope("RATE_LIMIT_EXCEEDED"), errors.RateLimited, "RATE_LIMIT_EXCEEDED", True, False),
        (429, HTML, errors.RateLimited, "HTTP_429", True, False),
        (500, envelope("INTERNAL_ERROR"), errors.ServiceDown, "INTERNAL_ERROR", True, False),
        (500, envelope("VALIDATION_ERROR"), errors.InputRefused, "VALIDATION_ERROR", False, False),
        (502, HTML, errors.ServiceDown, "HTTP_502", True, False),
        (503, envelope("a message instead of a code"), errors.ServiceDown, "HTTP_503", True, False),
        (599, b"\xff\xfe", errors.ServiceDown, "HTTP_599", True, False),
        (302, b"", errors.AddressProblem, "HTTP_302", False, True),
    ],
)
def test_every_refusal_has_its_class(status, body, kind, code, retryable, account_wide):
    error = from_answer(status, {}, body)
    assert type(error) is kind
    assert (error.code, error.http_status) == (code, status)
    assert (error.retryable, error.account_wide, error.ambiguous) == (retryable, account_wide, False)
    assert "canary" not in f"{error} {error!r} {error.human}"


def test_a_refusal_about_one_note_does_not_stop_the_account():
    assert from_answer(403, {}, b"", about_note=True).account_wide is False
    assert from_answer(401, {}, b"", about_note=True).account_wide is True


def test_fields_and_request_id_are_kept_and_messages_are_not():
    details = [
        {"field": "metadata.specialty", "message": "canary"},
        {"field": "Jane Doe has a rash"},
        {"field": 5},
        "x",
    ]
    error = from_answer(400, {"x-request-id": "req_1"}, envelope("VALIDATION_ERROR", details=details))
    assert error.fields == ("metadata.specialty",)
    assert error.request_id == "req_1"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("30", 30.0),
        (" 1.5 ", 1.5),
        ("0", 0.0),
        ("999999999", 86400.0),
        ("Fri, 20 Mar 2026 15:31:00 GMT", 60.0),
        ("Fri, 20 Mar 2026 15:29:00 GMT", 0.0),
        ("Fri, 20 Mar 2026 15:31:00 -0000", 60.0),
        ("-5", None),
        ("soon", None),
        ("", None),
        ("1e9999", None),
        ("Fri, 99 Mar 2026 99:31:00 GMT", None),
    ],
)
def test_retry_after_is_read_in_both_forms(value, expected):
    assert retry_after(value, now=NOW) == expected


@given(st.text(max_size=40))
def test_no_retry_after_is_fatal(value):
    found = retry_after(value, now=NOW)
    assert found is None or 0 <= found <= 86400


@given(
    st.integers(300, 599),
    st.binary(max_size=60)
    | st.recursive(
        st.none() | st.text(max_size=5) | st.integers(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["error", "code", "details", "field", "error_code"]), inner, max_size=3
            )
        ),
    ).map(lambda value: json.dumps(value).encode()),
)
def test_no_error_body_is_fatal(status, body):
    error = from_answer(status, {}, body)
    assert error.code
    assert error.human


@pytest.mark.parametrize(
    ("failure", "kind", "retryable", "ambiguous"),
    [
        (http.ConnectFailed("x"), errors.Unreachable, True, False),
        (http.TimedOut("x", body_sent="no"), errors.AnswerLost, True, False),
        (http.TimedOut("x", body_sent="maybe"), errors.AnswerLost, True, True),
        (http.ConnectionLost("x", body_sent="yes"), errors.AnswerLost, True, True),
        (http.ForbiddenTarget("x"), errors.AddressProblem, False, False),
        (http.UnsendableRequest("x"), errors.InvalidRequest, False, False),
        (http.Aborted("x", body_sent="maybe"), errors.Withdrawn, False, True),
        (http.Aborted("x"), errors.Withdrawn, False, False),
        (http.AnswerTooLarge("x", status=200, body_sent="yes"), errors.BadAnswer, True, True),
        (http.AnswerEncoded("x", status=503, body_sent="yes"), errors.ServiceDown, True, False),
        (http.AnswerEncoded("x", status=401), errors.KeyRejected, False, False),
    ],
)
def test_every_failure_at_the_door_has_its_class(failure, kind, retryable, ambiguous):
    error = from_failure(failure, writes=True)
    assert type(error) is kind
    assert (error.retryable, error.ambiguous) == (retryable, ambiguous)
    assert from_failure(failure, writes=False).ambiguous is False


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        ("Audio too short", "AUDIO_TOO_SHORT"),
        ("corrupted_file", "AUDIO_CORRUPTED"),
        ("transcription error", "TRANSCRIPTION_FAILED"),
        ("", "NOTE_FAILED"),
        ("Jane Doe canary", "NOTE_FAILED"),
    ],
)
def test_a_failed_job_says_why_in_our_words(reason, code):
    error = note_failed(reason)
    assert error.code == code
    assert error.retryable is False
    assert "canary" not in error.human


def _all(kind):
    yield kind
    for sub in kind.__subclasses__():
        yield from _all(sub)


@pytest.mark.parametrize("kind", list(_all(errors.EngineError)))
def test_every_error_tells_the_clinician_what_happened_and_what_is_kept(kind):
    human = kind().human
    assert human.endswith(".")
    assert "kept" in human or kind is errors.Withdrawn
    assert kind.__name__ in errors.__doc__ or kind is errors.EngineError
