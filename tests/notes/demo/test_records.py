"""What the demo holds for integrators: a client that can log in, and a note of every kind that matters."""

from __future__ import annotations

import json
import time
import uuid
from typing import Any

import pytest
from django.test import Client
from joserfc import jwt
from joserfc.jwk import ECKey

from notes.demo.records import seed_records, seed_smart
from notes.models import Note
from tests.factories.integrations import Caller

pytestmark = pytest.mark.django_db
TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def log_in(smart: dict[str, Any]) -> str:
    key = ECKey.import_key(smart["private_jwk"])
    claims = {
        "iss": smart["client_id"], "sub": smart["client_id"], "aud": smart["token_url"],
        "exp": int(time.time()) + 60, "jti": uuid.uuid4().hex,
    }  # fmt: skip
    header = {"alg": "ES384", "kid": smart["private_jwk"]["kid"], "typ": "JWT"}
    assertion = jwt.encode(header, claims, key, algorithms=["ES384"])
    answer = Client().post(
        "/oauth/token",
        f"grant_type=client_credentials&scope={smart['scope']}&client_assertion_type={TYPE}"
        f"&client_assertion={assertion}",
        content_type="application/x-www-form-urlencoded",
    )
    assert answer.status_code == 200, answer.content
    return str(answer.json()["access_token"])


def test_the_client_logs_in_and_pulls_a_note_of_every_kind(practice, clinician, settings) -> None:
    smart = seed_smart(practice, {}, settings.PUBLIC_BASE_URL)
    seed_records(practice, clinician)
    notes, _ = Caller(log_in(json.loads(json.dumps(smart)))).pull()
    assert [note["state"] for note in notes] == [
        "filed", "filed", "amended", "filed", "entered_in_error", "filed",
    ]  # fmt: skip
    assert notes[-1]["consent"]["recording"] == "declined"
    assert notes[-1]["provenance"]["ai_generated"] is False


def test_seeding_again_changes_nothing(practice, clinician, settings) -> None:
    first = seed_smart(practice, {}, settings.PUBLIC_BASE_URL)
    seed_records(practice, clinician)
    again = seed_smart(practice, first, settings.PUBLIC_BASE_URL)
    seed_records(practice, clinician)
    assert again == first
    assert Note.objects.count() == 4
