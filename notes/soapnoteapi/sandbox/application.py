"""The WSGI application: routes, the error envelope, and an answer for whatever goes wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from notes.soapnoteapi.sandbox.engine import Engine
from notes.soapnoteapi.sandbox.errors import ApiError
from notes.soapnoteapi.sandbox.log import log
from notes.soapnoteapi.sandbox.requests import Request, Response, answer
from notes.soapnoteapi.sandbox.views import View, Views

StartResponse = Callable[[str, list[tuple[str, str]]], object]


class Application:
    """Holds the engine; the server starts and stops it with the process."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        views = Views(engine)
        routes: dict[str, dict[str, View]] = {
            r"/": {"GET": views.home},
            r"/v1/note": {"POST": views.text_note},
            r"/v1/note/audio": {"PUT": views.upload, "POST": views.upload},
            r"/v1/audio/status/([^/]+)": {"GET": views.status},
            r"/v1/note/([^/]+)": {"GET": views.note},
            r"/v1/specialties": {"GET": views.specialties},
            r"/sandbox/style\.css": {"GET": views.stylesheet},
            r"/sandbox/test-event": {"POST": views.test_event},
            r"/sandbox/ledger": {"GET": views.ledger},
        }
        self._routes = [(re.compile(pattern), methods) for pattern, methods in routes.items()]

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        try:
            response = self._answer(request)
        except ApiError as error:
            response = answer(error.envelope(), error.status)
        except Exception as error:  # noqa: BLE001 - the last line: the caller gets the envelope, the log the kind
            log("request_error", kind=type(error).__name__)
            failure = ApiError(500, "INTERNAL_ERROR", "The sandbox could not answer this request.")
            response = answer(failure.envelope(), failure.status)
        request.drain()
        headers = {"Content-Length": str(len(response.body)), **response.headers}
        start_response(f"{response.status} {HTTPStatus(response.status).phrase}", list(headers.items()))
        return [] if request.method == "HEAD" else [response.body]

    def _answer(self, request: Request) -> Response:
        for pattern, methods in self._routes:
            match = pattern.fullmatch(request.path)
            if match is None:
                continue
            view = methods.get("GET" if request.method == "HEAD" else request.method)
            if view is None:
                refused = ApiError(405, "METHOD_NOT_ALLOWED", "This endpoint does not take this method.")
                return answer(refused.envelope(), refused.status, {"Allow": ", ".join(methods)})
            return view(request, match[1] if pattern.groups else "")
        raise ApiError(404, "NOT_FOUND", "There is no such endpoint.")
