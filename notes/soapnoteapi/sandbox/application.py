"""The WSGI application: routes, the error envelope, and an answer for whatever goes wrong."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from notes.soapnoteapi.sandbox.access import Access
from notes.soapnoteapi.sandbox.console import Console
from notes.soapnoteapi.sandbox.cross_origin import allowing_headers
from notes.soapnoteapi.sandbox.engine import Engine
from notes.soapnoteapi.sandbox.errors import ApiError, refusal
from notes.soapnoteapi.sandbox.faults.calls import FaultCalls
from notes.soapnoteapi.sandbox.faults.exchange import Exchanges
from notes.soapnoteapi.sandbox.log import log
from notes.soapnoteapi.sandbox.requests import Request, Response, answer_to
from notes.soapnoteapi.sandbox.views import View, Views

StartResponse = Callable[[str, list[tuple[str, str]]], object]
Methods = dict[str, View]


def routes(engine: Engine) -> dict[str, Methods]:
    """Every address by pattern, and who answers which method there."""
    access = Access(engine)
    views, console, faults = Views(engine, access), Console(engine, access), FaultCalls(engine, access)
    return {
        r"/v1/note": {"POST": views.text_note},
        r"/v1/note/audio": {"PUT": views.upload, "POST": views.upload},
        r"/v1/stream/note": {"POST": views.stream_note},
        r"/v1/audio/status/([^/]+)": {"GET": views.status},
        r"/v1/note/([^/]+)": {"GET": views.note},
        r"/v1/visit-summary": {"POST": views.visit_summary},
        r"/v1/specialties": {"GET": views.specialties},
        r"/": {"GET": console.home},
        r"/sandbox/live": {"GET": console.live},
        r"/sandbox/live\.js": {"GET": console.script},
        r"/sandbox/style\.css": {"GET": console.stylesheet},
        r"/sandbox/test-event": {"POST": console.test_event},
        r"/sandbox/deliveries/([^/]+)/again": {"POST": console.send_again},
        r"/sandbox/ledger": {"GET": console.ledger},
        r"/sandbox/faults": {"GET": faults.listing, "POST": faults.arm, "DELETE": faults.disarm},
    }


class Application:
    """Holds the engine; the server starts and stops it with the process."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._exchanges = Exchanges(self._carry_out, engine.faults)
        self._routes = [(re.compile(pattern), methods) for pattern, methods in routes(engine).items()]

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        return self._exchanges(environ, start_response)

    def _carry_out(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        try:
            response = self._answer(request)
        except ApiError as error:
            response = answer_to(error)
        except sqlite3.OperationalError as error:
            log("request_error", kind=type(error).__name__)
            response = answer_to(refusal(503, "The sandbox cannot store anything just now.", retry_after=60))
        except Exception as error:  # noqa: BLE001 - the last line: the caller gets the envelope, the log the kind
            log("request_error", kind=type(error).__name__)
            response = answer_to(refusal(500, "The sandbox could not answer this request."))
        request.drain()
        return self._send(request, response, start_response)

    def _send(self, request: Request, response: Response, start_response: StartResponse) -> Iterable[bytes]:
        headers = {**response.headers, **self._cross_origin(request)}
        if response.stream is None and response.status not in {204, 304}:
            headers["Content-Length"] = str(len(response.body))
        start_response(f"{response.status} {HTTPStatus(response.status).phrase}", list(headers.items()))
        if response.stream is not None:
            return response.stream
        return [] if request.method == "HEAD" else [response.body]

    def _answer(self, request: Request) -> Response:
        methods, found = self._route(request.path)
        view = methods.get("GET" if request.method == "HEAD" else request.method)
        if view is not None:
            return view(request, found)
        allow = {"Allow": ", ".join(_allowed(methods))}
        if request.method == "OPTIONS":
            return Response(204, headers=allow)
        return answer_to(refusal(405, "This endpoint does not take this method."), allow)

    def _route(self, path: str) -> tuple[Methods, str]:
        for pattern, methods in self._routes:
            if match := pattern.fullmatch(path):
                return methods, match[1] if pattern.groups else ""
        raise refusal(404, "There is no such endpoint.")

    def _cross_origin(self, request: Request) -> dict[str, str]:
        """Only the vendor's endpoints are for other sites' pages, and only for those that were named."""
        origins = self.engine.config.browser_origins
        if not origins or not request.path.startswith("/v1/"):
            return {}
        return dict(allowing_headers(request, origins))


def _allowed(methods: Methods) -> list[str]:
    return [*methods, *(["HEAD"] if "GET" in methods else []), "OPTIONS"]
