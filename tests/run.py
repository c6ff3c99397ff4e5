"""`make test`: the suite on every server that this machine offers, and a plain word on what was left out.

1. everything on SQLite, browser and process tests included; 2. again on PostgreSQL, where there is one.
The Redis broker's tests run in the first where there is a Redis. With COUNTERSIGN_TEST_NOTHING_LEFT_OUT set
(continuous integration) a missing server, browser or skipped test is a failure.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
from urllib.parse import urlsplit

POSTGRES = os.environ.get("COUNTERSIGN_TEST_POSTGRES", "postgres://postgres@127.0.0.1:5432/postgres")
REDIS = os.environ.get("COUNTERSIGN_TEST_REDIS", "redis://127.0.0.1:6379/15")
STRICT = bool(os.environ.get("COUNTERSIGN_TEST_NOTHING_LEFT_OUT"))
SKIPPED = re.compile(r"^SKIPPED \[(\d+)\] \S+: (.*)$")


def answers(url: str) -> bool:
    parts = urlsplit(url)
    try:
        with socket.create_connection((parts.hostname or "127.0.0.1", parts.port or 0), timeout=2):
            return True
    except OSError:
        return False


def run(title: str, environment: dict[str, str], *arguments: str) -> tuple[int, list[str]]:
    """Run pytest once, its output passed through; returns the exit code and the reasons of skipped tests."""
    print(f"\n== {title}", flush=True)
    command = [sys.executable, "-m", "pytest", "-rs", *arguments, *sys.argv[1:]]
    process = subprocess.Popen(command, env={**os.environ, **environment}, stdout=subprocess.PIPE, text=True)
    skipped: list[str] = []
    assert process.stdout is not None
    for line in process.stdout:
        print(line, end="", flush=True)
        if found := SKIPPED.match(line):
            skipped.append(found[2])
    return process.wait(), skipped


def main() -> int:
    left_out: list[str] = []
    servers: dict[str, str] = {}
    if answers(REDIS):
        servers["COUNTERSIGN_TEST_REDIS"] = REDIS
    else:
        left_out.append("Redis broker: no server answers")
    chromium = shutil.which("chromium") is not None
    if not chromium:
        left_out.append("browser tests: Debian's chromium is not installed")
    # Tests of one group share running processes, so they stay together.
    processes = ["-n", "2", "--dist", "loadgroup"]
    results = [run("SQLite", {**servers, "DATABASE_URL": ""}, *processes, "-m", "not e2e")]
    if chromium:
        # A file's tests share a browser.
        browsers = ["-n", "2", "--dist", "loadfile"]
        results.append(run("SQLite, browser", {**servers, "DATABASE_URL": ""}, *browsers, "-m", "e2e"))
    if answers(POSTGRES):
        environment = {**servers, "DATABASE_URL": POSTGRES}
        results.append(run("PostgreSQL", environment, *processes, "-m", "not e2e and not speech"))
    else:
        left_out.append("PostgreSQL: no server answers")
    left_out += [reason for _, skipped in results for reason in skipped]
    for reason in dict.fromkeys(left_out):
        print(f"left out: {reason}")
    failed = any(code for code, _ in results)
    return 1 if failed or (STRICT and left_out) else 0


if __name__ == "__main__":
    raise SystemExit(main())
