"""Short tokens: ``cst_`` and 32 random bytes, good for five minutes, stored hashed, ended with their integration."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from django.utils import timezone

from consent.audit import audited, record
from notes.models import AccessToken, Integration, UsedAssertion
from notes.services.access.scopes import granted

PREFIX = "cst_"
LIFETIME = timedelta(minutes=5)


def token_issue(*, integration: Integration, scopes: list[str], how: str) -> str:
    """A new token with `scopes`, which must have been granted. `how` says by which proof, for the trail."""
    token = PREFIX + secrets.token_urlsafe(32)
    with audited():
        made = AccessToken.objects.create(
            integration=integration,
            token_sha256=_sha256(token),
            scopes=scopes,
            expires_at=timezone.now() + LIFETIME,
        )
        record(
            "integration.token_issued",
            actor=integration,
            practice=integration.practice_id,
            target=made,
            data={"scopes": scopes, "how": how},
        )
    return token


def integration_for_token(token: str) -> Integration | None:
    """Whose token this is, with ``granted`` set to what it may do; None once it is expired or revoked."""
    found = (
        AccessToken.objects.filter(
            token_sha256=_sha256(token), expires_at__gt=timezone.now(), revoked_at__isnull=True
        )
        .select_related("integration")
        .first()
    )
    if found is None:
        return None
    integration = found.integration
    # What was taken from the integration since is gone from its tokens, too.
    integration.granted = granted(found.scopes, integration.scopes)
    return integration


def token_revoke(*, integration: Integration, token: str) -> bool:
    """End a token of this integration. False when there is none to end."""
    live = AccessToken.objects.filter(
        token_sha256=_sha256(token), integration=integration, revoked_at__isnull=True
    )
    with audited():
        revoked = live.update(revoked_at=timezone.now())
        if revoked:
            record(
                "integration.token_revoked",
                actor=integration,
                practice=integration.practice_id,
                target=integration,
            )
    return bool(revoked)


def forget_expired() -> None:
    """Delete tokens and used statements whose time is over; the trail keeps who logged in when."""
    now = timezone.now()
    AccessToken.objects.filter(expires_at__lte=now - timedelta(hours=1)).delete()
    UsedAssertion.objects.filter(expires_at__lte=now).delete()


def _sha256(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
