"""Webhook endpoints of an integration: added, changed, removed, their secrets replaced."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.utils import timezone

from config.http import ForbiddenTarget
from consent.audit import SYSTEM, audited, record
from notes.models import Integration, WebhookEndpoint
from notes.services.access.keysets import door
from notes.services.webhooks.signing import new_secret

MOST = 10
OLD_SECRET_SIGNS_FOR = timedelta(hours=24)


def endpoint_create(
    *, integration: Integration, url: str, types: Iterable[str]
) -> tuple[WebhookEndpoint, str]:
    """A new endpoint and its secret, which is shown once. Raises ValidationError with a message per field."""
    endpoint = WebhookEndpoint(integration=integration, url=_url(url), types=_types(types))
    secret = new_secret()
    endpoint.secrets = [secret]
    with audited():
        Integration.objects.select_for_update().get(pk=integration.pk)
        if integration.webhook_endpoints.filter(deleted_at__isnull=True).count() >= MOST:
            raise ValidationError({"url": f"There are {MOST} webhooks already. Remove one first."})
        endpoint.save(force_insert=True)
        _note("webhook.created", endpoint)
    return endpoint, secret


def endpoint_change(
    *, endpoint: WebhookEndpoint, url: str | None, types: Iterable[str] | None, enabled: bool | None
) -> WebhookEndpoint:
    """Change what is given. Enabling forgets the failures; what is due goes out at once."""
    if url is not None:
        endpoint.url = _url(url)
    if types is not None:
        endpoint.types = _types(types)
    if enabled is not None:
        endpoint.disabled_at = None if enabled else timezone.now()
        endpoint.disabled_reason = "" if enabled else "by its integration"
        endpoint.retry_at = endpoint.failing_since = None
    with audited():
        endpoint.save()
        _note("webhook.changed", endpoint)
    return endpoint


def endpoint_delete(*, endpoint: WebhookEndpoint) -> None:
    """Nothing is sent to it any more. The row and its log stay for administrators."""
    with audited():
        endpoint.deleted_at = timezone.now()
        endpoint.disabled_at = endpoint.disabled_at or endpoint.deleted_at
        endpoint.save(update_fields=["deleted_at", "disabled_at"])
        _note("webhook.deleted", endpoint)


def endpoint_rotate(*, endpoint: WebhookEndpoint) -> str:
    """A new secret, shown once. For a day the one before signs along, so that nothing is refused meanwhile."""
    secret = new_secret()
    endpoint.secrets = [secret, endpoint.secrets[0]]
    endpoint.rotated_until = timezone.now() + OLD_SECRET_SIGNS_FOR
    with audited():
        endpoint.save(update_fields=["secrets", "rotated_until"])
        _note("webhook.changed", endpoint)
    return secret


def endpoint_disable(endpoint: WebhookEndpoint, reason: str) -> None:
    """After failures: whoever looks after the integration has to look, and enable it again."""
    with audited():
        now = timezone.now()
        live = WebhookEndpoint.objects.filter(pk=endpoint.pk, disabled_at__isnull=True)
        if live.update(disabled_at=now, disabled_reason=reason):
            _note("webhook.disabled", endpoint, reason)


def signing_secrets(endpoint: WebhookEndpoint) -> list[str]:
    rotating = endpoint.rotated_until is not None and endpoint.rotated_until > timezone.now()
    found: list[str] = endpoint.secrets if rotating else endpoint.secrets[:1]
    return found


def _url(url: str) -> str:
    try:
        door().check(url)
    except ForbiddenTarget:
        words = "Give a public https address, without credentials in it."
        raise ValidationError({"url": words}) from None
    if len(url) > 500:
        raise ValidationError({"url": "At most 500 characters."})
    return url


def _types(types: Iterable[str]) -> list[str]:
    given = list(dict.fromkeys(types))
    known = WebhookEndpoint.EventType.values
    if not given or set(given) - set(known):
        raise ValidationError({"types": f"One or more of {', '.join(known)}."})
    return given


def _note(action: str, endpoint: WebhookEndpoint, reason: str = "") -> None:
    integration = endpoint.integration
    record(
        action,
        actor=SYSTEM if reason else integration,
        practice=integration.practice_id,
        target=endpoint,
        reason=reason,
        data={"types": endpoint.types},
    )
