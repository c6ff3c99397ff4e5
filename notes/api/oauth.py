"""POST /oauth/token and /oauth/revoke: client credentials, proven by a signed statement or by the integration's key.

Errors have OAuth's own shape (RFC 6749 §5.2), which clients know how to read.
"""

from __future__ import annotations

import base64
import binascii
import math
import time
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import unquote_plus

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt

from config import requests
from consent.audit import AnonymousActor
from notes.api.authentication import REFUSALS, audit_refusal, refusal
from notes.api.throttling import count, parse_rate
from notes.models import Integration
from notes.services.access.assertions import ClientRefused, integration_for_assertion
from notes.services.access.scopes import granted
from notes.services.access.tokens import LIFETIME, token_issue, token_revoke
from notes.services.integrations import integration_for_key, integration_used

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}
View = Callable[[HttpRequest], HttpResponse]


class OAuthError(Exception):
    """`code` is one of RFC 6749's; `words` say what to do."""

    def __init__(
        self, code: str, words: str, status: int = 400, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(code)
        self.code, self.words, self.status, self.headers = code, words, status, headers or {}


def oauth(view: View) -> View:
    """POST over TLS only, limited by address, with OAuth's errors."""

    @csrf_exempt
    @wraps(view)
    def answering(request: HttpRequest) -> HttpResponse:
        try:
            if request.method != "POST":
                raise OAuthError("invalid_request", "Use POST.", 405, {"Allow": "POST"})
            if settings.HTTPS and not request.is_secure():
                raise OAuthError("invalid_request", "Use https.", 403)
            _limit()
            return view(request)
        except OAuthError as error:
            body = {"error": error.code, "error_description": error.words}
            return JsonResponse(body, status=error.status, headers={**NO_STORE, **error.headers})

    return answering


@oauth
def token(request: HttpRequest) -> HttpResponse:
    fields = _fields(request)
    if fields.get("grant_type") != "client_credentials":
        raise OAuthError("unsupported_grant_type", "grant_type must be client_credentials.")
    integration, how = _client(request, fields)
    asked = fields.get("scope", "").split()
    scopes = granted(asked or integration.scopes, integration.scopes)
    if not scopes:
        raise OAuthError(
            "invalid_scope", "None of these scopes is given to this client. Ask the practice for them."
        )
    made = token_issue(integration=integration, scopes=scopes, how=how)
    answer = {
        "access_token": made,
        "token_type": "bearer",
        "expires_in": int(LIFETIME.total_seconds()),
        "scope": " ".join(scopes),
    }
    return JsonResponse(answer, headers=NO_STORE)


@oauth
def revoke(request: HttpRequest) -> HttpResponse:
    """A token that is unknown or over is revoked already (RFC 7009 §2.2)."""
    fields = _fields(request)
    integration, _ = _client(request, fields)
    if not fields.get("token"):
        raise OAuthError("invalid_request", "Send the token to revoke.")
    token_revoke(integration=integration, token=fields["token"])
    return HttpResponse(status=200, headers=NO_STORE)


def token_url() -> str:
    """What the audience of a signed statement must be."""
    return settings.PUBLIC_BASE_URL + reverse("oauth-token")


def _fields(request: HttpRequest) -> dict[str, str]:
    if request.content_type != "application/x-www-form-urlencoded":
        raise OAuthError("invalid_request", "Send application/x-www-form-urlencoded.")
    twice = [name for name in request.POST if len(request.POST.getlist(name)) > 1]
    if twice:
        raise OAuthError("invalid_request", "A parameter was given more than once.")
    return {name: str(value) for name, value in request.POST.items()}


def _client(request: HttpRequest, fields: dict[str, str]) -> tuple[Integration, str]:
    """Who calls and how that was proven. Only who proved it learns that a client is revoked."""
    try:
        integration, how = _proven(request, fields)
    except ClientRefused as refused:
        if refused.integration:
            audit_refusal(refused.integration, f"login.{refused.code}", actor=AnonymousActor())
        raise _invalid_client(refused.words) from None
    why = refusal(integration, requests.current().address)
    if why:
        audit_refusal(integration, why)
        raise _invalid_client(REFUSALS[why])
    integration_used(integration)
    return integration, how


def _proven(request: HttpRequest, fields: dict[str, str]) -> tuple[Integration, str]:
    assertion = fields.get("client_assertion", "")
    basic = request.headers.get("Authorization", "")
    if assertion:
        if fields.get("client_assertion_type") != ASSERTION_TYPE:
            raise OAuthError("invalid_request", f"client_assertion_type must be {ASSERTION_TYPE}")
        if basic or "client_secret" in fields:
            raise OAuthError("invalid_request", "Prove who you are in one way only.")
        found = integration_for_assertion(assertion, audience=token_url())
        if fields.get("client_id", str(found.pk)) != str(found.pk):
            raise ClientRefused("client_id", "client_id is not the one that signed.", found)
        return found, "private_key_jwt"
    client_id, secret = (
        _basic(basic) if basic else (fields.get("client_id", ""), fields.get("client_secret", ""))
    )
    by_key = integration_for_key(secret)
    if by_key is None or str(by_key.pk) != client_id:
        raise ClientRefused(
            "key", "Send client_assertion, or the client id and the integration's key as its secret."
        )
    return by_key, "key"


def _basic(header: str) -> tuple[str, str]:
    scheme, _, value = header.partition(" ")
    try:
        client_id, _, secret = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        scheme = client_id = secret = ""
    return (unquote_plus(client_id), unquote_plus(secret)) if scheme.lower() == "basic" else ("", "")


def _invalid_client(words: str) -> OAuthError:
    return OAuthError("invalid_client", words, 401, {"WWW-Authenticate": 'Basic realm="countersign"'})


def _limit() -> None:
    quota, window = parse_rate(settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"]["token"])
    now = time.time()
    used = count(f"oauth-rate:{requests.current().address}:{int(now // window)}", window)
    if used > quota:
        wait = max(1, math.ceil(window - now % window))
        headers: dict[str, Any] = {
            "Retry-After": str(wait),
            "RateLimit-Policy": f'"token";q={quota};w={window}',
        }
        raise OAuthError("temporarily_unavailable", f"Go on in {wait} seconds.", 429, headers)
