"""A second factor for a test person, and the codes that their app would show."""

from __future__ import annotations

import base64
import hmac
import struct
import time
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def enrol(user: Any, *, secret: str = SECRET) -> Authenticator:
    """Give `user` an authenticator app and recovery codes."""
    totp: Authenticator = TOTP.activate(user, secret).instance
    RecoveryCodes.activate(user)
    return totp


def recovery_codes(user: Any) -> list[str]:
    kept = Authenticator.objects.get(user=user, type=Authenticator.Type.RECOVERY_CODES)
    return list(kept.wrap().get_unused_codes())


def code_now(secret: str = SECRET, *, periods: int = 0) -> str:
    """The six digits of RFC 6238 for this moment, or so many 30-second periods off."""
    counter = struct.pack(">Q", int(time.time()) // 30 + periods)
    mac = hmac.new(base64.b32decode(secret), counter, "sha1").digest()
    start = mac[-1] & 0x0F
    return f"{(struct.unpack('>I', mac[start : start + 4])[0] & 0x7FFFFFFF) % 1_000_000:06d}"
