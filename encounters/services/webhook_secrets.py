"""Rotating the secret that somebody signs callbacks to us with, the same way for every kind of account."""

from __future__ import annotations

from typing import Protocol


class SignedTo(Protocol):
    """A row with the secret in use and the one before it, which still verifies until it is forgotten."""

    webhook_secret: str
    previous_webhook_secret: str


def webhook_secret_rotate(row: SignedTo, secret: str, *, forget_previous: bool) -> list[str]:
    """Set `secret`, unless it is empty or in use; the present one becomes the previous. Nothing is saved.

    Returns the names of the columns that changed.
    """
    changed: set[str] = set()
    if forget_previous:
        row.previous_webhook_secret = ""
        changed.add("previous_webhook_secret")
    if secret and secret != row.webhook_secret:
        if row.webhook_secret:
            row.previous_webhook_secret = row.webhook_secret
            changed.add("previous_webhook_secret")
        row.webhook_secret = secret
        changed.add("webhook_secret")
    return sorted(changed)
