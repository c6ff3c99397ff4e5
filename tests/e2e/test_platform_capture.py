"""A telehealth platform's own page, on another site, records both sides of a call with the capture module."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Playwright, Route

from encounters.models import Encounter, Recording
from encounters.services.capture_grants import capture_grant
from encounters.services.recordings import open_recording
from notes.models import Submission
from tests.e2e.conftest import ARGUMENTS, CHROMIUM
from tests.e2e.test_capture import samples_of, strength
from tests.encounters.vendors.fake import Asked, Reply, Served
from tests.factories.consent import ConsentFactory
from tests.factories.encounters import EncounterFactory
from tests.factories.integrations import integration

PAGE = b"<!doctype html><title>Video call</title><button>Join</button>"
OPEN = """async ([module, token]) => {
  const { openCapture } = await import(module);
  const context = new AudioContext();
  const play = (frequency) => {
    const output = context.createMediaStreamDestination();
    const source = new OscillatorNode(context, { frequency });
    source.connect(new GainNode(context, { gain: 0.3 })).connect(output);
    source.start();
    return output.stream;
  };
  globalThis.states = [];
  globalThis.capture = await openCapture({
    token: async () => token,
    streams: { provider: play(500), patient: play(1500), mute: context.createMediaStreamDestination().stream },
    onState: (state) => states.push(state),
  });
  return capture.unfinished();
}"""


@pytest.fixture
def elsewhere() -> Iterator[Served]:
    site = Served(page_of)
    yield site
    site.close()


def page_of(_asked: Asked) -> Reply:
    return Reply(200, PAGE, {"Content-Type": "text/html"})


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    chromium = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
    yield chromium
    chromium.close()


@pytest.fixture
def visit(transactional_db: None, practice: Any, clinician: Any) -> Encounter:
    return EncounterFactory(practice=practice, provider=clinician, consented=True, agreement=True)


@pytest.fixture
def token(visit: Encounter, elsewhere: Served) -> str:
    caller, _ = integration(visit.practice, scopes=("encounters:write",), capture_origins=[elsewhere.origin])
    return capture_grant(encounter=visit, origins=[elsewhere.origin], actor=caller)[1]


@pytest.fixture
def platform(browser: Browser, elsewhere: Served) -> Iterator[Page]:
    context = browser.new_context()
    page = context.new_page()
    page.route("**/static/**", as_deployed)
    page.goto(elsewhere.origin)
    page.get_by_role("button", name="Join").click()  # browsers start no sound before a page was touched
    yield page
    context.close()


def as_deployed(route: Route) -> None:
    """WhiteNoise lets every site load our scripts (tests/processes); Django's test server is without it."""
    answer = route.fetch()
    route.fulfill(response=answer, headers={**answer.headers, "Access-Control-Allow-Origin": "*"})


def opened(page: Page, live_server: Any, token: str) -> bool:
    module = f"{live_server.url}/static/encounters/capture/capture.js"
    return bool(page.evaluate(OPEN, [module, token]))


def recorded_for(page: Page, seconds: int) -> None:
    page.evaluate("seconds => new Promise((done) => setTimeout(done, seconds * 1000))", seconds)


def test_both_sides_are_recorded_and_submitted_and_a_mute_one_is_told(
    platform: Page, live_server: Any, visit: Encounter, token: str
) -> None:
    assert opened(platform, live_server, token) is False
    platform.evaluate("capture.start()")
    recorded_for(platform, 6)
    state = platform.evaluate("states.at(-1)")
    assert state["phase"] == "recording"
    silent = {side["name"]: side["silent"] for side in state["sides"]}
    assert silent["mute"] > 4 > 1 > silent["patient"]
    platform.evaluate("capture.finish()")
    assert platform.evaluate("states.at(-1).phase") == "finished"

    recording = Recording.objects.get(encounter=visit)
    assert recording.state == "stored"
    assert Submission.objects.filter(encounter=visit).exists()
    with open_recording(recording) as reader:
        said = samples_of(reader.read())[8000:24000]
    assert strength(said, 500) > 0.05 and strength(said, 1500) > 0.05
    assert strength(said, 900) < 0.02


def test_a_page_that_was_reloaded_goes_on_with_what_it_had(
    platform: Page, live_server: Any, visit: Encounter, token: str
) -> None:
    opened(platform, live_server, token)
    platform.evaluate("capture.start()")
    recorded_for(platform, 6)
    platform.on("dialog", lambda dialog: dialog.accept())
    platform.reload()
    platform.get_by_role("button", name="Join").click()
    assert opened(platform, live_server, token) is True
    platform.evaluate("capture.start()")
    recorded_for(platform, 2)
    platform.evaluate("capture.finish()")
    recording = Recording.objects.get(encounter=visit)
    assert recording.state == "stored" and recording.duration_seconds >= 6


def test_somebody_who_withdraws_ends_it_with_the_reason(
    platform: Page, live_server: Any, visit: Encounter, token: str
) -> None:
    opened(platform, live_server, token)
    platform.evaluate("capture.start()")
    ConsentFactory(encounter=visit, participant=visit.participants.get(), decision="withdrawn")
    platform.wait_for_function("states.at(-1).phase === 'stopped'", timeout=20_000)
    assert "withdr" in platform.evaluate("states.at(-1).message").lower()
    assert Recording.objects.get(encounter=visit).state == "rejected"


def test_pages_of_other_sites_and_visits_without_consent_are_told_why(
    platform: Page, live_server: Any, visit: Encounter, practice: Any
) -> None:
    caller, _ = integration(practice, scopes=("encounters:write",))
    foreign = capture_grant(encounter=visit, origins=["https://video.example"], actor=caller)[1]
    with pytest.raises(Exception, match="reached"):
        opened(platform, live_server, foreign)
    own = platform.evaluate("location.origin")
    asked = EncounterFactory(practice=practice)
    shut = capture_grant(encounter=asked, origins=[own], actor=caller)[1]
    with pytest.raises(Exception, match="No consent is recorded"):
        opened(platform, live_server, shut)
    assert not Recording.objects.exists()
