"""What recording in the browser loses and costs: Chromium killed at random moments, and a long visit's memory.

    python -m tests.bench.capture [--kills 20] [--minutes 60]

A real deployment (web, worker, SQLite), Chromium with a file of sound as its microphone. Each kill is SIGKILL to the
whole browser at a moment drawn anew, while it records and sends; the recording is then taken up again and finished,
and its length held against the time that was recorded. For memory, the script heap of the page and the web process
are read every half minute after the first two minutes.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.bench.measure import family, memory, set_up

set_up()
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = (
    "true"  # Playwright's loop runs in this thread, and nothing else does
)

from playwright.sync_api import BrowserContext, Page, Playwright, sync_playwright  # noqa: E402

from encounters.models import Recording  # noqa: E402
from tests.e2e.conftest import ARGUMENTS, CHROMIUM  # noqa: E402
from tests.e2e.test_capture import kill, spoken  # noqa: E402
from tests.processes.engine import Engine  # noqa: E402
from tests.processes.site import Site, running  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--minutes", type=float, default=3.0)
    given = parser.parse_args()
    if not CHROMIUM.exists():
        print("Left out: Debian's chromium is not on this machine.")
        return
    folder = Path(tempfile.mkdtemp())
    try:
        engine = Engine()
        with running(folder / "site", engine) as site, sync_playwright() as playwright:
            sound = spoken(folder / "voice.wav")
            killed(playwright, site, folder, sound, given.kills)
            long_visit(playwright, site, folder, sound, given.minutes)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def killed(playwright: Playwright, site: Site, folder: Path, sound: Path, times: int) -> None:
    draw = random.Random()
    lost = []
    for number in range(times):
        encounter, profile = site.visit(), folder / f"profile-{number}"
        seconds = draw.uniform(2.0, 20.0)
        with browser(playwright, site, profile, sound) as context:
            page = recording_page(context, encounter)
            began = time.monotonic()
            page.wait_for_timeout(seconds * 1000)
            kill(profile)
            recorded = time.monotonic() - began
        with browser(playwright, site, profile, sound) as context:
            page = context.pages[0]
            page.goto(f"{encounter}capture/")
            page.get_by_role("button", name="Finish with what is saved", exact=True).click()
            # Killed before the first slice was whole, there is nothing to finish, and the page says so.
            page.wait_for_function(
                "path => location.pathname === path || document.querySelector('#capture-stopped')?.textContent",
                arg=encounter,
                timeout=60_000,
            )
        lost.append(recorded - stored_seconds(site, encounter))
        print(f"kill {number + 1}: {recorded:5.1f} s recorded, {lost[-1]:4.1f} s lost", flush=True)
    if lost:
        print(f"seconds lost: median {statistics.median(lost):.1f}, most {max(lost):.1f}, of {times} kills")


def long_visit(playwright: Playwright, site: Site, folder: Path, sound: Path, minutes: float) -> None:
    encounter = site.visit()
    heaps, webs = [], []
    with browser(playwright, site, folder / "profile-long", sound) as context:
        page = recording_page(context, encounter)
        metrics = context.new_cdp_session(page)
        metrics.send("Performance.enable")
        end = time.monotonic() + minutes * 60
        while time.monotonic() < end:
            page.wait_for_timeout(30_000)
            metrics.send("HeapProfiler.collectGarbage")
            told = {each["name"]: each["value"] for each in metrics.send("Performance.getMetrics")["metrics"]}
            heaps.append(told["JSHeapUsedSize"] / 1e6)
            webs.append(sum(memory(pid, "VmRSS") for pid in family(site.stage.processes["web"].pid)))
        page.get_by_role("button", name="Finish", exact=True).click()
        page.wait_for_url(f"**{encounter}", timeout=120_000)
    print(f"{minutes:g} minutes, {stored_seconds(site, encounter):.0f} s stored")
    for name, found in (("script heap", heaps[4:]), ("web process", webs[4:])):
        if len(found) > 1:
            print(
                f"{name}: {found[0]:.1f} MB after two minutes, {found[-1]:.1f} at the end, most {max(found):.1f}"
            )


@contextmanager
def browser(playwright: Playwright, site: Site, profile: Path, sound: Path) -> Iterator[BrowserContext]:
    fake = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
    context = playwright.chromium.launch_persistent_context(
        profile,
        executable_path=str(CHROMIUM),
        args=[*ARGUMENTS, *fake, f"--use-file-for-fake-audio-capture={sound}"],
        base_url=site.stage.base_url,
    )
    try:
        context.add_cookies(cookies(site))
        yield context
    finally:
        try:
            context.close()
        except Exception as gone:  # noqa: BLE001 - it was killed
            print(f"  (browser gone: {type(gone).__name__})", flush=True)


def recording_page(context: BrowserContext, encounter: str) -> Page:
    page = context.pages[0]
    page.goto(f"{encounter}capture/")
    page.get_by_role("button", name="Start recording").click()
    page.get_by_text("Recording", exact=True).wait_for()
    return page


def stored_seconds(site: Site, encounter: str) -> float:
    rows = Recording.objects.using(site.alias).filter(encounter=encounter.split("/")[2])
    found = rows.filter(stored_at__isnull=False).first()
    return float(found.duration_seconds or 0.0) if found else 0.0


def cookies(site: Site) -> list[Any]:
    """The provider's session, as a browser keeps it."""
    jar = site.provider.session.cookies
    return [{"name": name, "value": value, "url": site.stage.base_url} for name, value in jar.items()]


if __name__ == "__main__":
    main()
