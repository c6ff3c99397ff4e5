"""How allauth signs people in here: nobody signs up, attempts are audited, secrets are sealed."""

from __future__ import annotations

import base64
import time
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from config.crypto.keyring import get_keyring, seal, unseal
from consent import audit
from encounters.accounts.practice import home_practice
from encounters.models import User

SECRET_AAD = b"allauth.mfa.Authenticator.data"


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": "This e-mail address and password do not match. Check both and try again.",
        "too_many_login_attempts": "Too many attempts. Wait five minutes, then try again.",
        "incorrect_password": "This is not your password. Try again.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Accounts are made by an administrator."""
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            self._note(request, "account.locked", credentials)
            raise

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        self._note(request, "account.login_failed", credentials)

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Setting up the second factor directly after signing in does not ask for the password once more."""
        return not (app == "allauth.mfa" and self._signed_in_just_now())

    def _signed_in_just_now(self) -> bool:
        records = get_authentication_records(self.request, self.request.user)
        latest = max((record["at"] for record in records), default=0.0)
        return bool(time.time() - latest < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT)

    @staticmethod
    def _note(request: HttpRequest, action: str, credentials: dict[str, Any]) -> None:
        """Audit a refused attempt. The account is named when there is one; what was typed is never kept."""
        user = User.objects.filter(email__iexact=credentials.get("email") or "").first()
        actor = request.user if request.user.is_authenticated else audit.AnonymousActor()
        audit.record(
            action, actor=actor, practice=home_practice(user), target=user, outcome=audit.Outcome.REFUSED
        )


class MFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": "This code is not valid or was used before. Wait for the next one and try again.",
    }

    def encrypt(self, text: str) -> str:
        return base64.b64encode(seal(text.encode(), SECRET_AAD)).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return unseal(base64.b64decode(encrypted_text), SECRET_AAD).decode()

    def build_totp_svg(self, url: str) -> str:
        """The QR code as an SVG element for the page itself: a `data:` image would need a wider CSP."""
        svg: str = super().build_totp_svg(url)
        return svg[svg.index("<svg") :]


def reseal_factor(_pk: Any, data: dict[str, Any]) -> dict[str, Any]:
    """The data of a second factor with its secrets sealed by the current key: TOTP secret, recovery seed or codes."""

    def again(text: str) -> str:
        sealed = base64.b64decode(text)
        return base64.b64encode(get_keyring().reseal(sealed, SECRET_AAD)).decode()

    renewed: dict[str, Any] = {name: again(data[name]) for name in ("secret", "seed") if name in data}
    if "migrated_codes" in data:
        renewed["migrated_codes"] = [again(code) for code in data["migrated_codes"]]
    return {**data, **renewed}
