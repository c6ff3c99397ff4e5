"""A whole visit, played over HTTP: the provider at the web pages, then the EHR at the API."""

from __future__ import annotations

import hashlib
import html
import json
import re
import time
import uuid
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from config.http import Door, bytes_body
from notes.demo.session import PageError, Session
from notes.demo.stage import narrate
from notes.demo.totp import totp_code, until_next_code

SLICE = 8 * 1024 * 1024
# The engine's usual minute or two, and room for a recording of four hours on a slow machine.
PATIENCE = 3 * 60 * 60
EDIT = "Reviewed with the patient at the end of the visit."


class Fields(HTMLParser):
    """The fields of the forms on a page, by name: inputs, text areas, selects and what links lead to."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.values: dict[str, str] = {}
        self.links: list[str] = []
        self._area = self._select = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name = given.get("name", "")
        if tag == "a":
            self.links.append(given.get("href", ""))
        elif "checked" in given:
            self.values[name] = given.get("value", "on")
        elif tag == "input" and given.get("type") not in {"checkbox", "radio"}:
            self.values[name] = given.get("value", "")
        elif tag == "textarea":
            self._area, self.values[name] = name, ""
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and ("selected" in given or self._select not in self.values):
            self.values[self._select] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._area = ""
        elif tag == "select":
            self._select = ""

    def handle_data(self, data: str) -> None:
        if self._area:
            self.values[self._area] += data


class Provider:
    """The demo's clinician, doing what a person would do, in the same order."""

    def __init__(self, access: dict[str, Any]) -> None:
        self.session = Session(access["base_url"])
        self.person = next(row for row in access["users"] if row["role"] == "provider")

    def sign_in(self) -> None:
        web = self.session
        web.get("/accounts/login/")
        path, _ = web.post(
            "/accounts/login/", {"login": self.person["email"], "password": self.person["password"]}
        )
        if "2fa" in path:
            path, _ = web.post(path, {"code": totp_code(self.person["totp_secret"])})
        if "2fa" in path:  # a code is taken once, and somebody was quicker with this one
            time.sleep(until_next_code())
            path, _ = web.post(path, {"code": totp_code(self.person["totp_secret"])})
        if "/accounts/" in path:
            raise PageError("the provider could not sign in")

    def book(self) -> str:
        """A patient made for this visit, and the visit; returns the encounter's path."""
        web = self.session
        web.get("/encounters/new/")
        number = f"DEMO-{uuid.uuid4().hex[:10].upper()}"
        patient = {
            "do": "create", "mrn": number, "given_name": "Walter", "family_name": "Demo", "birth_date": "1968-03-14",
            "gender": "male",
        }  # fmt: skip
        path, page = web.post("/encounters/new/", patient)
        fields = Fields(page).values | {
            "specialty": "physician",
            "reason": "Follow-up by video",
            "medications": "",
            "allergies": "",
        }
        fields.pop("csrfmiddlewaretoken", None)
        path, _ = web.post(path, fields)
        if path.startswith("/encounters/new/"):
            raise PageError("the encounter could not be made")
        return path

    def record_consent(self, encounter: str) -> None:
        web = self.session
        fields = Fields(web.get(encounter)).values
        answer = {
            "participant": fields["participant"],
            "decision": "granted",
            "method": "verbal",
            "language": "en",
        }
        web.post(f"{encounter}consent/", answer)

    def upload(self, encounter: str, audio: Path) -> None:
        web, size = self.session, audio.stat().st_size
        mark = hashlib.sha256(f"{audio.name}:{size}:{audio.stat().st_mtime_ns}".encode()).hexdigest()
        begun = web.call_json("POST", f"{encounter}upload/slices/", {"size": size, "fingerprint": mark})
        with audio.open("rb") as file:
            while chunk := file.read(SLICE):
                body, offset = bytes_body(chunk, "application/octet-stream"), str(file.tell() - len(chunk))
                answer = web.call("PUT", begun["upload"], body, **{"Upload-Offset": offset})
                if answer.status >= 400:
                    raise PageError(_words(answer.body))
        finished = web.call("POST", begun["finish"])
        if finished.status >= 400:
            raise PageError(_words(finished.body))

    def await_draft(self, encounter: str) -> str:
        """The path of the note, once the draft is there."""
        for _ in _until(PATIENCE):
            state = self.session.get(f"{encounter}status/")
            found = [link for link in Fields(state).links if link.startswith("/notes/")]
            if found:
                return found[0]
            if "callout--failed" in state or "callout--held" in state:
                raise PageError(f"there is no draft. {_said(state)}")
        raise PageError("the draft did not arrive in time")

    def correct(self, note: str) -> None:
        """One correction, as a clinician makes: a sentence added to the plan."""
        fields = Fields(self.session.get(note)).values
        names = ("subjective", "objective", "assessment", "plan")
        content: dict[str, Any] = {
            "sections": {name: fields[name].removeprefix("\n") for name in names},
            "billing_codes": [],
            "patient_summary": fields["patient_summary"].removeprefix("\n"),
        }
        content["sections"]["plan"] = f"{content['sections']['plan']}\n{EDIT}".strip()
        self.session.call_json(
            "POST", f"{note}draft/", {"version": int(fields["version"]), "content": content}
        )

    def sign_and_file(self, note: str) -> None:
        fields = self._confirmed(Fields(self.session.get(f"{note}sign/")).values)
        signed = {name: fields[name].removeprefix("\n") for name in ("version", "content_sha256", "seen")}
        path, _ = self.session.post(f"{note}sign/", {**signed, "attest": "on"})
        if path != note:
            raise PageError("the note could not be signed")
        self.session.post(f"{note}file/", {})

    def _confirmed(self, fields: dict[str, str]) -> dict[str, str]:
        """The fields of the signing page, after confirming identity where it asks for that first."""
        if "version" in fields:
            return fields
        answers = {"password": self.person["password"], "code": totp_code(self.person["totp_secret"])}
        given = {
            name: answers.get(name, value) for name, value in fields.items() if name != "csrfmiddlewaretoken"
        }
        path = "/accounts/reauthenticate/" if "password" in fields else "/accounts/2fa/reauthenticate/"
        _, page = self.session.post(path, given)
        return Fields(page).values


