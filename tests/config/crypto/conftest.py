from __future__ import annotations

import base64

import pytest


@pytest.fixture
def two_keys(settings):
    """The ring `new` (current), `old`."""
    settings.ENCRYPTION_KEYS = [f"new:{encoded_key(1)}", f"old:{encoded_key(2)}"]
    return settings.ENCRYPTION_KEYS


def encoded_key(byte: int) -> str:
    return base64.b64encode(bytes([byte]) * 32).decode()
