"""Fakes of the five video vendors for a running demo: each plays a call, whose note then is in review by itself.

    python -m tests.fake_vendors                      # a call at each vendor
    python -m tests.fake_vendors zoom twilio --audio visit.wav

Everything goes the way it would go: the platform books the patient and binds the call through the API, the provider
records consent, the fake posts signed callbacks and serves the recording, and is told to delete it.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from cryptography.hazmat.primitives import serialization

from notes.demo.visit import Provider
from tests.encounters.vendors.fake import FakeVendor
from tests.encounters.vendors.fake_daily import FakeDaily
from tests.encounters.vendors.fake_twilio import FakeTwilio
from tests.encounters.vendors.fake_vonage import FakeVonage
from tests.encounters.vendors.fake_webrtc import FakeWebRtc
from tests.encounters.vendors.fake_zoom import FakeZoom

ROOT = Path(__file__).resolve().parent.parent
AUDIO = ROOT / "notes" / "demo" / "consultation.ogg"
FAKES: dict[str, type[FakeVendor]] = {
    fake.slug: fake for fake in (FakeTwilio, FakeDaily, FakeZoom, FakeVonage, FakeWebRtc)
}
Told = dict[str, Any]


def account_of(vendor: str, told: Told) -> dict[str, Any]:
    """The demo's account, in the words of the vendor's fake."""
    keys = told["credentials"]
    return {
        "twilio": lambda: {"account": told["account"], "key": (keys["key_sid"], keys["key_secret"])},
        "daily": lambda: {"domain": told["account"], "key": keys["api_key"]},
        "zoom": lambda: {
            "account": told["account"],
            "client": (keys["client_id"], keys["client_secret"]),
        },
        "vonage": lambda: {
            "application": told["account"],
            "application_key": serialization.load_pem_private_key(keys["private_key"].encode(), None),
        },
        "webrtc": lambda: {"token": keys["api_token"]},
    }[vendor]()


@contextmanager
def fake_of(vendor: str, told: Told) -> Iterator[FakeVendor]:
    """The fake, at the addresses where the demo looks for the vendor."""
    ports = tuple(urlsplit(told[name]).port for name in ("api", "media"))
    own = {**account_of(vendor, told), "secret": told["secret"], "ports": ports}
    fake = type(FAKES[vendor].__name__, (FAKES[vendor],), own)()
    try:
        yield fake
    finally:
        fake.close()


class Platform:
    """The telehealth platform: it knows the API and its key, and posts for nobody but itself."""

    def __init__(self, access: dict[str, Any]) -> None:
        self._base, self._key = access["base_url"], access["integration"]["key"]

    def post(self, path: str, content: dict[str, Any]) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self._key}", "Idempotency-Key": uuid.uuid4().hex}
        answer = requests.post(f"{self._base}/api/v1/{path}", json=content, headers=headers, timeout=30)
        assert answer.status_code in {200, 201}, answer.text
        return dict(answer.json())

    def bind(self, encounter: str, told: Told, external_id: str) -> None:
        self.post(
            f"encounters/{encounter}/calls", {"connection": told["connection"], "external_id": external_id}
        )


def post_callbacks(fake: FakeVendor, call: str, told: Told) -> list[int]:
    """Everything that the vendor has to say by now; the answers' status codes."""
    answers = []
    for callback in fake.callbacks(call, told["callback_url"]):
        headers = {"Content-Type": "application/json", **callback.headers}
        answer = requests.post(told["callback_url"], data=callback.body, headers=headers, timeout=30)
        answers.append(answer.status_code)
    return answers


def play(
    vendor: str, access: dict[str, Any], provider: Provider, audio: bytes, *, patience: float = 300.0
) -> str:
    """A call at `vendor` with the recording `audio`, until the note is in review; returns the encounter's path."""
    told = access["video_connections"][vendor]
    platform = Platform(access)
    with fake_of(vendor, told) as fake:
        encounter = provider.book()
        provider.record_consent(encounter)
        call = fake.new_call()
        platform.bind(encounter.split("/")[2], told, call)
        _say(vendor, "call bound to the encounter; it takes place")
        fake.end_call(call, [audio])
        deadline = time.monotonic() + patience
        while fake.copies(call):
            codes = post_callbacks(fake, call, told)
            assert all(code < 300 for code in codes), codes
            assert time.monotonic() < deadline, "the recording was not picked up in time"
            time.sleep(1)
        _say(vendor, "recording picked up; the vendor's copy is gone")
        provider.await_draft(encounter)
        _say(vendor, f"note in review: {access['base_url']}{encounter}")
    return str(encounter)


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("vendors", nargs="*", metavar="vendor", help=", ".join(FAKES))
    parser.add_argument("--access", type=Path, default=ROOT / ".demo" / "access.json")
    parser.add_argument("--audio", type=Path, default=AUDIO)
    given = parser.parse_args(arguments)
    access = json.loads(given.access.read_text(encoding="utf-8"))
    provider = Provider(access)
    provider.sign_in()
    for vendor in given.vendors or FAKES:
        play(vendor, access, provider, given.audio.read_bytes())


def _say(vendor: str, words: str) -> None:
    print(f"{time.strftime('%H:%M:%S')}  {vendor}: {words}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
