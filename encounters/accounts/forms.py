"""The second factor's forms: a code is taken for a minute around its time, and once."""

from __future__ import annotations

import hashlib
from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from django.core.cache import cache

# allauth remembers a used code for one period of 30 s, while a tolerance of one period lets it in for three.
REMEMBERED_SECONDS = 150


class OnceOnly:
    user: Any
    authenticator: Any

    def clean_code(self) -> str:
        """The code, if it is right and was not used before. The cache is shared by all processes."""
        code: str = super().clean_code()  # type: ignore[misc]
        mark = hashlib.sha256(f"{self.user.pk}:{''.join(code.split())}".encode()).hexdigest()
        if not cache.add(f"second-factor-used:{mark}", 1, timeout=REMEMBERED_SECONDS):
            self._emit_authentication_failed(self.authenticator)  # type: ignore[attr-defined]
            raise get_adapter().validation_error("incorrect_code")
        return code


class SecondFactorForm(OnceOnly, AuthenticateForm):  # type: ignore[misc]
    pass


class ConfirmWithCodeForm(OnceOnly, ReauthenticateForm):  # type: ignore[misc]
    pass
