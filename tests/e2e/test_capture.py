"""A visit recorded in Chromium, with a file of sound in the place of its microphone."""

from __future__ import annotations

import io
import math
import os
import signal
import struct
import wave
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import pytest
from playwright.sync_api import Browser, Page, Playwright, expect

from encounters.models import Encounter, Recording
from encounters.services.recordings import open_recording
from notes.models import Submission
from tests.e2e.checks import assert_page_ok, assert_policy_kept
from tests.e2e.conftest import ARGUMENTS, CHROMIUM
from tests.factories.encounters import EncounterFactory, ParticipantFactory

RATE = 48_000
# Harmonics of a voice, in bursts like syllables: browsers take a steady tone for noise and remove it.
PITCH = 160


def spoken(path: Path, seconds: int = 10) -> Path:
    def sample(n: int) -> int:
        at = n / RATE
        envelope = max(0.0, math.sin(2 * math.pi * 2.5 * at))
        return int(6000 * envelope * sum(math.sin(2 * math.pi * PITCH * k * at) / k for k in range(1, 9)))

    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(b"".join(struct.pack("<h", sample(n)) for n in range(2 * RATE)) * (seconds // 2))
    return path


@pytest.fixture(scope="module")
def arguments(tmp_path_factory: Any) -> list[str]:
    sound = spoken(tmp_path_factory.mktemp("sound") / "voice.wav")
    return [
        *ARGUMENTS,
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-audio-capture={sound}",
    ]


@pytest.fixture(scope="module")
def browser(playwright: Playwright, arguments: list[str]) -> Iterator[Browser]:
    """A browser with a microphone, in the place of the usual one."""
    chromium = playwright.chromium.launch(executable_path=str(CHROMIUM), args=arguments)
    yield chromium
    chromium.close()


@pytest.fixture
def visit(transactional_db: None, practice: Any, clinician: Any) -> Encounter:
    return EncounterFactory(practice=practice, provider=clinician, consented=True, agreement=True)


def open_capture(page: Page, visit: Encounter) -> None:
    page.goto(f"/encounters/{visit.pk}/capture/")


def start(page: Page, visit: Encounter) -> None:
    open_capture(page, visit)
    page.get_by_role("button", name="Start recording").click()
    expect(page.get_by_text("Recording", exact=True)).to_be_visible()


def recorded_for(page: Page, seconds: int) -> None:
    """Waits until the page's own clock says so."""
    script = "clock => document.querySelector('#capture-elapsed').textContent >= clock"
    page.wait_for_function(script, arg=f"0:{seconds:02}", timeout=30_000)


def arrived(page: Page) -> None:
    expect(page.get_by_text("Everything so far is at the server")).to_be_visible(timeout=15_000)


def finish(page: Page, visit: Encounter, button: str = "Finish") -> None:
    page.get_by_role("button", name=button, exact=True).click()
    page.wait_for_url(f"**/encounters/{visit.pk}/", timeout=20_000)


def heard(visit: Encounter) -> tuple[float, float]:
    """Seconds of the stored recording, and the share of its half seconds in which there is a voice."""
    with open_recording(Recording.objects.get(encounter=visit, state="stored")) as reader:
        samples = samples_of(reader.read())
    edges = list(range(0, len(samples), 4000))
    loud = [max(map(abs, samples[a:b]), default=0) > 500 for a, b in pairwise(edges)]
    return len(samples) / 8000, sum(loud) / len(loud)


def samples_of(data: bytes) -> list[int]:
    """A recording as samples, 8000 a second."""
    even = av.AudioResampler(format="s16", layout="mono", rate=8000)
    with av.open(io.BytesIO(data), "r") as container:
        parts = [part for frame in container.decode(audio=0) for part in even.resample(frame)]
    return [value for part in parts for value in part.to_ndarray()[0].tolist()]


def test_a_recorded_visit_is_stored_with_its_voice_and_submitted(
    page_for: Any, visit: Encounter, clinician: Any
) -> None:
    page = page_for(clinician)
    open_capture(page, visit)
    assert_page_ok(page, "capture")
    start(page, visit)
    recorded_for(page, 6)
    expect(page.locator("[data-side=microphone]")).to_contain_text("Sound")
    assert_page_ok(page, "capture-recording")
    finish(page, visit)
    seconds, voiced = heard(visit)
    assert seconds >= 6 and voiced > 0.8
    assert Submission.objects.filter(encounter=visit).count() == 1
    assert page.evaluate("indexedDB.databases().then(all => all.length)") == 1
    assert kept_here(page) == 0


def kept_here(page: Page) -> int:
    """Slices on the machine."""
    return page.evaluate(
        """() => new Promise((resolve) => {
          const opening = indexedDB.open("countersign-captures");
          opening.onsuccess = () => {
            const count = opening.result.transaction("sounds").objectStore("sounds").count();
            count.onsuccess = () => { opening.result.close(); resolve(count.result); };
          };
        })"""
    )


def test_without_a_network_nothing_is_lost(page_for: Any, visit: Encounter, clinician: Any) -> None:
    page = page_for(clinician)
    start(page, visit)
    page.context.set_offline(True)
    recorded_for(page, 6)
    expect(page.get_by_text("The server can’t be reached")).to_be_visible()
    assert not Recording.objects.get().bytes
    page.context.set_offline(False)
    arrived(page)
    finish(page, visit)
    seconds, voiced = heard(visit)
    assert seconds >= 6 and voiced > 0.8


def test_a_reload_is_offered_back_and_joined(page_for: Any, visit: Encounter, clinician: Any) -> None:
    page = page_for(clinician)
    page.on("dialog", lambda dialog: dialog.accept())
    start(page, visit)
    recorded_for(page, 6)
    page.reload()
    expect(page.get_by_text("A recording of this visit is not finished")).to_be_visible()
    assert_page_ok(page, "capture-unfinished")
    page.get_by_role("button", name="Go on recording").click()
    recorded_for(page, 3)
    finish(page, visit)
    seconds, voiced = heard(visit)
    assert seconds >= 7.5 and voiced > 0.8


def test_signed_out_nothing_can_be_read_and_nothing_is_lost(
    page_for: Any, visit: Encounter, clinician: Any, colleague: Any
) -> None:
    page = page_for(clinician)
    page.on("dialog", lambda dialog: dialog.accept())
    start(page, visit)
    page.context.set_offline(True)
    recorded_for(page, 11)
    cookies = page.context.cookies()
    page.context.clear_cookies()
    page.context.set_offline(False)
    expect(page.get_by_text("You are signed out")).to_be_visible(timeout=15_000)
    kept = kept_here(page)
    assert kept and not Recording.objects.get().bytes

    page.context.add_cookies(page_for(colleague).context.cookies())  # the next user of this machine
    open_capture(page, visit)
    expect(page.get_by_role("button", name="Start recording")).to_be_visible()
    assert page.evaluate("url => fetch(url).then(answer => answer.status)", session_url()) == 404
    assert kept_here(page) >= kept

    page.context.add_cookies(cookies)
    open_capture(page, visit)
    finish(page, visit, "Finish with what is saved")
    seconds, voiced = heard(visit)
    assert seconds >= 9.5 and voiced > 0.8
    assert_policy_kept(page)


def session_url() -> str:
    return f"/capture/{Recording.objects.get().pk}/"


def test_a_killed_browser_loses_the_last_slice_at_most(
    playwright: Playwright,
    arguments: list[str],
    tmp_path: Path,
    live_server: Any,
    page_for: Callable[..., Page],
    visit: Encounter,
    clinician: Any,
) -> None:
    cookies = page_for(clinician).context.cookies()

    def opened() -> Page:
        context = playwright.chromium.launch_persistent_context(
            tmp_path / "profile", executable_path=str(CHROMIUM), args=arguments, base_url=live_server.url
        )
        context.add_cookies(cookies)  # type: ignore[arg-type]
        return context.new_page()

    page = opened()
    start(page, visit)
    page.context.set_offline(True)  # so that what is found afterwards was kept by the machine alone
    recorded_for(page, 11)
    kill(tmp_path / "profile")
    assert not Recording.objects.get().bytes

    page = opened()
    open_capture(page, visit)
    finish(page, visit, "Finish with what is saved")
    page.context.close()
    seconds, voiced = heard(visit)
    assert seconds >= 9.5 and voiced > 0.8


def kill(profile: Path) -> None:
    """SIGKILL to every process of the browser with this profile."""
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and str(profile).encode() in (entry / "cmdline").read_bytes():
                os.kill(int(entry.name), signal.SIGKILL)
        except (OSError, ProcessLookupError):
            continue


TWO_SIDES = """async () => {
  const { Mixer } = await import("/static/encounters/capture/mixer.js");
  const { SegmentRecorder } = await import("/static/encounters/capture/segments.js");
  const context = new AudioContext();
  const play = (frequency) => {
    const output = context.createMediaStreamDestination();
    const source = new OscillatorNode(context, { frequency });
    source.connect(new GainNode(context, { gain: 0.3 })).connect(output);
    source.start();
    return output.stream;
  };
  const [here, there] = [new RTCPeerConnection(), new RTCPeerConnection()];
  here.onicecandidate = ({ candidate }) => there.addIceCandidate(candidate);
  there.onicecandidate = ({ candidate }) => here.addIceCandidate(candidate);
  const sent = play(1500);
  here.addTrack(sent.getTracks()[0], sent);
  const remote = new Promise((resolve) => (there.ontrack = ({ streams }) => resolve(streams[0])));
  await here.setLocalDescription();
  await there.setRemoteDescription(here.localDescription);
  await there.setLocalDescription();
  await here.setRemoteDescription(there.localDescription);

  const mixer = new Mixer();
  await mixer.start();
  mixer.add("microphone", play(500));
  const slices = [];
  const recorder = new SegmentRecorder(mixer.stream, { sliceMs: 500, first: 0, save: (slice) => slices.push(slice) });
  recorder.start();
  mixer.add("call", await remote);  // joins late, without stopping anything
  mixer.add("silent", context.createMediaStreamDestination().stream);
  await new Promise((resolve) => setTimeout(resolve, 3000));
  const levels = Object.fromEntries(mixer.names.map((name) => [name, mixer.level(name)]));
  await recorder.stop();
  const data = new Uint8Array(await new Blob(slices.map(({ blob }) => blob)).arrayBuffer());
  return { levels, places: slices.map(({ segment, number }) => [segment, number]), data: [...data] };
}"""


def test_both_sides_of_a_call_are_recorded_and_a_silent_one_is_noticed(
    page_for: Any, visit: Encounter, clinician: Any
) -> None:
    page = page_for(clinician)
    open_capture(page, visit)
    page.locator("h1").click()  # browsers start no sound before a page was touched
    made = page.evaluate(TWO_SIDES)
    assert made["places"] == [[0, number] for number in range(len(made["places"]))]
    assert made["levels"]["call"]["silent"] < 0.5 < 2 < made["levels"]["silent"]["silent"]
    said = samples_of(bytes(made["data"]))[-8000:]
    assert strength(said, 500) > 0.1 and strength(said, 1500) > 0.1
    assert strength(said, 900) < 0.02  # nobody said that


def strength(samples: list[int], frequency: int) -> float:
    """Amplitude of a tone in 8 kHz samples, 1 being the largest possible."""
    turns = [2 * math.pi * frequency * n / 8000 for n in range(len(samples))]
    cosine = sum(each * math.cos(turn) for each, turn in zip(samples, turns, strict=True))
    sine = sum(each * math.sin(turn) for each, turn in zip(samples, turns, strict=True))
    return 2 * math.hypot(cosine, sine) / len(samples) / 32768


def test_a_side_that_stays_silent_is_said(page_for: Any, visit: Encounter, clinician: Any) -> None:
    page = page_for(clinician)
    start(page, visit)
    page.evaluate(
        """async () => {
          const { makeView } = await import("/static/encounters/capture/view.js");
          makeView(document.querySelector("#capture")).levels([{ name: "tab", loudness: 0, silent: 15 }], 15);
        }"""
    )
    expect(page.get_by_role("alert").filter(has_text="Nothing is heard from: The call’s tab")).to_be_visible()


def test_a_visit_without_consent_is_not_recorded(page_for: Any, visit: Encounter, clinician: Any) -> None:
    ParticipantFactory(encounter=visit, role="interpreter")
    page = page_for(clinician)
    open_capture(page, visit)
    expect(page.get_by_role("region", name="This visit can't be recorded yet")).to_be_visible()
    assert_page_ok(page, "capture-shut")
    assert not page.get_by_role("button", name="Start recording").count()


def test_without_script_the_page_offers_other_ways(page_for: Any, visit: Encounter, clinician: Any) -> None:
    page = page_for(clinician, java_script_enabled=False)
    page.goto(f"/encounters/{visit.pk}/")
    page.get_by_role("link", name="Record in this browser").click()
    expect(page.get_by_role("region", name="Recording here needs JavaScript")).to_be_visible()
    expect(page.get_by_role("button")).to_have_count(0)
    page.get_by_role("link", name="Upload a recording").click()
    page.wait_for_url("**/upload/")
