"""An engine that answers at once, keeps a ledger, and can be held at any moment of a submission.

It speaks the parts of SOAPNoteAPI's contract that a recording needs, discards the bytes it is sent and signs its
webhooks. It lives in the process of the test, so what it has accepted outlives every process that is killed.
"""

from __future__ import annotations

import json
import socket
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from notes.soapnoteapi.signatures import sign

SECTIONS = {
    "subjective": "Left knee pain for two weeks.",
    "objective": "No swelling on video.",
    "assessment": "Patellofemoral pain.",
    "plan": "Ibuprofen with food.",
}
DELIVERIES = ("once", "twice", "never", "before the answer")
BLOCK = 64 * 1024
PATIENCE = 180.0


@dataclass
class Trap:
    """Stops the engine at a moment (begun, receiving, received, answered, status, note) once `at` bytes have come."""

    moment: str
    at: int = 0
    reached: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)

    def wait(self) -> None:
        assert self.reached.wait(PATIENCE), f"the submission never came to the moment: {self.moment}"


class Engine(ThreadingHTTPServer):
    """`accepted`: what would be charged, note id → bytes. `answered_webhooks`: a status each, None without."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self) -> None:
        self.accepted: dict[str, int] = {}
        self.accepted_at: dict[str, float] = {}
        self.answered_webhooks: list[int | None] = []
        self.deliver = "once"
        self.retries = 0
        self.profile, self.secret, self.hook = "t-v1", "", ""
        self.noticed: Callable[[str], object] | None = None
        self.before_answer_is_read: Callable[[], object] | None = None
        self._trap: Trap | None = None
        super().__init__(("127.0.0.1", 0), _Handler, bind_and_activate=False)
        self._listen(self.server_address)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def trap(self, moment: str, at: int = 0) -> Trap:
        """Hold the next submission there until `released` is set; one at a time."""
        self._trap = Trap(moment, at)
        return self._trap

    def reach(self, moment: str, received: int = 0) -> None:
        if self.noticed and moment != "receiving":
            self.noticed(moment)
        trap = self._trap
        if trap and trap.moment == moment and received >= trap.at:
            self._trap = None
            trap.reached.set()
            assert trap.released.wait(PATIENCE)

    def accept(self, received: int) -> str:
        note_id = str(uuid.uuid4())
        self.accepted[note_id], self.accepted_at[note_id] = received, time.monotonic()
        return note_id

    def announce(self, note_id: str) -> int | None:
        """Deliver the webhook, again after a failure as often as `retries` says; the last status, None for none."""
        body = json.dumps({"event": "note.generated", "note_id": note_id, "status": "completed"}).encode()
        status: int | None = None
        for attempt in range(self.retries + 1):
            if attempt:
                time.sleep(1)
            status = self._post(body, note_id)
            self.answered_webhooks.append(status)
            if status is not None and status < 300:
                break
        return status

    def _post(self, body: bytes, event_id: str) -> int | None:
        address = urlsplit(self.hook)
        connection = HTTPConnection(address.hostname or "", address.port, timeout=60)
        headers = {
            "Content-Type": "application/json",
            **sign(self.profile, self.secret, body, time.time(), event_id),
        }
        try:
            connection.request("POST", address.path, body, headers)
            if self.before_answer_is_read:
                self.before_answer_is_read()
            return connection.getresponse().status
        except (OSError, HTTPException):
            return None
        finally:
            connection.close()

    def leave(self) -> None:
        """Nobody listens at the address any more: connections are refused."""
        self.shutdown()
        self.server_close()

    def come_back(self) -> None:
        self.socket = socket.socket(self.address_family, self.socket_type)
        self._listen(self.server_address)

    def _listen(self, address: Any) -> None:
        self.server_address = address
        # A small window, so that bytes which were not read have not left the sender either.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BLOCK)
        self.server_bind()
        self.server_activate()
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that is killed is part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    server: Engine
    protocol_version = "HTTP/1.1"

    def do_PUT(self) -> None:
        engine = self.server
        engine.reach("begun")
        received = self._discard()
        engine.reach("received", received)
        note_id = engine.accept(received)
        if engine.deliver == "before the answer":
            engine.announce(note_id)
        with suppress(OSError):  # a sender that is gone doesn't undo what was accepted
            self._answer(202, {"noteId": note_id, "status": "processing"})
        engine.reach("answered")
        for _ in range({"once": 1, "twice": 2}.get(engine.deliver, 0)):
            engine.announce(note_id)

    def do_GET(self) -> None:
        engine = self.server
        note_id = self.path.rsplit("/", 1)[-1]
        if note_id not in engine.accepted:
            self._answer(404, {"error": {"code": "NOT_FOUND", "message": "no such note"}})
            return
        answer: dict[str, Any] = {"noteId": note_id, "status": "completed"}
        if "/audio/status/" in self.path:
            engine.reach("status")
        else:
            engine.reach("note")
            answer |= SECTIONS
        self._answer(200, answer)

    def _discard(self) -> int:
        left, received = int(self.headers["Content-Length"]), 0
        while left > received:
            count = len(self.rfile.read1(min(BLOCK, left - received)))
            if not count:
                raise ConnectionError
            received += count
            self.server.reach("receiving", received)
        return received

    def _answer(self, status: int, data: dict[str, Any]) -> None:
        body = json.dumps(data).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()
        self.close_connection = True

    def log_message(self, *_args: object) -> None:
        """Quiet."""
