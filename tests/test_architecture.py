"""Imports run one way, and one module opens the door to the network."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCES = [
    path for app in ("config", "consent", "encounters", "notes") for path in (ROOT / app).rglob("*.py")
]


def test_imports_run_one_way() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:]


# Runs on the machines of those who pull notes; here it is only shown and tested.
SAMPLE = "notes/demo/sync.py"


def test_only_the_door_imports_httpx() -> None:
    importing = re.compile(
        r"^\s*(import|from) (httpx|requests|urllib3|urllib\.request|http\.client|aiohttp)\b", re.M
    )
    found = [p.relative_to(ROOT) for p in SOURCES if importing.search(p.read_text(encoding="utf-8"))]
    assert [
        str(path) for path in found if not str(path).startswith("config/http") and str(path) != SAMPLE
    ] == []


def test_only_one_module_reads_the_environment() -> None:
    reading = re.compile(r"os\.(environ|getenv)")
    found = {str(p.relative_to(ROOT)) for p in SOURCES if reading.search(p.read_text(encoding="utf-8"))}
    # wsgi.py and the sandbox's ears set a default for a library before it loads.
    assert found <= {"config/env.py", "config/wsgi.py", "notes/soapnoteapi/sandbox/hearing/ears.py"}, found


def test_templates_carry_no_inline_script_or_style() -> None:
    inline = re.compile(r"<script(?![^>]*\bsrc=)[^>]*>|<style\b|\sstyle=|\son[a-z]+=\"", re.I)
    templates = [*(ROOT / "templates").rglob("*.html"), *ROOT.glob("*/templates/**/*.html")]
    assert [str(t.relative_to(ROOT)) for t in templates if inline.search(t.read_text(encoding="utf-8"))] == []
