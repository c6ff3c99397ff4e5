"""Who calls: an integration, by its key or by a token from /oauth/token, in the Authorization header."""

from __future__ import annotations

from django.core.cache import cache
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from config import requests
from consent import audit
from notes.models import Integration
from notes.services.access import tokens
from notes.services.integrations import address_allowed, integration_for_key, integration_used

UNKNOWN = "This key is not known, or the token is over. Get a new token, or ask the practice for a new key."
REFUSALS = {
    "revoked": "This key was revoked. Ask the practice for a new one.",
    "expired": "This key has expired. Ask the practice for a new one.",
    "network": "This key can't be used from this network.",
}
REFUSAL_AUDITED_EVERY = 60  # seconds, so that a client stuck in a loop doesn't flood the trail


class IntegrationKeyAuthentication(BaseAuthentication):
    """``Authorization: Bearer csk_…`` or ``cst_…``. The integration becomes `request.user` and `request.auth`.

    Only the holder of the right secret learns why a key is refused.
    """

    def authenticate(self, request: Request) -> tuple[Integration, Integration] | None:
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        if not scheme:
            return None
        integration = holder(key.strip()) if scheme.lower() == "bearer" else None
        if integration is None:
            raise AuthenticationFailed(UNKNOWN)
        why = refusal(integration, requests.current().address)
        if why:
            audit_refusal(integration, why)
            raise AuthenticationFailed(REFUSALS[why])
        integration_used(integration)
        return integration, integration

    def authenticate_header(self, _request: Request) -> str:
        return 'Bearer realm="countersign"'


def refusal(integration: Integration, address: str) -> str:
    """Why the key doesn't count now, or nothing: a code of REFUSALS."""
    if not integration.usable:
        return "revoked" if integration.revoked_at else "expired"
    return "" if address_allowed(integration, address) else "network"


def holder(secret: str) -> Integration | None:
    """The integration that has this key or token; None when nobody has, or its token is over."""
    if secret.startswith(tokens.PREFIX):
        return tokens.integration_for_token(secret)
    return integration_for_key(secret)


def audit_refusal(integration: Integration, why: str, *, actor: audit.Acting | None = None) -> None:
    if cache.add(f"api-refused:{integration.pk}:{why}", 1, REFUSAL_AUDITED_EVERY):
        audit.record(
            "integration.refused",
            actor=actor or integration,
            practice=integration.practice_id,
            target=integration,
            outcome=audit.Outcome.REFUSED,
            reason=why,
        )
