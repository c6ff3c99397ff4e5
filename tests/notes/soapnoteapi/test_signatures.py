"""Webhook signatures: published vectors, every profile there and back, and whatever a stranger may send."""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notes.soapnoteapi.signature_discovery import discover
from notes.soapnoteapi.signature_profiles import PROFILES, ProfileError, overrides_of, profile_named
from notes.soapnoteapi.signatures import SignatureInvalid, sign, verify

SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
OLD_SECRET = "whsec_" + base64.b64encode(b"another key of thirty-two bytes!").decode()
NOW = 1774020600.0
EVENT_ID = "evt_local_0001"
BODY = (
    b'{"event":"test","note_id":"a1b2c3d4-e5f6-7890-abcd-ef1234567890",'
    b'"status":"completed","created_at":"2026-03-20T15:30:00.000Z"}'
)
WHOLE = "1b81fc9ca9e3a62918d1481a506dbea585eb57ed5aebc1661f5aa78b528a781c"
STRIPPED = "0402fef0b81cbcf5776db88733b63f45298fb74abd2c91305233c20f95b0a531"
TS_WHOLE = "bac53b7f0c4e57e2aa4c166b655d91b2adf4ab25cb278dd3ab352a8f0c9e8353"
TS_STRIPPED = "63586e0e8a28815ee9cfe6a852814b19c0e208312832de7cf01016ba053b38fc"
BASE64_WHOLE = "G4H8nKnjpikY0UgaUG2+pYXrV+1a68FmH1qni1KKeBw="
STANDARD = "v1,9bIzrUF5IKpC0YdtYnNx/fKPGgweq19jJnrCDqvhZ0k="
STANDARD_HEADERS = {
    "webhook-id": EVENT_ID,
    "webhook-timestamp": "1774020600",
    "webhook-signature": STANDARD,
}

VECTORS = [
    ("body-hex", {}, {"X-SOAPNoteAPI-Signature": WHOLE}),
    ("body-hex", {}, {"x-signature": WHOLE.upper()}),
    ("body-hex", {"prefix": "sha256="}, {"X-Webhook-Signature": f"sha256={WHOLE}"}),
    ("body-hex", {"secret_mode": "after-prefix"}, {"X-SOAPNote-Signature": STRIPPED}),
    ("body-hex", {"encoding": "base64"}, {"X-Signature": BASE64_WHOLE}),
    ("header-ts", {}, {"X-Signature": TS_WHOLE, "X-SOAPNoteAPI-Timestamp": "1774020600"}),
    (
        "header-ts",
        {"secret_mode": "after-prefix", "timestamp_header": "X-Other-Time"},
        {"X-Signature": TS_STRIPPED, "X-Other-Time": "1774020600"},
    ),
    ("t-v1", {}, {"X-SOAPNoteAPI-Signature": f"t=1774020600,v1={TS_WHOLE}"}),
    ("t-v1", {}, {"X-SOAPNoteAPI-Signature": f"t=1774020600, v0=x, v1={'0' * 64}, v1={TS_WHOLE}"}),
    ("standard-webhooks", {}, STANDARD_HEADERS),
    ("standard-webhooks", {}, STANDARD_HEADERS | {"webhook-signature": f"v1a,xx v1,AAAA {STANDARD}"}),
    ("standard-webhooks", {}, {k.replace("webhook", "svix"): v for k, v in STANDARD_HEADERS.items()}),
]


def reason(profile, headers, *, body=BODY, secrets=(SECRET,), now=NOW) -> str:
    with pytest.raises(SignatureInvalid) as caught:
        verify(profile, headers, body, secrets, now)
    return caught.value.reason


def test_the_vector_body_is_the_published_one():
    assert len(BODY) == 126


@pytest.mark.parametrize(("name", "overrides", "headers"), VECTORS)
def test_known_vectors_verify(name, overrides, headers):
    assert verify(profile_named(name, overrides), headers, BODY, [SECRET], NOW).secret_index == 0


@pytest.mark.parametrize(("name", "overrides", "headers"), VECTORS)
def test_one_changed_byte_is_a_mismatch(name, overrides, headers):
    changed = BODY.replace(b"completed", b"Completed")
    assert reason(profile_named(name, overrides), headers, body=changed) == "mismatch"


