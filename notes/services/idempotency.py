"""Doing what an integration asks for once, however often it asks (draft-ietf-httpapi-idempotency-key-header)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from consent.audit import audited
from notes.models import IdempotentRequest, Integration

KEPT = timedelta(days=7)
Answer = tuple[int, dict[str, Any]]


class KeyUsedDifferently(Exception):
    """The key named another request before."""


def once(
    *, integration: Integration, key: str, method: str, path: str, body: bytes, act: Callable[[], Answer]
) -> tuple[Answer, bool]:
    """The answer of `act`, or the one that the same request got before; and whether it is such a repetition.

    `act` runs in one transaction with the row that remembers it; what it raises leaves nothing behind, so that the
    same key can be tried again. Raises KeyUsedDifferently for a key that came with another request.
    """
    fingerprint = hashlib.sha256(b"\0".join((method.encode(), path.encode(), body))).hexdigest()
    known = _known(integration, key, fingerprint)
    if known is not None:
        return known, True
    try:
        with audited():
            row = _claim(integration, key, fingerprint)
            status, content = act()
            row.status, row.answer = status, json.dumps(content)
            row.save(update_fields=["status", "answer"])
            return (status, content), False
    except _Claimed:
        known = _known(integration, key, fingerprint)
        assert known is not None, "whoever was first has committed"
        return known, True


def forget_old_requests() -> int:
    """Drop what is older than a week; returns how many."""
    return IdempotentRequest.objects.filter(created_at__lt=timezone.now() - KEPT).delete()[0]


class _Claimed(Exception):
    pass


def _claim(integration: Integration, key: str, fingerprint: str) -> IdempotentRequest:
    """The row of a new key; the unique constraint makes a second request with it wait until the first has ended."""
    try:
        with transaction.atomic():
            return IdempotentRequest.objects.create(integration=integration, key=key, fingerprint=fingerprint)
    except IntegrityError:
        raise _Claimed from None


def _known(integration: Integration, key: str, fingerprint: str) -> Answer | None:
    row = IdempotentRequest.objects.filter(integration=integration, key=key).first()
    if row is None:
        return None
    if row.fingerprint != fingerprint:
        raise KeyUsedDifferently
    return row.status, json.loads(row.answer)
