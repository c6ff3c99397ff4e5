"""One video connection per vendor, for outside tools to drive. Nobody listens at their addresses until a fake does:
`python -m tests.fake_vendors` starts one for each and plays calls.
"""

from __future__ import annotations

import base64
import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.utils import timezone

from consent.audit import SYSTEM
from consent.models import BusinessAssociateAgreement
from consent.services import agreement_save
from encounters.models import Practice, VideoConnection
from encounters.services.video.connections import NewVideoSecrets, callback_url, video_connection_save
from encounters.vendors.registry import vendor_named
from notes.demo.stage import free_port

FIRST_PORT = 8201


@dataclass(frozen=True)
class Account:
    """What the vendor would have given: its name of the account, the keys, and the secret that signs callbacks."""

    ref: str
    credentials: dict[str, str]
    secret: str


def _twilio() -> Account:
    key = {"key_sid": f"SK{secrets.token_hex(16)}", "key_secret": secrets.token_urlsafe(24)}
    return Account(f"AC{secrets.token_hex(16)}", key, secrets.token_hex(16))


def _daily() -> Account:
    return Account(
        "harbour-street-demo",
        {"api_key": secrets.token_hex(32)},
        base64.b64encode(secrets.token_bytes(32)).decode(),
    )


def _zoom() -> Account:
    client = {"client_id": secrets.token_urlsafe(16), "client_secret": secrets.token_urlsafe(24)}
    return Account(secrets.token_urlsafe(16), client, secrets.token_urlsafe(16))


def _vonage() -> Account:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return Account(str(uuid.uuid4()), {"private_key": key.decode()}, secrets.token_hex(32))


def _webrtc() -> Account:
    secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
    return Account("demo recorder", {"api_token": secrets.token_urlsafe(24)}, secret)


VENDORS: dict[str, Callable[[], Account]] = {
    "twilio": _twilio, "daily": _daily, "zoom": _zoom, "vonage": _vonage, "webrtc": _webrtc,
}  # fmt: skip


def seed_video(practice: Practice, known: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Make or keep a connection per vendor, each under a demo agreement; what outside tools may know of each."""
    told = {}
    for place, (vendor, account) in enumerate(VENDORS.items()):
        _agreement(practice, vendor)
        kept = known.get(vendor)
        row = VideoConnection.objects.filter(practice=practice, vendor=vendor).first()
        told[vendor] = kept if kept and row else _made(practice, vendor, account(), place)
    return told


def _made(practice: Practice, vendor: str, account: Account, place: int) -> dict[str, Any]:
    ports = {"api": FIRST_PORT + 2 * place, "media": FIRST_PORT + 2 * place + 1}
    at = {name: f"http://127.0.0.1:{free_port(port)}" for name, port in ports.items()}
    connection = VideoConnection(
        practice=practice,
        vendor=vendor,
        name=f"{vendor_named(vendor).label} (demo)",
        account_ref=account.ref,
        host=at["api"],
        options={"media_origins": [at["media"]]},
    )
    secrets_given = NewVideoSecrets(credentials=account.credentials, webhook_secret=account.secret)
    video_connection_save(connection=connection, actor=SYSTEM, created=True, secrets=secrets_given)
    return {
        "connection": str(connection.pk),
        "callback_url": callback_url(connection),
        "secret": account.secret,
        "account": account.ref,
        "credentials": account.credentials,
        **at,
    }


def _agreement(practice: Practice, vendor: str) -> None:
    if BusinessAssociateAgreement.objects.in_force().filter(practice=practice, vendor=vendor).exists():
        return
    now = timezone.now()
    agreement_save(
        agreement=BusinessAssociateAgreement(
            practice=practice,
            vendor=vendor,
            executed_on=timezone.localdate(),
            effective_at=now - timedelta(minutes=1),
            expires_at=now + timedelta(days=365),
            practice_signatory="Demo practice",
            vendor_signatory="A fake on this machine",
            note="Demo only. The connection leads to this machine.",
        ),
        actor=SYSTEM,
        created=True,
    )
