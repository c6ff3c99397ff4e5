"""A small engine on this machine that does what a test tells it, and counts what reaches it."""

from __future__ import annotations

import json
import threading
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SECTIONS = {
    "subjective": "Left knee pain for two weeks.",
    "objective": "No swelling on video.",
    "assessment": "Patellofemoral pain.",
    "plan": "Ibuprofen with food.",
}


@dataclass
class Answer:
    """`drop` closes the connection without an answer; `cut` sends so many bytes of the body, then closes."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    drop: bool = False
    cut: int | None = None
    before: Callable[[], object] | None = None


@dataclass
class Call:
    kind: str
    path: str
    headers: dict[str, str]
    body: bytes


class Upstream(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.calls: list[Call] = []
        self.connections = 0
        self.scripts: dict[str, deque[Answer]] = {}
        self.usual: dict[str, Answer] = {}
        self.notes: dict[str, dict[str, Any]] = {}
        self.status_words: dict[str, str] = {}
        self.reading: Callable[[int], object] | None = None
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def script(self, kind: str, *answers: Answer) -> None:
        """Give these answers to the next calls of a kind: upload, create, status or note."""
        self.scripts.setdefault(kind, deque()).extend(answers)

    def count(self, kind: str) -> int:
        return sum(call.kind == kind for call in self.calls)

    def finish(self, note_id: str, **fields: Any) -> dict[str, Any]:
        """From now on the engine has this note."""
        self.notes[note_id] = {"noteId": note_id, "status": "completed", **SECTIONS, **fields}
        self.status_words[note_id] = "completed"
        return self.notes[note_id]

    def answer_to(self, call: Call) -> Answer:
        waiting = self.scripts.get(call.kind)
        if waiting:
            return waiting.popleft()
        if call.kind in self.usual:
            return self.usual[call.kind]
        note_id = call.path.rsplit("/", 1)[-1]
        if call.kind == "upload":
            made = str(uuid.uuid4())
            self.status_words[made] = "processing"
            return Answer(202, {"noteId": made, "status": "processing"})
        if call.kind == "create":
            return Answer(200, self.finish(str(uuid.uuid4())))
        if note_id not in self.status_words:
            return Answer(404, {"error": {"code": "NOT_FOUND", "message": "no such note"}})
        if call.kind == "status":
            return Answer(200, {"noteId": note_id, "status": self.status_words[note_id]})
        return Answer(200, self.notes.get(note_id, {"noteId": note_id, "status": "processing"}))

    def finish_request(self, request: Any, client_address: Any) -> None:
        self.connections += 1
        super().finish_request(request, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    server: Upstream

    def _serve(self) -> None:
        call = Call(self._kind(), self.path, dict(self.headers), self._read())
        self.server.calls.append(call)
        answer = self.server.answer_to(call)
        if answer.before:
            answer.before()
        self.close_connection = True
        if answer.drop:
            return
        body = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
        self.send_response(answer.status)
        for name, value in {"Content-Type": "application/json", **answer.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: answer.cut])

    do_GET = _serve  # noqa: N815
    do_POST = _serve  # noqa: N815
    do_PUT = _serve  # noqa: N815

    def _kind(self) -> str:
        if self.command == "PUT":
            return "upload"
        if self.command == "POST":
            return "create"
        return "status" if "/audio/status/" in self.path else "note"

    def _read(self) -> bytes:
        left, pieces = int(self.headers.get("Content-Length") or 0), []
        while left:
            piece = self.rfile.read1(min(left, 16384))
            if not piece:
                raise ConnectionError
            left -= len(piece)
            pieces.append(piece)
            if self.server.reading:
                self.server.reading(left)
        return b"".join(pieces)

    def log_message(self, *_args: Any) -> None:
        """Quiet."""
