"""The ring of master keys from `settings.ENCRYPTION_KEYS`.

A sealed value is: version (1 byte) | length of the key id (1) | key id | nonce (12) | ciphertext and tag.
The part before the nonce is authenticated together with the caller's associated data.
Random nonces keep one key safe for 2**32 values; rotate long before that.
"""

from __future__ import annotations

import base64
import binascii
import os
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed

VERSION = 1
NONCE_SIZE = 12
KEY_SIZE = 32
TAG_SIZE = 16
_KEY_ID = re.compile(r"[a-z0-9-]{1,16}")


class DecryptionError(Exception):
    """A stored value can't be opened. Says which key is concerned, never what the value holds."""


class KeyRing:
    """Named AES-256 keys. The current one seals; every one of them unseals."""

    def __init__(self, current: str, keys: Mapping[str, bytes]) -> None:
        self.current = current
        self._ciphers = {key_id: AESGCM(key) for key_id, key in keys.items()}

    def __repr__(self) -> str:
        return f"<KeyRing current={self.current!r} ids={sorted(self._ciphers)}>"

    @property
    def key_ids(self) -> frozenset[str]:
        return frozenset(self._ciphers)

    @classmethod
    def parse(cls, items: Iterable[str]) -> KeyRing:
        """Read `"<id>:<base64 of 32 bytes>"` items, the current key first.

        Raises ImproperlyConfigured, naming the position and id of the bad item but never its key.
        """
        keys: dict[str, bytes] = {}
        for position, item in enumerate(items, start=1):
            key_id, key = _parse_item(item, position)
            if key_id in keys:
                raise ImproperlyConfigured(f"ENCRYPTION_KEYS has the key id {key_id!r} twice.")
            keys[key_id] = key
        if not keys:
            raise ImproperlyConfigured(
                "ENCRYPTION_KEYS is empty. Set it to at least one '<id>:<base64 of 32 random bytes>'."
            )
        return cls(next(iter(keys)), keys)

    def seal(self, plaintext: bytes, aad: bytes) -> bytes:
        """Encrypt with the current key. `aad` says where the value belongs; unseal needs the same."""
        key_id = self.current.encode()
        header = bytes((VERSION, len(key_id))) + key_id
        nonce = os.urandom(NONCE_SIZE)
        return header + nonce + self._ciphers[self.current].encrypt(nonce, plaintext, header + aad)

    def unseal(self, blob: bytes, aad: bytes) -> bytes:
        """The plaintext of a sealed value; raises DecryptionError if anything about it is wrong."""
        key_id = key_id_of(blob)
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            raise DecryptionError(
                f"This value was encrypted with key {key_id!r}, which is not in ENCRYPTION_KEYS. "
                "Add that key behind the current one."
            )
        start = 2 + len(key_id)
        nonce, ciphertext = blob[start : start + NONCE_SIZE], blob[start + NONCE_SIZE :]
        try:
            return cipher.decrypt(nonce, ciphertext, blob[:start] + aad)
        except InvalidTag:
            raise DecryptionError(
                f"This value does not open with key {key_id!r}: it was altered, moved from where it belongs, "
                "or another key now has this id."
            ) from None

    def reseal(self, blob: bytes, aad: bytes) -> bytes:
        """The same plaintext sealed by the current key; `blob` itself where it already is."""
        return blob if key_id_of(blob) == self.current else self.seal(self.unseal(blob, aad), aad)


def key_id_of(blob: bytes) -> str:
    """The id of the key that sealed `blob`. Unauthenticated: only good for choosing what to re-encrypt."""
    length = blob[1] if len(blob) > 1 else 0
    if blob[:1] != bytes((VERSION,)) or len(blob) < 2 + length + NONCE_SIZE + TAG_SIZE:
        raise DecryptionError("This is not a sealed value, or its beginning or end is missing.")
    key_id = blob[2 : 2 + length].decode("ascii", "replace")
    if not _KEY_ID.fullmatch(key_id):
        raise DecryptionError("This is not a sealed value: it names no key.")
    return key_id


def _parse_item(item: str, position: int) -> tuple[str, bytes]:
    key_id, colon, encoded = item.strip().partition(":")
    if not colon or not _KEY_ID.fullmatch(key_id):
        raise ImproperlyConfigured(
            f"ENCRYPTION_KEYS item {position} must read '<id>:<base64 of 32 bytes>' "
            "with an id of 1 to 16 characters from a-z, 0-9 and '-'."
        )
    try:
        key = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_SIZE:
        raise ImproperlyConfigured(
            f"ENCRYPTION_KEYS item {position} ({key_id!r}) is not the base64 of exactly 32 bytes."
        )
    return key_id, key


@lru_cache(maxsize=1)
def get_keyring() -> KeyRing:
    """The ring of this process, made once from settings."""
    return KeyRing.parse(settings.ENCRYPTION_KEYS)


def seal(plaintext: bytes, aad: bytes) -> bytes:
    return get_keyring().seal(plaintext, aad)


def unseal(blob: bytes, aad: bytes) -> bytes:
    return get_keyring().unseal(blob, aad)


def _forget_keyring(*, setting: str, **_kwargs: Any) -> None:
    if setting == "ENCRYPTION_KEYS":
        get_keyring.cache_clear()


setting_changed.connect(_forget_keyring, dispatch_uid="config.crypto.keyring")
