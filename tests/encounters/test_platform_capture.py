"""A telehealth platform records a visit in its own page: a token for one encounter and one site, and no more."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from consent.models import AuditEvent
from encounters.models import CaptureGrant, Recording
from encounters.services.capture_finishing import digest_of
from encounters.services.capture_grants import clean_origin, forget_expired_grants
from tests.factories.consent import ConsentFactory
from tests.factories.encounters import EncounterFactory
from tests.factories.integrations import integration
from tests.fixtures_audio import wav_bytes

pytestmark = pytest.mark.django_db
SITE, ELSEWHERE = "https://video.clinic.example", "https://elsewhere.example"
BASE = "/api/v1/capture/"


class Page:
    """The platform's page, with the token that its server got for it."""

    def __init__(self, token: str, origin: str = SITE) -> None:
        self.client = Client(
            headers={"Authorization": f"Bearer {token}", "Origin": origin}, raise_request_exception=False
        )

    def begin(self) -> Any:
        return self.client.post(BASE)

    def put(self, session: str, segment: int, number: int, body: bytes) -> Any:
        digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
        return self.client.put(
            f"{BASE}{session}/{segment}/{number}",
            body,
            content_type="application/octet-stream",
            headers={"Content-Digest": f"sha-256=:{digest}:"},
        )

    def finish(self, session: str, pieces: list[bytes]) -> Any:
        hashes = [hashlib.sha256(each).hexdigest() for each in pieces]
        segment = {
            "segment": 0,
            "slices": len(pieces),
            "sha256": digest_of(hashes),
            "mime": "audio/webm",
            "duration_ms": 7000,
        }
        content = json.dumps({"segments": [segment], "ended_reason": "stopped"})
        return self.client.post(f"{BASE}{session}/finish/", content, content_type="application/json")


@pytest.fixture
def key(practice: Any) -> str:
    return integration(practice, scopes=("encounters:write",), capture_origins=[SITE])[1]


@pytest.fixture
def visit(practice: Any) -> Any:
    return EncounterFactory(practice=practice, consented=True, status="in_progress", ended_at=None)


def ask(key: str, visit: Any, origin: str = SITE) -> Any:
    return Client(headers={"Authorization": f"Bearer {key}"}).post(
        f"/api/v1/encounters/{visit.pk}/capture-tokens", {"origin": origin}, content_type="application/json"
    )


@pytest.fixture
def page(key: str, visit: Any) -> Page:
    return Page(ask(key, visit).json()["token"])


def test_a_visit_is_recorded_with_a_token_alone(key, page, visit) -> None:
    audio = wav_bytes(seconds=7.0)
    pieces = [audio[:60_000], audio[60_000:]]
    begun = page.begin()
    assert begun.status_code == 201
    session = begun.json()
    assert session["url"] == f"{BASE}{session['session']}/"
    for number, piece in enumerate(pieces):
        assert page.put(session["session"], 0, number, piece).status_code == 200
    assert page.finish(session["session"], pieces).json() == {"state": "stored"}
    recording = Recording.objects.get(encounter=visit)
    assert (recording.state, recording.created_by) == ("stored", None)
    labels = set(AuditEvent.objects.filter(encounter_id=visit.pk).values_list("actor_label", flat=True))
    assert "Page of EHR" in labels


def test_a_new_token_goes_on_with_the_unfinished_recording(key, page, visit) -> None:
    first = page.begin().json()
    page.put(first["session"], 0, 0, wav_bytes(seconds=7.0))
    later = Page(ask(key, visit).json()["token"]).begin().json()
    assert later["session"] == first["session"]
    assert later["key"] == first["key"]
    assert list(later["received"]) == ["0"]


def test_the_token_opens_one_encounter_for_one_integration(key, page, visit, practice) -> None:
    session = page.begin().json()["session"]
    other = EncounterFactory(practice=practice, consented=True)
    stranger = integration(practice, scopes=("encounters:write",), capture_origins=[SITE])[1]
    for token in (ask(key, other).json()["token"], ask(stranger, visit).json()["token"]):
        assert Page(token).client.get(f"{BASE}{session}/").status_code == 404
        assert Page(token).client.post(f"{BASE}{session}/discard/").status_code == 404


