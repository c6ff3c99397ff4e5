"""A sandbox over real HTTP in the test process, and a receiver for its webhooks. Nothing sleeps."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from config.http import Body, Door, FieldPart, FilePart, Response, json_body, multipart_body
from notes.soapnoteapi.sandbox.application import Application
from notes.soapnoteapi.sandbox.config import Account, Config
from notes.soapnoteapi.sandbox.engine import Engine
from notes.soapnoteapi.sandbox.errors import JobFailed
from notes.soapnoteapi.sandbox.progress import OnHeard
from notes.soapnoteapi.sandbox.transcript import Segment, Transcript

KEY = "snapi_sk_test_0123456789abcdef0123456789abcdef"
OTHER_KEY = "snapi_sk_test_ffffffffffffffffffffffffffffffff"
SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
ADMIN = "admin-token"
DEADLINE = 60.0

VISIT = (
    "Doctor: What brings you in today?\n"
    "Patient: I have had a sore knee for two weeks.\n"
    "Doctor: Your knee is a little swollen.\n"
    "Doctor: I think this is a sprain.\n"
    "Doctor: I want you to rest it and use ice.\n"
)


class ScriptedEars:
    """Ears whose answer is given. `gate` holds the job back until the test opens it."""

    def __init__(self, outcome: Transcript | Exception | None = None, *, open_gate: bool = True) -> None:
        self.outcome = outcome or Transcript((Segment(0.0, 3.0, "I think this is a sprain."),), 3.0)
        self.gate = threading.Event()
        self.started = threading.Event()
        self.heard: list[Path] = []
        self.reached = (0.0, 0.0)
        if open_gate:
            self.gate.set()

    def prepare(self) -> None:
        return None

    def hear(self, path: Path, on_heard: OnHeard) -> Transcript:
        self.heard.append(path)
        on_heard(*self.reached)
        self.started.set()
        assert self.gate.wait(DEADLINE)
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome


class Client:
    """The requests one can make to a sandbox."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self._door = Door(allowed_origins=[base_url])

    def send(
        self, method: str, path: str, *, key: str | None = KEY, body: Body | None = None, **headers: str
    ) -> Response:
        sent = {"Authorization": f"Bearer {key}"} if key else {}
        return self._door.send(method, self.base_url + path, headers={**sent, **headers}, body=body)

    def text(self, **data: object) -> Response:
        payload = {"transcript": VISIT, "specialty": "physician", **data}
        return self.send(
            "POST", "/v1/note", body=json_body({k: v for k, v in payload.items() if v is not None})
        )

    def upload(
        self, path: Path, *, metadata: Mapping[str, object] | None = None, method: str = "PUT"
    ) -> Response:
        with path.open("rb") as reader:
            parts = [
                FilePart("audio", reader, path.name, "application/octet-stream"),
                FieldPart(
                    "metadata", json.dumps({"specialty": "physician", **(metadata or {})}), "application/json"
                ),
            ]
            return self.send(method, "/v1/note/audio", body=multipart_body(parts))

    def note(self, note_id: str) -> dict[str, Any]:
        return answer(self.send("GET", f"/v1/note/{note_id}"))


class Running(Client):
    """A sandbox started inside the test process, with its engine at hand."""

    def __init__(self, base_url: str, engine: Engine) -> None:
        super().__init__(base_url)
        self.engine = engine

    def finished(self, note_id: str) -> dict[str, Any]:
        """The status once it is no longer `processing`."""
        until(lambda: (job := self.engine.store.job(note_id)) is not None and job.status != "processing")
        return answer(self.send("GET", f"/v1/audio/status/{note_id}"))


class Receiver:
    """Takes webhooks, remembers them, and answers with the statuses it was told, the last one for good."""

    def __init__(self, statuses: tuple[int, ...] = (204,)) -> None:
        self.received: list[tuple[dict[str, str], bytes]] = []
        self._changed = threading.Condition()
        self._statuses = list(statuses)
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(receiver._next_status())
                self.send_header("Content-Length", "0")
                self.end_headers()
                receiver._remember(dict(self.headers.items()), body)

            def log_message(self, *_args: object) -> None:
                return None

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hooks/soapnoteapi/1/"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def wait_for(self, count: int) -> list[tuple[dict[str, str], bytes]]:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.received) >= count, DEADLINE)
            return list(self.received)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _next_status(self) -> int:
        return self._statuses.pop(0) if len(self._statuses) > 1 else self._statuses[0]

    def _remember(self, headers: dict[str, str], body: bytes) -> None:
        with self._changed:
            self.received.append((headers, body))
            self._changed.notify_all()


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Handler(WSGIRequestHandler):
    def get_environ(self) -> dict[str, Any]:
        """With the connection, as gunicorn hands it on."""
        return {**super().get_environ(), "gunicorn.socket": self.connection}

    def log_message(self, *_args: object) -> None:
        return None


@contextmanager
def running(config: Config, ears: Any, **parts: Any) -> Iterator[Running]:
    engine = Engine(config, ears, **parts)
    server = make_server("127.0.0.1", 0, Application(engine), server_class=_Server, handler_class=_Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    engine.start()
    try:
        yield Running(f"http://127.0.0.1:{server.server_port}", engine)
    finally:
        server.shutdown()
        server.server_close()
        engine.stop()


def account(receiver: Receiver, profile: str = "t-v1", key: str = KEY) -> Account:
    return Account(key, receiver.url, SECRET, profile)


def answer(response: Response) -> dict[str, Any]:
    data = json.loads(response.body)
    assert isinstance(data, dict)
    return data


def until(condition: Callable[[], bool]) -> None:
    """Wait for something another thread brings about, at most until the deadline."""
    tick = threading.Event()
    for _ in range(int(DEADLINE / 0.02)):
        if condition():
            return
        tick.wait(0.02)
    raise AssertionError("did not happen before the deadline")


def failed(code: str) -> JobFailed:
    return JobFailed(code, "The recording cannot be used.")
