"""Keeping one test event of an account's webhook, to find out how the engine signs.

A test event is synthetic. Nothing else is kept, and only while somebody waits for it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from notes.models import EngineAccount

CAPTURE_FOR = timedelta(minutes=15)


def capture_begin(account: EngineAccount) -> None:
    """The next test event, genuine or not, is kept with its headers, until CAPTURE_FOR has passed."""
    EngineAccount.objects.filter(pk=account.pk).update(
        capture_until=timezone.now() + CAPTURE_FOR, captured_webhook=None
    )


def capture_store(account: EngineAccount, kept: dict[str, Any]) -> None:
    """Keep the event and stop waiting; of two at once the first stays."""
    field = EngineAccount._meta.get_field("captured_webhook")
    EngineAccount.objects.filter(pk=account.pk, capture_until__isnull=False).update(
        captured_webhook=field.seal(account.pk, kept), capture_until=None
    )


def capture_take(account: EngineAccount) -> dict[str, Any] | None:
    """What was kept (`headers`, `body_base64`), handed out once; None while nothing has come."""
    account.refresh_from_db(fields=["captured_webhook"])
    taken: dict[str, Any] | None = account.captured_webhook
    if taken is not None:
        EngineAccount.objects.filter(pk=account.pk).update(captured_webhook=None)
    return taken
