"""Who works at the pages: clinicians who try again as people do, and the administrator who keeps the agreement."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from config.http import HttpFailure, bytes_body
from notes.demo.session import PageError
from notes.demo.visit import Fields, Provider

PATIENCE = 150.0  # seconds; longer than any fault lasts
SLICE = 64 * 1024
AGREEMENTS = "/admin/consent/businessassociateagreement/"
Answer = TypeVar("Answer")
_signing = threading.Lock()


class GaveUp(Exception):
    """The app did not let a person go on for longer than any fault lasts."""


def patiently(step: Callable[[], Answer], within: float = PATIENCE) -> Answer:
    """Do `step`, again and again while the app is away or answers with an error. Raises GaveUp."""
    deadline = time.monotonic() + within
    while True:
        try:
            return step()
        except (HttpFailure, PageError) as trouble:
            if time.monotonic() > deadline:
                raise GaveUp(str(trouble)) from trouble
            time.sleep(1)


class Clinician(Provider):
    """The demo's provider in one more tab of the same browser."""

    def __init__(self, access: dict[str, Any], first: Provider) -> None:
        super().__init__(access)
        self.session.cookies, self.session.token = first.session.cookies, first.session.token

    def answer(self, encounter: str, decision: str) -> None:
        """Record what the patient said about being recorded."""
        fields = Fields(self.session.get(encounter)).values
        said = {"decision": decision, "method": "verbal", "language": "en"}
        self.session.post(f"{encounter}consent/", {"participant": fields["participant"], **said})

    def send(self, encounter: str, audio: Path, between: Callable[[int], object] = lambda _: None) -> None:
        """Upload in slices from where the upload stands; `between` is told after each where that is."""
        data, name = audio.read_bytes(), hashlib.sha256(audio.name.encode()).hexdigest()
        begun = self.session.call_json(
            "POST", f"{encounter}upload/slices/", {"size": len(data), "fingerprint": name}
        )
        offset = int(begun["offset"])
        while begun["state"] == "receiving" and offset < len(data):
            piece = bytes_body(data[offset : offset + SLICE], "application/octet-stream")
            answer = self.session.call("PUT", begun["upload"], piece, **{"Upload-Offset": str(offset)})
            if answer.status >= 400:
                raise PageError(f"a slice was answered with {answer.status}")
            offset = int(answer.headers["upload-offset"])
            between(offset)
        if begun["state"] == "receiving" and self.session.call("POST", begun["finish"]).status >= 400:
            raise PageError("the upload could not be finished")

    def type(self, encounter: str, kind: str, text: str) -> None:
        self.session.get(f"{encounter}transcript/")
        self.session.post(f"{encounter}transcript/", {"kind": kind, "text": text})

    def try_again(self, encounter: str) -> None:
        self.session.get(encounter)
        self.session.post(f"{encounter}retry/", {})

    def sign_and_file(self, note: str) -> None:
        with _signing:  # a second confirmation in the same moment would use the same code twice
            super().sign_and_file(note)

    def file(self, note: str) -> None:
        self.session.get(note)
        self.session.post(f"{note}file/", {})

    def add(self, note: str, text: str) -> None:
        """An addendum, signed and filed."""
        page = f"{note}addendum/"
        with _signing:
            fields = Fields(self.session.get(page)).values
            if "reason" not in fields:
                self._confirmed(fields)
                self.session.get(page)
            given = {"kind": "addendum", "reason": "Result arrived", "text": text, "attest": "on"}
            self.session.post(page, given)


class Administrator(Provider):
    """Ends the agreement with the engine and records a new one, in administration."""

    def __init__(self, access: dict[str, Any]) -> None:
        super().__init__(access)
        self.person = next(row for row in access["users"] if row["role"] == "admin")

    def sign_in(self) -> None:
        """Anew each time: between two agreements the last session may have run out."""
        self.session.cookies.clear()
        super().sign_in()

    def end_agreement(self, agreement: str, *, how: str) -> None:
        """`how` is revoked_at or expires_at; it ends on a full second that lies ahead, as the form has no smaller."""
        page = f"{AGREEMENTS}{agreement}/change/"
        moment = datetime.now(UTC) + timedelta(seconds=2)
        fields = Fields(self.session.get(page)).values | _moment(how, moment)
        self._save(page, fields)

    def record_agreement(self, practice: str) -> None:
        page = f"{AGREEMENTS}add/"
        now = datetime.now(UTC)
        fields = Fields(self.session.get(page)).values | _moment("effective_at", now - timedelta(seconds=1))
        fields |= _moment("expires_at", now + timedelta(days=365))
        fields |= {
            "practice": practice,
            "vendor": "sandbox",
            "executed_on": now.date().isoformat(),
            "practice_signatory": "Demo practice",
            "vendor_signatory": "Sandbox on this machine",
        }
        self._save(page, fields)

    def _save(self, page: str, fields: dict[str, str]) -> None:
        sent = {name: value for name, value in fields.items() if name and not name.startswith(("_", "csrf"))}
        sent.pop("document", None)
        path, _ = self.session.post(page, sent | {"_save": "Save"})
        if path == page:
            raise PageError("the agreement was not stored")


def _moment(name: str, at: datetime) -> dict[str, str]:
    return {f"{name}_0": f"{at:%Y-%m-%d}", f"{name}_1": f"{at:%H:%M:%S}"}
