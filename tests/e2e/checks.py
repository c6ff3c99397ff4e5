"""What every page has to pass in a real browser."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page

DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
REPORT_VIOLATIONS = """
addEventListener("securitypolicyviolation", (event) => {
  const { effectiveDirective, blockedURI, sourceFile, lineNumber } = event;
  console.error(`policy violation: ${effectiveDirective} ${blockedURI} ${sourceFile}:${lineNumber}`);
});
"""
AXE_OPTIONS = {"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}}
_problems: WeakKeyDictionary[Page, list[str]] = WeakKeyDictionary()


def watched_page(context: BrowserContext) -> Page:
    """A page that remembers policy violations, script errors, missing files and requests to other sites."""
    context.add_init_script(REPORT_VIOLATIONS)
    page = context.new_page()
    found = _problems.setdefault(page, [])

    def on_console(message: Any) -> None:
        if re.search(r"policy violation|Content Security Policy", message.text):
            found.append(message.text)

    def on_response(response: Any) -> None:
        parts = urlsplit(response.url)
        if parts.path.startswith("/static/") and response.status >= 400:
            found.append(f"missing file: {parts.path}")
        if parts.hostname not in {"localhost", "127.0.0.1"} and parts.scheme in {"http", "https"}:
            found.append(f"request to another site: {response.url}")

    page.on("console", on_console)
    page.on("pageerror", lambda error: found.append(f"script error: {error}"))
    page.on("response", on_response)
    return page


def assert_page_ok(page: Page, name: str = "") -> None:
    """No policy violation, no axe-core violation in light or dark, nothing wider than a phone.

    Leaves the page light and 1280 px wide. With SCREENSHOTS set to a folder, keeps `name` in four views there.
    """
    for scheme, size in (("light", DESKTOP), ("dark", DESKTOP), ("light", PHONE), ("dark", PHONE)):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.set_viewport_size(size)  # type: ignore[arg-type]
        _keep_screenshot(page, name, f"{scheme}-{size['width']}")
        if size is PHONE:
            wide = page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
            assert wide <= 0, f"{page.url} scrolls sideways by {wide} px on a phone"
        if (scheme, size) in (("light", DESKTOP), ("dark", PHONE)):
            results = Axe().run(page, options=AXE_OPTIONS)
            assert not results.violations_count, f"{page.url} ({scheme}): {results.generate_report()}"
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]
    assert_policy_kept(page)


def assert_policy_kept(page: Page) -> None:
    """No policy violation, script error, missing file or request to another site so far."""
    assert _problems[page] == []


def _keep_screenshot(page: Page, name: str, view: str) -> None:
    folder = os.environ.get("SCREENSHOTS")
    if folder and name:
        page.screenshot(path=Path(folder) / f"{name}-{view}.png", full_page=True)
