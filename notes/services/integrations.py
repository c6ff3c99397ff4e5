"""Keys of the systems that pull notes: made, changed, revoked, recognised.

A key reads ``csk_<12 hex digits>_<43 characters>``: public prefix and 32 random bytes. It is shown once; the database
holds its SHA-256, which is enough for a secret of that length.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone

from config.http import ForbiddenTarget
from consent.audit import Acting, audited, record
from encounters.models import Practice
from encounters.services.capture_grants import clean_origin
from notes.models import Integration
from notes.services.access.keysets import clean_jwks, door
from notes.services.access.scopes import unknown

_KEY = re.compile(r"(csk_[0-9a-f]{12})_[A-Za-z0-9_-]{43}")
_NO_KEY = "0" * 64
CHANGEABLE = [
    "name", "scopes", "allowed_networks", "capture_origins", "expires_at", "client_jwks", "client_jwks_uri",
    "jwks_cached", "jwks_fetched_at", "jwks_expires_at",
]  # fmt: skip
USED_EVERY = timedelta(minutes=1)


def integration_create(
    *,
    practice: Practice,
    name: str,
    actor: Acting,
    scopes: Iterable[str] = (Integration.Scope.NOTES_READ,),
    allowed_networks: Iterable[str] = (),
    capture_origins: Iterable[str] = (),
    expires_at: datetime | None = None,
    client_jwks: dict[str, Any] | None = None,
    client_jwks_uri: str = "",
) -> tuple[Integration, str]:
    """A new integration and its key, which nobody can ever read again.

    Raises ValidationError for an unknown scope, a bad network or an expiry in the past.
    """
    prefix = f"csk_{secrets.token_hex(6)}"
    key = f"{prefix}_{secrets.token_urlsafe(32)}"
    made = Integration(
        practice=practice,
        name=name,
        key_prefix=prefix,
        key_sha256=_sha256(key),
        scopes=list(scopes),
        allowed_networks=list(allowed_networks),
        capture_origins=list(capture_origins),
        expires_at=expires_at,
        client_jwks=client_jwks or {},
        client_jwks_uri=client_jwks_uri,
        created_by_id=actor.pk if actor.audit_kind == "user" else None,
    )
    _validate(made)
    with audited():
        made.save(force_insert=True)
        record("integration.created", actor=actor, practice=practice, target=made, data=_described(made))
    return made, key


def integration_change(*, integration: Integration, actor: Acting) -> Integration:
    """Store what was changed on `integration`: name, scopes, networks, expiry. Its key stays."""
    _validate(integration)
    with audited():
        # Keys fetched from an earlier address count no longer.
        integration.jwks_cached, integration.jwks_fetched_at, integration.jwks_expires_at = {}, None, None
        integration.save(update_fields=CHANGEABLE)
        record(
            "integration.changed",
            actor=actor,
            practice=integration.practice_id,
            target=integration,
            data=_described(integration),
        )
    return integration


def integration_revoke(*, integration: Integration, actor: Acting) -> bool:
    """End the key for good, from the next request on. False if it was revoked before."""
    with audited():
        now = timezone.now()
        revoked = Integration.objects.filter(pk=integration.pk, revoked_at__isnull=True).update(
            revoked_at=now
        )
        if revoked:
            integration.revoked_at = now
            record("integration.revoked", actor=actor, practice=integration.practice_id, target=integration)
    return bool(revoked)


def integration_for_key(key: str) -> Integration | None:
    """Whose key this is, revoked and expired ones included; None when it is nobody's.

    Takes one query and one comparison whether or not the prefix exists.
    """
    match = _KEY.fullmatch(key)
    prefix = match[1] if match else ""
    found = Integration.objects.filter(key_prefix=prefix).first()
    same = hmac.compare_digest(_sha256(key), found.key_sha256 if found else _NO_KEY)
    return found if same else None


def address_allowed(integration: Integration, address: str) -> bool:
    """Whether a caller at `address` may use the key. With networks named, an unreadable address may not."""
    if not integration.allowed_networks:
        return True
    try:
        caller = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(caller, ipaddress.IPv6Address) and caller.ipv4_mapped:
        caller = caller.ipv4_mapped
    return any(caller in ipaddress.ip_network(network) for network in integration.allowed_networks)


def integration_used(integration: Integration) -> None:
    """Remember that the key is in use, at most once a minute."""
    now = timezone.now()
    if integration.last_used_at and integration.last_used_at > now - USED_EVERY:
        return
    Integration.objects.filter(
        Q(last_used_at__isnull=True) | Q(last_used_at__lte=now - USED_EVERY), pk=integration.pk
    ).update(last_used_at=now)


def integration_pulled(integration: Integration, change: int) -> None:
    """Remember how far the integration has read the feed. Reading again from the start takes nothing back."""
    now = timezone.now()
    further = Integration.objects.filter(pk=integration.pk, pulled_through__lt=change)
    if further.update(pulled_through=change, pulled_at=now):
        return
    if integration.pulled_at is None or integration.pulled_at <= now - USED_EVERY:
        Integration.objects.filter(pk=integration.pk).update(pulled_at=now)


def clean_networks(given: Iterable[str]) -> list[str]:
    """Networks in their canonical form. Raises ValidationError that names the bad one and, if close, what was meant."""
    return [_network(text.strip()) for text in given if text.strip()]


def clean_origins(given: Iterable[str]) -> list[str]:
    """Origins as browsers write them. Raises ValidationError that names the bad one."""
    return [clean_origin(text) for text in given if text.strip()]


def _network(text: str) -> str:
    try:
        return str(ipaddress.ip_network(text))
    except ValueError:
        pass
    try:
        meant = ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise ValidationError(f"“{text}” is no network. Write it like 203.0.113.0/24.") from None
    raise ValidationError(f"“{text}” names a host inside a network. Did you mean {meant}?")


def _validate(integration: Integration) -> None:
    if unknown(integration.scopes) or not integration.scopes:
        raise ValidationError({"scopes": "Choose what the integration may do."})
    integration.allowed_networks = clean_networks(integration.allowed_networks)
    integration.capture_origins = clean_origins(integration.capture_origins)
    _clean_keys(integration)
    before = Integration.objects.filter(pk=integration.pk).values_list("expires_at", flat=True).first()
    if (
        integration.expires_at
        and integration.expires_at != before
        and integration.expires_at <= timezone.now()
    ):
        raise ValidationError({"expires_at": "The key would expire before it is used. Choose a later time."})
    integration.full_clean(exclude=["created_by", "jwks_cached"])


def _clean_keys(integration: Integration) -> None:
    try:
        integration.client_jwks = clean_jwks(integration.client_jwks)
    except ValidationError as wrong:
        raise ValidationError({"client_jwks": wrong.messages}) from None
    if integration.client_jwks and integration.client_jwks_uri:
        raise ValidationError({"client_jwks_uri": "Give the keys themselves or their address, not both."})
    if integration.client_jwks_uri:
        try:
            door().check(integration.client_jwks_uri)
        except ForbiddenTarget:
            raise ValidationError({"client_jwks_uri": "Give a public https address."}) from None


def _described(integration: Integration) -> dict[str, object]:
    return {
        "prefix": integration.key_prefix,
        "scopes": integration.scopes,
        "networks": integration.allowed_networks,
        "capture_origins": integration.capture_origins,
        "expires_at": integration.expires_at,
        "keys": [key["kid"] for key in integration.client_jwks.get("keys", [])],
        "keys_at": integration.client_jwks_uri,
    }


def _sha256(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
