"""The public keys of integrations: checked when they are registered, fetched when they are published by address."""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64decode
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, RSAKey

from config.http import Door, HttpFailure, Limits
from notes.models import Integration

MOST_KEYS = 20
RSA_BITS = 2048
FETCH = Limits(connect=5, read=5, write=5, total=10, answer_bytes=64 * 1024)
DEFAULT_AGE = timedelta(minutes=5)
LONGEST_AGE = timedelta(hours=24)
# A key that nobody knows may be a new one, but strangers must not make us fetch without end.
REFETCH_AFTER = timedelta(seconds=30)
_MAX_AGE = re.compile(r"max-age\s*=\s*\"?(\d{1,9})")


class KeysUnavailable(Exception):
    """The published keys can't be had now. `words` say why."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


def door() -> Door:
    """Public https addresses only; a demonstration may have its clients on this machine."""
    return Door(allowed_origins=settings.LOCAL_CLIENT_ORIGINS, limits=FETCH)


def clean_jwks(given: Any) -> dict[str, Any]:
    """`given` as a JWKS of public RSA or P-384 keys that are told apart by kid. Raises ValidationError."""
    if not given:
        return {}
    keys = given.get("keys") if isinstance(given, dict) else None
    if not isinstance(keys, list) or not 0 < len(keys) <= MOST_KEYS:
        raise ValidationError('Paste the key set as JSON: {"keys": [{…}]}, with one to twenty keys.')
    for key in keys:
        _check_key(key)
    named = [(key["kid"], key["kty"]) for key in keys]
    if len(set(named)) != len(named):
        raise ValidationError("Two keys have the same kid. Give each key one of its own.")
    return {"keys": keys}


def _check_key(key: Any) -> None:
    if not isinstance(key, dict) or not isinstance(key.get("kid"), str) or not key["kid"]:
        raise ValidationError("Every key needs a kid.")
    if {"d", "p", "q", "k"} & set(key):
        raise ValidationError(
            f"Key “{key['kid'][:40]}” is a private one. Replace it, and paste only public keys."
        )
    if _imported(key) is None:
        raise ValidationError(
            f"Key “{key['kid'][:40]}” can't be used. RSA keys of {RSA_BITS} bits and more and EC keys on P-384 can."
        )


def _imported(key: dict[str, Any]) -> Key | None:
    try:
        if key.get("kty") == "RSA":
            strong = len(urlsafe_b64decode(str(key["n"]) + "==").lstrip(b"\0")) * 8 >= RSA_BITS
            return RSAKey.import_key(key) if strong else None
        if key.get("kty") == "EC" and key.get("crv") == "P-384":
            return ECKey.import_key(key)
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    return None


def matching_key(integration: Integration, *, kid: str, kty: str) -> Key | None:
    """The one key of the integration with this kid and type. Raises KeysUnavailable.

    Published keys are kept for as long as their server allows, and asked for again when a kid is not among them.
    """
    if not integration.client_jwks_uri:
        return _one(integration.client_jwks, kid, kty)
    now = timezone.now()
    fetched = integration.jwks_fetched_at
    if integration.jwks_expires_at is None or integration.jwks_expires_at <= now:
        return _one(_fetch(integration, now), kid, kty)
    found = _one(integration.jwks_cached, kid, kty)
    if found is None and (fetched is None or fetched <= now - REFETCH_AFTER):
        return _one(_fetch(integration, now), kid, kty)
    return found


def _one(jwks: dict[str, Any], kid: str, kty: str) -> Key | None:
    keys = jwks.get("keys", []) if isinstance(jwks, dict) else []
    found = [key for key in keys if isinstance(key, dict) and (key.get("kid"), key.get("kty")) == (kid, kty)]
    if len(found) != 1 or found[0].get("use", "sig") != "sig":
        return None
    return _imported(found[0])


def _fetch(integration: Integration, now: datetime) -> dict[str, Any]:
    try:
        answer = door().send("GET", integration.client_jwks_uri, headers={"Accept": "application/json"})
    except HttpFailure as failure:
        raise KeysUnavailable(f"The published keys could not be fetched: {type(failure).__name__}.") from None
    if answer.status != 200:
        raise KeysUnavailable(f"The published keys could not be fetched: status {answer.status}.")
    try:
        jwks = json.loads(answer.body)
    except ValueError:
        raise KeysUnavailable("The published keys are no JSON.") from None
    public = _public(jwks)
    integration.jwks_cached, integration.jwks_fetched_at = public, now
    integration.jwks_expires_at = now + age(answer.headers.get("cache-control") or "")
    integration.save(update_fields=["jwks_cached", "jwks_fetched_at", "jwks_expires_at"])
    return public


def _public(jwks: Any) -> dict[str, Any]:
    """The keys of a fetched set that can be used; anything private in it is not kept."""
    keys = jwks.get("keys") if isinstance(jwks, dict) else None
    if not isinstance(keys, list):
        raise KeysUnavailable("The published keys are no key set.")
    kept = []
    for key in keys[:MOST_KEYS]:
        try:
            _check_key(key)
        except ValidationError:
            continue
        kept.append(key)
    return {"keys": kept}


def age(cache_control: str) -> timedelta:
    """How long fetched keys may be used, by their server's own word."""
    words = cache_control.lower()
    if "no-store" in words or "no-cache" in words:
        return timedelta(0)
    match = _MAX_AGE.search(words)
    return min(timedelta(seconds=int(match[1])), LONGEST_AGE) if match else DEFAULT_AGE
