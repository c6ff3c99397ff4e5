"""The stated peers that need a server: the least a Django project can do, under the same server as the product.

`POST /hook/` verifies an HMAC over the raw body, parses it and inserts one row, once an event; `PUT` or `POST` to
`/v1/note/audio` takes a file through Django's own multipart parser. No middleware, SQLite with the same durability.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import subprocess
import sys
import time
from http.client import HTTPConnection
from pathlib import Path
from types import TracebackType
from typing import Any

SECRET = b"a secret of the benchmark"


class Peer:
    """The peer as a running process: gunicorn with the arguments that the demo's stage uses."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def __enter__(self) -> Peer:
        from notes.demo.stage import free_port  # noqa: PLC0415

        port = free_port(0)
        self.url = f"http://127.0.0.1:{port}"
        environment = {**os.environ, "PEER_FOLDER": str(self.folder)}
        command = [
            sys.executable, "-m", "gunicorn", "tests.bench.peer:application()", "--bind", f"127.0.0.1:{port}",
            "--worker-class", "gthread", "--workers", "1", "--threads", "8", "--timeout", "120",
            "--no-control-socket", "--log-level", "warning",
        ]  # fmt: skip
        self._process = subprocess.Popen(command, env=environment)
        self.pid = self._process.pid
        deadline = time.monotonic() + 120
        while not self._answers(port):
            if time.monotonic() > deadline:
                raise SystemExit("The peer did not start.")
            time.sleep(0.2)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.wait()

    def _answers(self, port: int) -> bool:
        try:
            connection = HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/")
            return bool(connection.getresponse().status)
        except OSError:
            return False


def application() -> Any:
    """The peer's WSGI application."""
    from django.conf import settings  # noqa: PLC0415

    folder = os.environ["PEER_FOLDER"]
    settings.configure(
        SECRET_KEY="peer",
        ALLOWED_HOSTS=["127.0.0.1"],
        ROOT_URLCONF=__name__,
        MIDDLEWARE=[],
        FILE_UPLOAD_TEMP_DIR=folder,
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": f"{folder}/peer.sqlite3",
                "OPTIONS": {
                    "transaction_mode": "IMMEDIATE",
                    "timeout": 20,
                    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
                },
            }
        },
    )
    from django.core.wsgi import get_wsgi_application  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415

    found = get_wsgi_application()
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS event (id TEXT PRIMARY KEY, kind TEXT, body TEXT)")
    connection.close()
    return found


def hook(request: Any) -> Any:
    from django.db import connection  # noqa: PLC0415
    from django.http import HttpResponse  # noqa: PLC0415

    body = request.body
    expected = hmac.new(SECRET, body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected, request.headers.get("X-Signature", "")):
        return HttpResponse(status=401)
    event = json.loads(body)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT OR IGNORE INTO event VALUES (%s, %s, %s)",
            [event["note_id"], event["event"], body.decode()],
        )
    return HttpResponse(status=204)


def upload(request: Any) -> Any:
    """Django's own parser reads files of POST only, so a PUT is told to be one."""
    from django.http import HttpResponse  # noqa: PLC0415

    request.method = "POST"
    return HttpResponse(status=204 if request.FILES else 400)


def __getattr__(name: str) -> Any:
    if name == "urlpatterns":
        from django.urls import path  # noqa: PLC0415

        return [path("hook/", hook), path("v1/note/audio", upload)]
    raise AttributeError(name)