@pytest.mark.parametrize("name", PROFILES)
def test_what_is_signed_verifies_with_the_current_and_the_previous_secret(name):
    profile = PROFILES[name]
    headers = sign(name, OLD_SECRET, BODY, NOW, EVENT_ID)
    assert verify(profile, headers, BODY, [SECRET, OLD_SECRET], NOW).secret_index == 1
    assert verify(profile, headers, BODY, [OLD_SECRET, SECRET], NOW).secret_index == 0
    assert reason(profile, headers) == "mismatch"


def test_the_signed_id_and_time_come_back():
    verified = verify(PROFILES["standard-webhooks"], STANDARD_HEADERS, BODY, ["", SECRET], NOW)
    assert (verified.secret_index, verified.timestamp, verified.event_id) == (1, NOW, EVENT_ID)


def test_milliseconds_are_read_as_such():
    profile = profile_named("header-ts", {"timestamp_unit": "ms"})
    headers = sign(profile, SECRET, BODY, NOW)
    assert headers["X-SOAPNoteAPI-Timestamp"] == "1774020600000"
    assert verify(profile, headers, BODY, [SECRET], NOW).timestamp == NOW
    assert reason(profile_named("header-ts"), headers) == "future"


@pytest.mark.parametrize("name", ["header-ts", "t-v1", "standard-webhooks"])
def test_age_is_limited_both_ways(name):
    profile, headers = PROFILES[name], sign(name, SECRET, BODY, NOW, EVENT_ID)
    for now in (NOW - 300, NOW, NOW + 300):
        assert verify(profile, headers, BODY, [SECRET], now).timestamp == NOW
    assert reason(profile, headers, now=NOW + 301) == "stale"
    assert reason(profile, headers, now=NOW - 301) == "future"


@pytest.mark.parametrize("name", PROFILES)
@pytest.mark.parametrize("secrets", [[], [""], ["  "], ["whsec_"], ["", "whsec_ "]])
def test_without_a_secret_everything_is_refused(name, secrets):
    """An empty HMAC key would accept what anybody can compute."""
    headers = sign(name, SECRET, BODY, NOW, EVENT_ID)
    assert reason(PROFILES[name], headers, secrets=secrets) == "no_secret"
    with pytest.raises(ValueError, match="secret"):
        sign(name, "whsec_", BODY, NOW, EVENT_ID)


def test_without_a_profile_everything_is_refused():
    assert reason(None, {"X-Signature": WHOLE}) == "no_profile"


@pytest.mark.parametrize(
    ("name", "headers", "expected"),
    [
        ("body-hex", {}, "no_signature"),
        ("body-hex", {"X-Signature": "  "}, "no_signature"),
        ("body-hex", {"X-Signature": "zz"}, "malformed"),
        ("body-hex", {"X-Signature": WHOLE[:-1]}, "malformed"),
        ("body-hex", {"X-Signature": WHOLE[:-2]}, "malformed"),
        ("body-hex", {"X-Signature": "a" * 100_000}, "malformed"),
        ("header-ts", {"X-Signature": TS_WHOLE}, "no_timestamp"),
        ("header-ts", {"X-Signature": TS_WHOLE, "X-SOAPNoteAPI-Timestamp": "soon"}, "bad_timestamp"),
        ("header-ts", {"X-Signature": TS_WHOLE, "X-SOAPNoteAPI-Timestamp": "-1"}, "bad_timestamp"),
        ("header-ts", {"X-Signature": TS_WHOLE, "X-SOAPNoteAPI-Timestamp": "9" * 400}, "bad_timestamp"),
        ("t-v1", {"X-Signature": f"v1={TS_WHOLE}"}, "no_timestamp"),
        ("t-v1", {"X-Signature": "t=1774020600"}, "malformed"),
        ("t-v1", {"X-Signature": f"t=1774020601,v1={TS_WHOLE}"}, "mismatch"),
        ("standard-webhooks", {"webhook-signature": STANDARD}, "no_id"),
        ("standard-webhooks", STANDARD_HEADERS | {"webhook-signature": "v1,"}, "malformed"),
        ("standard-webhooks", STANDARD_HEADERS | {"webhook-id": "evt_other"}, "mismatch"),
    ],
)
def test_broken_headers_have_a_reason(name, headers, expected):
    assert reason(PROFILES[name], headers) == expected