def play(*, access: Path, audio: Path) -> str:
    """Play the visit and return the note as the EHR pulled it, with its transcript, as JSON text."""
    known = json.loads(access.read_text(encoding="utf-8"))
    provider = Provider(known)
    provider.sign_in()
    narrate(f"{provider.person['email']} is signed in, second factor included")
    encounter = provider.book()
    narrate("Encounter made")
    provider.record_consent(encounter)
    narrate("Consent recorded: the patient agreed, verbally")
    provider.upload(encounter, audio)
    narrate(f"Recording uploaded and encrypted ({audio.stat().st_size / 1e6:.1f} MB)")
    note = provider.await_draft(encounter)
    narrate("Draft received from the engine")
    provider.correct(note)
    narrate("Draft corrected by the provider")
    provider.sign_and_file(note)
    narrate("Note signed and filed to the chart")
    pulled = pull(known, note)
    narrate(f"Note pulled by the EHR: version {pulled['version']}, change {pulled['change']}")
    return json.dumps(pulled, indent=2, ensure_ascii=False)


def pull(access: dict[str, Any], note: str) -> dict[str, Any]:
    """Walk the change feed to its end, as an EHR does, and read the note just filed with its transcript."""
    door = Door(allowed_origins=[access["base_url"]])
    headers = {"Authorization": f"Bearer {access['integration']['key']}"}
    wanted, after = note.split("/")[2], ""
    while True:
        query = f"?limit=500{f'&after={after}' if after else ''}"
        page = _read(door, f"{access['base_url']}/api/v1/notes{query}", headers)
        for found in page["data"]:
            if found["id"] == wanted:
                spoken = _read(door, f"{access['base_url']}/api/v1/notes/{wanted}/transcript", headers)
                return {**found, "transcript": spoken["transcript"]}
        if not page["has_more"]:
            raise PageError("the filed note did not appear in the feed")
        after = page["next_cursor"]


def _read(door: Door, url: str, headers: dict[str, str]) -> dict[str, Any]:
    answer = door.send("GET", url, headers=headers)
    if answer.status != 200:
        raise PageError(f"the API answered {answer.status}")
    return dict(json.loads(answer.body))


def _words(body: bytes) -> str:
    try:
        problem = json.loads(body)
        return f"the recording was refused: {problem['message']} {problem['remedy']}"
    except (ValueError, KeyError):
        return "the recording was refused"


def _said(status: str) -> str:
    """What the encounter's page says about where it stands: its heading and the sentences below."""
    found = re.findall(r"<(h2|p|li)\b[^>]*>(.*?)</\1>", status.partition('<ol class="timeline"')[0], re.S)
    return html.unescape(" ".join(" ".join(re.sub(r"<[^>]+>", "", words).split()) for _, words in found))


def _until(seconds: float) -> Iterator[None]:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        yield
        time.sleep(1)
