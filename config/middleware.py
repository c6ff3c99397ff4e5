"""Request ids, the request log line and the headers that every answer carries."""

from __future__ import annotations

import ipaddress
import re
import time
from collections.abc import Callable

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from config import requests
from config.ids import uuid7

GetResponse = Callable[[HttpRequest], HttpResponse]
log = structlog.get_logger("config.request")
_GIVEN_ID = re.compile(r"^[A-Za-z0-9_-]{8,64}$")


class RequestContextMiddleware:
    """Gives each request an id, remembers who asks (for audit) and logs one line without path or query.

    The route name stands for the path: a path holds ids and a query string could hold a name.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-Id", "")
        request_id = given if _GIVEN_ID.match(given) else uuid7().hex
        started = time.perf_counter()
        origin = requests.Origin(request_id=request_id, address=client_address(request))
        with requests.serving(origin), structlog.contextvars.bound_contextvars(request_id=request_id):
            response = self.get_response(request)
            response["X-Request-Id"] = request_id
            route = request.resolver_match.view_name if request.resolver_match else "unmatched"
            log.info(
                "request",
                route=route,
                method=request.method,
                status=response.status_code,
                ms=round((time.perf_counter() - started) * 1000, 1),
            )
        return response


def client_address(request: HttpRequest) -> str:
    """The caller's address; X-Forwarded-For is believed for as many hops as we have proxies, from the right."""
    direct = str(request.META.get("REMOTE_ADDR", ""))
    if not settings.TRUSTED_PROXIES:
        return direct
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",") if hop.strip()]
    index = len(hops) - settings.TRUSTED_PROXIES
    return hops[index] if 0 <= index < len(hops) and _is_address(hops[index]) else direct


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


class ResponseHeadersMiddleware:
    """Pages may hold PHI, so nothing is stored by browsers or proxies unless a view says otherwise."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", "no-store, private")
        response.headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=(self)")
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        return response
