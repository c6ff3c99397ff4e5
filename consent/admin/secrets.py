"""Secrets in administration: they can be set, and are never shown again."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db import models

from consent.models import AuditEvent


class SecretField(forms.CharField):
    """A secret to enter: never rendered back, blank keeps what is stored."""

    def __init__(self, *, max_length: int = 500, **kwargs: Any) -> None:
        widget = forms.PasswordInput(render_value=False, attrs={"autocomplete": "off"})
        super().__init__(required=False, strip=True, max_length=max_length, widget=widget, **kwargs)


class SecretTextField(forms.CharField):
    """A secret of several lines, such as a private key. Nothing of what is stored is rendered back."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.Textarea(attrs={"autocomplete": "off", "spellcheck": "false", "rows": 4})
        super().__init__(required=False, strip=True, max_length=10_000, widget=widget, **kwargs)

    def prepare_value(self, value: Any) -> str:
        return ""


def stored_in_words(account: models.Model | None, column: str, *, action: str, stored: bool) -> str:
    """Whether a secret is stored and since when, never what it is; `action` is what audits its changes."""
    if account is None or not stored:
        return "Not set."
    event = (
        AuditEvent.objects.filter(target_id=str(account.pk), action=action, data__contains=f'"{column}"')
        .order_by("-seq")
        .first()
    )
    return f"Set{f' on {event.at:%Y-%m-%d}' if event else ''}. Leave blank to keep it."
