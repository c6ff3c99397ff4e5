"""The web server's own log lines are JSON and quote nothing of a request."""

from __future__ import annotations

import json
import logging
import logging.config
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from config import serving
from config.env import BASE_DIR, inherited
from config.http import Door, HttpFailure


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[int, Path]]:
    """A real gunicorn with our configuration; yields its port and its log."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = tmp_path / "web.log"
    environment = {**inherited(), "DEMO": "true", "DATABASE_URL": f"sqlite:///{tmp_path / 'db.sqlite3'}"}
    command = [sys.executable, "-m", "gunicorn", "-c", "python:config.serving", "--bind", f"127.0.0.1:{port}"]
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*command, "--no-control-socket", "config.wsgi"],
            cwd=BASE_DIR,
            env=environment,
            stdout=out,
            stderr=out,
        )
        try:
            door = Door(allowed_origins=[f"http://127.0.0.1:{port}"])
            while process.poll() is None:
                with suppress(HttpFailure):
                    if door.send("GET", f"http://127.0.0.1:{port}/healthz").status == 200:
                        break
            yield port, log
        finally:
            process.terminate()
            process.wait(20)


def raw(port: int, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(request)
        return connection.recv(4096)


@pytest.mark.slow
def test_every_line_of_the_web_process_is_json_and_none_quotes_the_request(server: Any) -> None:
    port, log = server
    assert b"400" in raw(port, b"GET /Zqxname?q=Zqxname \r\nbroken\r\n\r\n")
    raw(port, b"GET /healthz?q=Zqxname HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
    lines = log.read_text(encoding="utf-8").splitlines()
    events = [json.loads(line) for line in lines]
    assert "request refused as malformed" in {event["event"] for event in events}
    assert any(event["event"] == "request" and event["request_id"] for event in events)
    assert "Zqxname" not in "".join(lines)


def test_an_exception_in_the_server_is_named_by_type_only() -> None:
    record = logging.LogRecord(
        "gunicorn.error", logging.ERROR, __file__, 1, "Error handling request %s", ("/?q=Zqx",), None
    )
    try:
        raise ValueError("Zqx")
    except ValueError:
        record.exc_info = sys.exc_info()
    assert serving.Unquoted().filter(record)
    formatter = serving.logconfig_dict["formatters"]["json"]
    made = formatter["()"](**{key: value for key, value in formatter.items() if key != "()"})
    said = json.loads(made.format(record))
    assert (said["event"], said["error"]) == ("request failed in the server", "ValueError")
    assert "Zqx" not in json.dumps(said)
