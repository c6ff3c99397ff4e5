"""How webhooks leave: through the one HTTP door, signed by the code that the receiver verifies with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from config.http import Door, HttpFailure, Limits, bytes_body
from notes.soapnoteapi import signatures
from notes.soapnoteapi.sandbox.config import Account
from notes.soapnoteapi.sandbox.courier import TIMEOUT, Post


def door_to(accounts: Iterable[Account]) -> Post:
    """A `post` that reaches the configured webhook addresses, also those on this machine."""
    origins = {"{0.scheme}://{0.netloc}".format(urlsplit(account.webhook_url)) for account in accounts}
    limits = Limits(connect=TIMEOUT, read=TIMEOUT, write=TIMEOUT, total=TIMEOUT)
    door = Door(allowed_origins=origins, limits=limits, user_agent="SOAPNoteAPI-Sandbox/1")

    def post(url: str, body: bytes, headers: Mapping[str, str]) -> int | None:
        try:
            return door.send("POST", url, headers=headers, body=bytes_body(body, "application/json")).status
        except HttpFailure:
            return None

    return post


def sign(account: Account, body: bytes, now: float, event_id: str) -> Mapping[str, str]:
    """The headers that make the receiver believe this body, by the account's profile."""
    return signatures.sign(account.profile, account.webhook_secret, body, now, event_id)
