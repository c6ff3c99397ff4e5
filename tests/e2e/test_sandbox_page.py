"""The sandbox's own page in a browser, and the vendor's browser sample against the sandbox."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from config.http import bytes_body
from notes.soapnoteapi.sandbox.config import Config
from tests.e2e.checks import DESKTOP, assert_page_ok, watched_page
from tests.notes.sandbox.recordings import write_tone
from tests.notes.sandbox.running import (
    ADMIN,
    KEY,
    Receiver,
    Running,
    ScriptedEars,
    account,
    answer,
    failed,
    running,
    until,
)

# What the guide's browser sample does: record a stream, then send the recording with fetch and FormData.
RECORD_AND_UPLOAD = """
async ([base, key]) => {
  const audio = new AudioContext();
  const call = audio.createMediaStreamDestination();
  const voice = audio.createOscillator();
  voice.connect(call);
  voice.start();
  const recorder = new MediaRecorder(new MediaStream(call.stream.getAudioTracks()), {
    mimeType: "audio/webm;codecs=opus",
  });
  const chunks = [];
  recorder.ondataavailable = (event) => {
    chunks.push(event.data);
    if (recorder.state === "recording") recorder.stop();
  };
  const stopped = new Promise((resolve) => (recorder.onstop = resolve));
  recorder.start(250);
  await stopped;
  const formData = new FormData();
  formData.append("audio", new Blob(chunks, { type: "audio/webm" }), "telehealth-session.webm");
  formData.append("metadata", JSON.stringify({
    specialty: "nurse_practitioner",
    context: { patient_info: { name: "Jane Doe", age: 45 } },
  }));
  const response = await fetch(`${base}/v1/note/audio`, {
    method: "PUT",
    headers: { Authorization: `Bearer ${key}` },
    body: formData,
  });
  return { http: response.status, ...(await response.json()) };
}
"""


@pytest.fixture
def opened(browser: Browser) -> Iterator[Callable[..., Page]]:
    """opened(address): a page there, in a browser profile of its own; further arguments go to the profile."""
    contexts: list[BrowserContext] = []

    def open_page(address: str, **options: object) -> Page:
        context = browser.new_context(viewport=DESKTOP, **options)  # type: ignore[arg-type]
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = watched_page(context)
        page.goto(address)
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture
def config(tmp_path: Path, receiver: Receiver) -> Config:
    return Config(state_dir=tmp_path / "state", accounts=(account(receiver),), admin_token=ADMIN)


@pytest.fixture
def tone(tmp_path: Path) -> Path:
    return write_tone(tmp_path / "visit.wav", seconds=6)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[str]:
    """Somebody's own site with one page; its origin."""
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "visit.html").write_text("<!doctype html><title>Visit</title><p>Visit</p>")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=folder))
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def fill(sandbox: Running, ears: ScriptedEars, refusing: Receiver, tone: Path) -> None:
    """Jobs in every state, deliveries with several outcomes, a fault that stands and one that struck."""
    for _ in range(12):
        sandbox.text()
    sandbox.finished(answer(sandbox.upload(tone))["noteId"])
    ears.outcome = failed("NO_SPEECH")
    sandbox.finished(answer(sandbox.upload(tone))["noteId"])
    sandbox.send("POST", "/sandbox/test-event", key=KEY)
    refusing.wait_for(1)
    sandbox.send("GET", "/v1/specialties", **{"X-Sandbox-Fault": "error; status=503"})
    arm = json.dumps({"fault": "webhook-late", "seconds": 5, "times": 3}).encode()
    sandbox.send("POST", "/sandbox/faults", key=ADMIN, body=bytes_body(arm, "application/json"))
    ears.gate.clear()
    for _ in range(2):
        sandbox.upload(tone)
    until(lambda: sandbox.engine.worker.progress is not None and sandbox.engine.worker.progress.seconds > 0)