HEADER_NAMES = [
    *PROFILES["body-hex"].signature_headers,
    "X-SOAPNoteAPI-Timestamp",
    *STANDARD_HEADERS,
    "svix-signature",
]
JUNK = st.one_of(
    st.text(max_size=80),
    st.text("t=v1,0123456789abcdef ", max_size=150),
    st.sampled_from([WHOLE, TS_WHOLE, STANDARD, "1774020600", f"t=1774020600,v1={WHOLE}", "\ud800", "٣٤"]),
)


@given(
    st.sampled_from(sorted(PROFILES)),
    st.dictionaries(st.sampled_from(HEADER_NAMES) | st.text(max_size=10), JUNK, max_size=6),
    st.binary(max_size=40),
    st.lists(st.text(max_size=30), max_size=3),
)
def test_junk_is_refused_and_nothing_else_happens(name, headers, body, secrets):
    with pytest.raises(SignatureInvalid):
        verify(PROFILES[name], headers, body, secrets, NOW)
    assert discover(headers, body, ["not the secret"]) == []


@pytest.mark.parametrize(
    "overrides",
    [
        {"signed_format": "{ts}"},
        {"signed_format": "{ts}.{body}.{body}"},
        {"signed_format": "{body}"},
        {"timestamp_header": ""},
        {"id_header": "X-Id"},
        {"tolerance": 0},
        {"tolerance": "300"},
        {"tolerance": True},
        {"signature_headers": []},
        {"signature_headers": "X Signature"},
        {"signature_headers": [1]},
        {"encoding": "rot13"},
        {"secret_mode": "none"},
        {"prefix": 1},
        {"name": "mine"},
        {"unheard": 1},
    ],
)
def test_settings_that_protect_nothing_are_refused(overrides):
    with pytest.raises(ProfileError):
        profile_named("header-ts", overrides)


def test_an_unknown_profile_is_refused():
    with pytest.raises(ProfileError):
        profile_named("")


@pytest.mark.parametrize(("name", "overrides", "headers"), VECTORS)
def test_discovery_finds_the_profile_ready_to_paste(name, overrides, headers):
    noise = {"Content-Type": "application/json", "X-Request-Id": "9f0c", "Date": "Fri, 20 Mar 2026"}
    found = discover(noise | headers, BODY, ["whsec_wrong", SECRET])
    assert found
    for profile in found:
        again = profile_named(profile.name, overrides_of(profile))
        assert again == profile
        verify(again, noise | headers, BODY, [SECRET], NOW)
    assert found[0].name == name
    assert "secret" not in str(overrides_of(found[0])).replace("secret_mode", "")


KEYS = {
    "whole": ("plain-secret", b"plain-secret"),
    "after-prefix": ("whsec_plain!secret", b"plain!secret"),
    "base64": (SECRET, base64.b64decode(SECRET[6:])),
    "hex": ("whsec_" + "0f" * 32, b"\x0f" * 32),
}
MESSAGES = {
    "body": lambda ts: BODY,
    "ts.body": lambda ts: f"{ts}.".encode() + BODY,
    "id.ts.body": lambda ts: f"{EVENT_ID}.{ts}.".encode() + BODY,
    "ts:body": lambda ts: f"{ts}:".encode() + BODY,
    "v0:ts:body": lambda ts: f"v0:{ts}:".encode() + BODY,
    "body+ts": lambda ts: BODY + f"{ts}".encode(),
}


@pytest.mark.parametrize("layout", ["headers", "pairs"])
@pytest.mark.parametrize(
    ("message", "mode", "encoding", "stamp"),
    list(itertools.product(MESSAGES, KEYS, ["hex", "base64"], ["1774020600", "1774020600000"])),
)
def test_discovery_covers_every_usual_combination(message, mode, encoding, stamp, layout):
    secret, key = KEYS[mode]
    digest = hmac.new(key, MESSAGES[message](stamp), hashlib.sha256).digest()
    shown = digest.hex() if encoding == "hex" else base64.b64encode(digest).decode()
    headers = {"X-Vendor-Event-Id": EVENT_ID}
    if layout == "pairs":
        headers["X-Vendor-Signature"] = f"v={stamp},d={shown}"
    else:
        headers |= {"X-Vendor-Signature": shown, "X-Vendor-Timestamp": stamp}
    found = discover(headers, BODY, [secret])
    assert found
    verify(found[0], headers, BODY, [secret], NOW)


def test_profiles_are_frozen_data():
    profile = PROFILES["t-v1"]
    assert replace(profile) == profile
    assert overrides_of(profile) == {}