@pytest.mark.parametrize("token", ["", "cap_", "cap_" + "A" * 43, "csk_000000000000_x"])
def test_without_a_token_that_counts_there_is_nothing(token) -> None:
    answer = Page(token).begin()
    assert (answer.status_code, answer.json()["code"]) == (401, "no_token")
    assert answer["Access-Control-Allow-Origin"] == SITE  # so that the page can tell why


def test_a_token_ends_after_an_hour_and_is_forgotten(page) -> None:
    CaptureGrant.objects.update(expires_at=timezone.now())
    assert page.begin().status_code == 401
    assert forget_expired_grants() == 0
    assert forget_expired_grants(timezone.now() + timedelta(days=2)) == 1


def test_only_the_tokens_own_site_is_answered_readably(key, visit) -> None:
    token = ask(key, visit).json()["token"]
    own, other = Page(token).begin(), Page(token, ELSEWHERE).begin()
    assert own["Access-Control-Allow-Origin"] == SITE
    assert (own["Vary"], own["Cross-Origin-Resource-Policy"]) == ("Origin", "cross-origin")
    assert "Access-Control-Allow-Credentials" not in own
    assert other.status_code == 403
    assert "Access-Control-Allow-Origin" not in other
    assert Recording.objects.count() == 1


def test_browsers_may_ask_first(page) -> None:
    answer = page.client.options(
        f"{BASE}00000000-0000-7000-8000-000000000000/0/0", headers={"Access-Control-Request-Method": "PUT"}
    )
    assert answer.status_code == 204
    assert answer["Access-Control-Allow-Methods"] == "PUT"
    assert "content-digest" in answer["Access-Control-Allow-Headers"]


def test_tokens_are_made_for_listed_sites_and_own_encounters_only(key, visit, outsider) -> None:
    for origin in (ELSEWHERE, f"{SITE}/page", "nonsense", f"{SITE}.evil.example"):
        refused = ask(key, visit, origin)
        assert refused.status_code in {400, 409}
        assert refused.json()["errors"][0]["pointer"] == "/origin"
    assert ask(key, EncounterFactory()).status_code == 404
    assert not CaptureGrant.objects.exists()


def test_nothing_is_taken_in_against_the_gate(key, practice) -> None:
    asked = EncounterFactory(practice=practice)
    answer = Page(ask(key, asked).json()["token"]).begin()
    assert (answer.status_code, answer.json()["code"]) == (403, "gate_shut")
    assert not Recording.objects.exists()


def test_a_withdrawal_ends_it_and_deletes_what_came(page, visit) -> None:
    session = page.begin().json()["session"]
    page.put(session, 0, 0, wav_bytes(seconds=7.0))
    ConsentFactory(encounter=visit, participant=visit.participants.get(), decision="withdrawn")
    assert page.put(session, 0, 1, b"more").json()["code"] == "gate_shut"
    assert Recording.objects.get().state == "rejected"


def test_a_persons_session_is_not_enough_and_a_token_opens_no_page(page, client_of, clinician, visit) -> None:
    assert client_of(clinician).post(BASE).status_code == 401
    assert page.client.get(f"/encounters/{visit.pk}/").status_code == 302


@pytest.mark.parametrize(
    ("given", "clean"),
    [
        ("https://Video.Clinic.example", SITE),
        (" https://a.example:8443 ", "https://a.example:8443"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("http://127.0.0.1:3000", "http://127.0.0.1:3000"),
        ("http://video.clinic.example", None),
        ("https://video.clinic.example/", None),
        ("https://user@video.clinic.example", None),
        ("*", None),
        ("null", None),
        ("https://[::1", None),
    ],
)
def test_origins_are_taken_as_browsers_write_them(given, clean) -> None:
    if clean is None:
        with pytest.raises(ValidationError):
            clean_origin(given)
    else:
        assert clean_origin(given) == clean