def test_an_empty_page_is_accessible_and_tells_how_to_begin(
    tmp_path: Path, opened: Callable[..., Page]
) -> None:
    with running(Config(state_dir=tmp_path / "state"), ScriptedEars()) as sandbox:
        page = opened(sandbox.base_url)

        expect(page.get_by_role("main")).to_contain_text("No job yet")
        expect(page.get_by_role("main")).to_contain_text("No webhook address is configured")
        expect(page.get_by_role("region", name="Commands")).to_contain_text(
            f"{sandbox.base_url}/v1/note/audio"
        )
        assert_page_ok(page, "sandbox-empty")


def test_a_full_page_is_accessible_and_shows_every_state_and_no_text_of_a_note(
    config: Config, receiver: Receiver, tone: Path, opened: Callable[..., Page]
) -> None:
    refusing = Receiver((500,))
    several = replace(config, accounts=(account(refusing), account(receiver, "standard-webhooks", "*")))
    ears = ScriptedEars()
    ears.reached = (130.0, 1830.0)
    with running(several, ears) as sandbox:
        fill(sandbox, ears, refusing, tone)
        page = opened(sandbox.base_url)
        main = page.get_by_role("main")
        assert_page_ok(page, "sandbox-full")
        shown = page.content()
        ears.gate.set()
    refusing.close()

    for text in (
        "Hearing, 2:10 of 30:30",
        "Queued, 1 before it",
        "Note ready",
        "Failed",
        "webhook-late",
        "next try",
    ):
        assert text in shown, text
    assert main
    for secret in ("sprain", KEY, "whsec_", ADMIN):
        assert secret not in shown


def test_a_page_left_open_follows_a_job_to_its_end_and_keeps_the_readers_place(
    config: Config, receiver: Receiver, tone: Path, opened: Callable[..., Page]
) -> None:
    ears = ScriptedEars(open_gate=False)
    with running(config, ears) as sandbox:
        sandbox.send("POST", "/sandbox/test-event")
        receiver.wait_for(1)
        until(lambda: sandbox.engine.store.recent_deliveries()[0].state == "delivered")
        sandbox.upload(tone)
        page = opened(sandbox.base_url)
        jobs = page.get_by_role("region", name="Table of jobs")
        expect(jobs).to_contain_text("Hearing")
        button = page.get_by_role("button", name="Send again")
        button.focus()
        ears.gate.set()

        expect(jobs).to_contain_text("Note ready")
        expect(page.get_by_role("button", name="Send again")).to_have_count(2)
        expect(page.get_by_role("button", name="Send again: test")).to_be_focused()
        expect(page.get_by_text("Jobs in work: 0")).to_be_visible()


def test_without_script_the_buttons_and_the_reload_link_do_the_same(
    config: Config, receiver: Receiver, opened: Callable[..., Page]
) -> None:
    with running(config, ScriptedEars()) as sandbox:
        page = opened(sandbox.base_url, java_script_enabled=False)
        page.get_by_role("button", name="Send test event").click()
        expect(page.get_by_text("The test event is on its way")).to_be_visible()
        receiver.wait_for(1)
        until(lambda: sandbox.engine.store.recent_deliveries()[0].attempts == 1)
        page.get_by_role("link", name="Reload").click()
        page.get_by_role("button", name="Send again").click()
        expect(page.get_by_text("is being sent again")).to_be_visible()
        (_, first), (_, second) = receiver.wait_for(2)
        until(lambda: sandbox.engine.store.recent_deliveries()[0].attempts == 2)
        page.get_by_role("link", name="Reload").click()

        expect(page.locator(".attempts li")).to_have_count(2)
        assert first == second


def test_the_vendors_browser_sample_records_and_uploads_from_a_site_that_is_let_in(
    config: Config, site: str, opened: Callable[..., Page]
) -> None:
    with running(replace(config, browser_origins=(site,)), ScriptedEars()) as sandbox:
        page = opened(f"{site}/visit.html")
        page.get_by_text("Visit").click()
        accepted = page.evaluate(RECORD_AND_UPLOAD, [sandbox.base_url, KEY])

        assert accepted["http"] == 202
        assert sandbox.finished(accepted["noteId"])["status"] == "completed"
