"""The demo practice: people who can sign in, a demo agreement, a sandbox account, integrations and a few notes.

Running it again keeps what is there and refreshes what changes with each start (addresses, passwords file).
"""

from __future__ import annotations

import base64
import datetime as dt
import json
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from consent.audit import SYSTEM, audited, record
from consent.models import BusinessAssociateAgreement
from consent.services import agreement_save
from encounters.models import Membership, Practice, Role, User
from notes.demo.records import seed_records, seed_smart
from notes.demo.stage import write_private
from notes.demo.video import seed_video
from notes.models import EngineAccount, Integration
from notes.services.integrations import integration_create

PRACTICE = "Harbour Street Family Practice"


@dataclass(frozen=True)
class Person:
    role: Role
    email: str
    first_name: str
    last_name: str
    credentials: str = ""
    npi: str = ""
    staff: bool = False


PEOPLE = (
    Person(Role.PROVIDER, "provider@demo.example", "Nora", "Whitfield", "MD", "1234567893"),
    Person(Role.COMPLIANCE, "compliance@demo.example", "Samuel", "Ortega"),
    Person(Role.ADMIN, "admin@demo.example", "Priya", "Raman", staff=True),
)


def seed(access: Path, sandbox_url: str) -> None:
    """Make or refresh the demo practice and write `access` (mode 600), which outside tools read."""
    known = json.loads(access.read_text(encoding="utf-8")) if access.exists() else {}
    with audited():
        practice = _practice()
        users = [_person(practice, person, known) for person in PEOPLE]
        _agreement(practice)
        account, secret = _account(practice, sandbox_url, known)
        key = _integration(practice, known)
        smart = seed_smart(practice, known.get("smart", {}), settings.PUBLIC_BASE_URL)
        seed_records(practice, User.objects.get(email=PEOPLE[0].email))
        video = seed_video(practice, known.get("video_connections", {}))
    hook = settings.PUBLIC_BASE_URL + reverse("engine-webhook", args=[account.pk])
    write_private(
        access,
        json.dumps(
            {
                "base_url": settings.PUBLIC_BASE_URL,
                "sandbox_url": sandbox_url,
                "users": users,
                "integration": {"key": key},
                "smart": smart,
                "video_connections": video,
                "webhook": {"url": hook, "secret": secret, "profile": account.signature_profile},
            },
            indent=2,
        ),
    )
    _sandbox_config(access.parent, sandbox_url, account, hook, secret)


def _practice() -> Practice:
    practice, created = Practice.objects.get_or_create(
        name=PRACTICE,
        defaults={
            "state": "US-CA",
            "time_zone": "America/Los_Angeles",
            "npi": "1982736454",
            "address": "12 Harbour Street, Monterey, CA 93940",
        },
    )
    if created:
        record("admin.changed", actor=SYSTEM, practice=practice, target=practice, reason="demo practice made")
    return practice


def _person(practice: Practice, person: Person, known: dict[str, Any]) -> dict[str, str]:
    """The person's row for the access file; passwords and second factors are kept from an earlier start."""
    kept = {row["email"]: row for row in known.get("users", [])}.get(person.email)
    password = kept["password"] if kept else secrets.token_urlsafe(15)
    totp_secret = kept["totp_secret"] if kept else generate_totp_secret()
    user, _ = User.objects.update_or_create(
        email=person.email,
        defaults={"first_name": person.first_name, "last_name": person.last_name, "is_staff": person.staff},
    )
    if not kept or not user.check_password(password):
        user.set_password(password)
        user.save(update_fields=["password"])
        Authenticator.objects.filter(user=user).delete()
        TOTP.activate(user, totp_secret)
    Membership.objects.get_or_create(
        user=user,
        practice=practice,
        role=person.role,
        defaults={"credentials": person.credentials, "npi": person.npi, "specialty": "physician"},
    )
    return {
        "role": person.role.value,
        "email": person.email,
        "password": password,
        "totp_secret": totp_secret,
    }


def _agreement(practice: Practice) -> None:
    vendor = BusinessAssociateAgreement.Vendor.SANDBOX
    if BusinessAssociateAgreement.objects.in_force().filter(practice=practice, vendor=vendor).exists():
        return
    today = timezone.localdate()
    agreement_save(
        agreement=BusinessAssociateAgreement(
            practice=practice,
            vendor=vendor,
            executed_on=today,
            effective_at=timezone.now() - dt.timedelta(minutes=1),
            expires_at=timezone.now() + dt.timedelta(days=365),
            practice_signatory="Demo practice",
            vendor_signatory="Sandbox on this machine",
            note="Demo only. The sandbox runs on this machine; no data leaves it.",
        ),
        actor=SYSTEM,
        created=True,
    )


def _account(practice: Practice, sandbox_url: str, known: dict[str, Any]) -> tuple[EngineAccount, str]:
    """The sandbox account and its webhook secret."""
    account = EngineAccount.objects.filter(practice=practice, kind=EngineAccount.Kind.SANDBOX).first()
    secret = known.get("webhook", {}).get("secret", "") if account else ""
    if not secret:
        secret = "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()
    if account is None:
        account = EngineAccount(
            practice=practice,
            name="Sandbox",
            kind=EngineAccount.Kind.SANDBOX,
            api_key="snapi_sk_live_" + secrets.token_hex(16),
            signature_profile=EngineAccount.Profile.T_V1,
        )
    account.base_url, account.webhook_secret = sandbox_url, secret
    account.paused_until, account.paused_reason = None, ""
    account.save()
    return account, secret


def _integration(practice: Practice, known: dict[str, Any]) -> str:
    key = str(known.get("integration", {}).get("key", ""))
    if key and Integration.objects.filter(practice=practice, revoked_at__isnull=True).exists():
        return key
    _, key = integration_create(
        practice=practice, name="Demo EHR", scopes=Integration.Scope.values, actor=SYSTEM
    )
    return key


def _sandbox_config(folder: Path, sandbox_url: str, account: EngineAccount, hook: str, secret: str) -> None:
    """What the sandbox is started with: where each key's webhooks go."""
    tokens = json.loads((folder / "secrets.json").read_text(encoding="utf-8"))
    config = {
        "state_dir": str(folder / "sandbox"),
        "host": "127.0.0.1",
        "port": int(sandbox_url.rsplit(":", 1)[1]),
        "admin_token": tokens["SANDBOX_ADMIN_TOKEN"],
        "accounts": [
            {
                "api_key": account.api_key,
                "webhook_url": hook,
                "webhook_secret": secret,
                "profile": account.signature_profile,
            }
        ],
    }
    write_private(folder / "sandbox.json", json.dumps(config, indent=2))
