"""What fakes of video vendors have in common: a real HTTP server for the API, another for the media storage, and a
record of everything that was asked. Each vendor's fake says what its API answers and how its callbacks are signed.
"""

from __future__ import annotations

import json
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

HTML = b"<!doctype html><html><body>Sign in</body></html>" + b" " * 6000


@dataclass(frozen=True)
class Asked:
    """One request that a fake got. ``headers`` have lower-case names."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    """``length`` announces another Content-Length than the body has; the connection then ends early."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    length: int | None = None


def json_reply(content: object, status: int = 200, **headers: str) -> Reply:
    return Reply(status, json.dumps(content).encode(), {"Content-Type": "application/json", **headers})


@dataclass(frozen=True)
class SignedCallback:
    """What the vendor posts to us; ``url_query`` where it adds one."""

    body: bytes
    headers: Mapping[str, str]


class Served:
    """An HTTP server of this test process, answering by ``answer(asked)``."""

    def __init__(self, answer: Callable[[Asked], Reply], port: int = 0) -> None:
        self.asked: list[Asked] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", port), self._handler(answer))
        self._server.daemon_threads = True
        self.origin = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(self, answer: Callable[[Asked], Reply]) -> type[BaseHTTPRequestHandler]:
        asked_so_far = self.asked

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _any(self) -> None:
                parts = urlsplit(self.path)
                length = int(self.headers.get("Content-Length") or 0)
                asked = Asked(
                    self.command,
                    parts.path,
                    dict(parse_qsl(parts.query)),
                    {name.lower(): value for name, value in self.headers.items()},
                    self.rfile.read(length),
                )
                asked_so_far.append(asked)
                reply = answer(asked)
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.send_header(
                    "Content-Length", str(len(reply.body) if reply.length is None else reply.length)
                )
                self.send_header("Connection", "close")
                self.end_headers()
                self.wfile.write(reply.body)
                self.close_connection = True

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _any  # noqa: N815

            def log_message(self, *_: object) -> None:
                pass

        return Handler


class FakeVendor(ABC):
    """A vendor with one account. The contract's tests (contract.py) speak to this and nothing else.

    ``faults`` are set by tests; ``serve_media`` honours those of media, ``api`` has to honour "down" itself (it is
    wrapped here) and "delete_refused".
    """

    slug: str
    secret: str
    ports: tuple[int, int] = (0, 0)  # of the API and of the media storage; 0 for any that is free

    def __init__(self) -> None:
        self.faults: set[str] = set()
        self.spent: set[str] = set()
        self.media: dict[str, bytes] = {}
        self.api_server = Served(self._api, self.ports[0])
        self.media_server = Served(self._media, self.ports[1])

    def close(self) -> None:
        self.api_server.close()
        self.media_server.close()

    # What each vendor says for itself

    @abstractmethod
    def connection(self) -> dict[str, Any]:
        """Fields of a VideoConnection to this fake (vendor, account_ref, credentials, webhook_secret, options …)."""

    @abstractmethod
    def new_call(self) -> str:
        """A call that takes place now; returns the id that our side binds."""

    @abstractmethod
    def end_call(self, call: str, audio: Sequence[bytes]) -> None:
        """The call ends; `audio` are its recordings, in order (one is enough for vendors that join them)."""

    @abstractmethod
    def callbacks(self, call: str, callback_url: str) -> list[SignedCallback]:
        """Everything that the vendor posts about the ended call up to "ready to download", in its usual order. Asked
        again and again: for a vendor that has to be asked to prepare, what has become ready shows up later."""

    @abstractmethod
    def copies(self, call: str) -> int:
        """How many copies of anything that was said in the call the vendor still has."""

    @abstractmethod
    def api(self, asked: Asked) -> Reply:
        """The vendor's documented API."""

    def forged(self, callback: SignedCallback) -> SignedCallback:
        """The same, signed by somebody without the secret. Default: one byte of each signature-like header changed."""
        broken = {
            name: value
            if "signature" not in name.lower()
            else value[:-3] + ("AA=" if value[-3:] != "AA=" else "BB=")
            for name, value in callback.headers.items()
        }
        assert broken != dict(callback.headers)
        return SignedCallback(callback.body, broken)

    # Shared

    def once(self, fault: str) -> bool:
        """Whether a fault is set, and has not been used yet."""
        if fault in self.faults and fault not in self.spent:
            self.spent.add(fault)
            return True
        return False

    def media_link(self, name: str) -> str:
        """A signed link to `name`; with the fault "redirect_private" it leads to a place nobody may be sent to."""
        if "redirect_private" in self.faults:
            return "https://169.254.169.254/latest/meta-data"
        return f"{self.media_server.origin}/{name}?signed=yes"

    def _api(self, asked: Asked) -> Reply:
        if "down" in self.faults:
            return Reply(503)
        return self.api(asked)

    def _media(self, asked: Asked) -> Reply:
        data = self.media.get(asked.path.lstrip("/"))
        if data is None:
            return Reply(404)
        if self.once("link_expired"):
            return Reply(403, b"<Error><Code>AccessDenied</Code></Error>")
        if self.once("media_html"):
            return Reply(200, HTML)
        if self.once("media_truncated"):
            return Reply(200, data[: len(data) // 2], length=len(data))
        if self.once("media_short"):
            return Reply(200, data[: len(data) // 2])
        return Reply(200, data, {"Content-Type": "binary/octet-stream"})
