from __future__ import annotations

import time

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value

PERIOD = 30


def totp_code(secret: str) -> str:
    """The six digits that an authenticator app would show for `secret` now (RFC 6238)."""
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // PERIOD)))


def until_next_code() -> float:
    """Seconds until the app shows another code."""
    return PERIOD - time.time() % PERIOD
