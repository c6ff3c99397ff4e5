"""Logging in by a signed statement (SMART Backend Services, RFC 7523): checked to the letter, and good once."""

from __future__ import annotations

import hashlib
import json
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from joserfc import jwt
from joserfc.errors import JoseError

from notes.models import Integration, UsedAssertion
from notes.services.access.keysets import KeysUnavailable, matching_key

ALGORITHMS = {"RS384": "RSA", "ES384": "EC"}
LONGEST = timedelta(minutes=5)
SKEW = timedelta(seconds=30)
MOST_BYTES = 8 * 1024


class ClientRefused(Exception):
    """The caller is not who it says. `words` are for the holder of a registered client id; `integration` if known."""

    def __init__(self, code: str, words: str, integration: Integration | None = None) -> None:
        super().__init__(code)
        self.code, self.words, self.integration = code, words, integration


def integration_for_assertion(assertion: str, *, audience: str) -> Integration:
    """The integration that signed `assertion` for us, now, and for the first time. Raises ClientRefused."""
    header, claims = _unverified(assertion)
    integration = _claimed(claims)
    _check_header(header, integration)
    verified = _verified(assertion, header, integration)
    expires = _check_claims(verified, integration, audience)
    _use(integration, str(verified["jti"]), expires)
    return integration


def _unverified(assertion: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    try:
        if len(assertion) > MOST_BYTES:
            raise ValueError
        head, body, _ = assertion.split(".")
        parts = [json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4))) for part in (head, body)]
    except (ValueError, RecursionError):
        raise ClientRefused("unreadable", "client_assertion is no signed JWT.") from None
    if not all(isinstance(part, dict) for part in parts):
        raise ClientRefused("unreadable", "client_assertion is no signed JWT.")
    return parts[0], parts[1]


def _claimed(claims: Mapping[str, Any]) -> Integration:
    """Whose statement it claims to be. Nothing is believed yet."""
    try:
        pk = UUID(str(claims.get("iss")))
    except ValueError:
        raise ClientRefused("unknown", "iss is no client id that is known here.") from None
    found = Integration.objects.filter(pk=pk).select_related("practice").first()
    if found is None:
        raise ClientRefused("unknown", "iss is no client id that is known here.")
    return found


def _check_header(header: Mapping[str, Any], integration: Integration) -> None:
    if header.get("alg") not in ALGORITHMS:
        raise ClientRefused("algorithm", "Sign with RS384 or ES384.", integration)
    if not isinstance(header.get("kid"), str):
        raise ClientRefused("kid", "The header needs the kid of the key that signed.", integration)
    jku = header.get("jku")
    if jku is not None and (not integration.client_jwks_uri or jku != integration.client_jwks_uri):
        raise ClientRefused("jku", "jku is not the address registered for this client.", integration)


def _verified(assertion: str, header: Mapping[str, Any], integration: Integration) -> dict[str, Any]:
    algorithm = str(header["alg"])
    try:
        key = matching_key(integration, kid=str(header["kid"]), kty=ALGORITHMS[algorithm])
    except KeysUnavailable as unavailable:
        raise ClientRefused("keys", unavailable.words, integration) from None
    if key is None:
        raise ClientRefused("kid", "No key of this client has that kid and fits that algorithm.", integration)
    try:
        return dict(jwt.decode(assertion, key, algorithms=[algorithm]).claims)
    except (JoseError, ValueError):
        raise ClientRefused(
            "signature", "The signature does not fit the registered key.", integration
        ) from None


def _check_claims(claims: Mapping[str, Any], integration: Integration, audience: str) -> datetime:
    if not claims.get("sub") == claims.get("iss") == str(integration.pk):
        raise ClientRefused("subject", "iss and sub must both be the client id.", integration)
    given = claims.get("aud")
    if audience not in (given if isinstance(given, list) else [given]):
        raise ClientRefused("audience", f"aud must be {audience}", integration)
    jti = claims.get("jti")
    if not isinstance(jti, str) or not 0 < len(jti) <= 255:
        raise ClientRefused("jti", "jti must be a text that is new each time.", integration)
    now = timezone.now()
    expires, begins = _moment(claims.get("exp")), _moment(claims.get("nbf", 0))
    if expires is None or begins is None or begins > now + SKEW or expires <= now - SKEW:
        raise ClientRefused("expired", "exp must be a time to come. Compare the clocks.", integration)
    if expires > now + LONGEST + SKEW:
        raise ClientRefused("expiry", "exp must be at most five minutes from now.", integration)
    return expires


def _moment(value: Any) -> datetime | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e11:
        return None
    return datetime.fromtimestamp(value, UTC)


def _use(integration: Integration, jti: str, expires: datetime) -> None:
    """Remember the statement until it could not be used any more anyway. The database decides who is first."""
    digest = hashlib.sha256(jti.encode()).hexdigest()
    try:
        with transaction.atomic():
            UsedAssertion.objects.create(
                integration=integration, jti_sha256=digest, expires_at=expires + 2 * SKEW
            )
    except IntegrityError:
        words = "This statement was used before. Make a new one each time."
        raise ClientRefused("replayed", words, integration) from None
