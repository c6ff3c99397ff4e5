"""Identifiers that are shown outside."""

from __future__ import annotations

import os
import time
import uuid


def uuid7() -> uuid.UUID:
    """A version 7 UUID (RFC 9562 §5.7): 48 bits of Unix milliseconds, 12 bits of their fraction, 62 random bits.

    Rows made later sort later, down to a quarter of a microsecond, so an index on it grows at its end.
    """
    millis, rest = divmod(time.time_ns(), 1_000_000)
    value = (millis & ((1 << 48) - 1)) << 80
    value |= 0x7 << 76 | (rest * 4096 // 1_000_000) << 64
    value |= 0b10 << 62 | int.from_bytes(os.urandom(8), "big") >> 2
    return uuid.UUID(int=value)
