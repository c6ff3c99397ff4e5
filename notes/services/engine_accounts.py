"""A practice's account at the engine: stored, its secrets set and rotated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings

from consent import hooks
from consent.audit import SYSTEM, Acting, audited, record
from encounters.models import Practice
from encounters.services.webhook_secrets import webhook_secret_rotate
from notes.models import EngineAccount


@dataclass(frozen=True)
class NewSecrets:
    """Secrets to set; an empty one keeps what is stored. A new webhook secret makes the present one the previous,
    which still verifies until it is forgotten."""

    api_key: str = ""
    webhook_secret: str = ""
    forget_previous: bool = False

    def apply(self, account: EngineAccount) -> list[str]:
        """Set them on `account`; returns the names of the columns that changed."""
        changed: list[str] = []
        if self.api_key:
            account.api_key = self.api_key
            changed.append("api_key")
        rotated = webhook_secret_rotate(account, self.webhook_secret, forget_previous=self.forget_previous)
        return sorted([*changed, *rotated])


def engine_account_save(
    *,
    account: EngineAccount,
    actor: Acting,
    created: bool,
    fields: Sequence[str] = (),
    secrets: NewSecrets | None = None,
) -> EngineAccount:
    """Store an account, or those `fields` of it that were changed, and let held work drain.

    The audit event names the fields. No secret is ever part of it.
    """
    changed = [*fields, *(secrets.apply(account) if secrets else [])]
    if {"api_key", "base_url"} & set(changed):  # whatever paused it may be over
        account.paused_until, account.paused_reason = None, ""
        changed += ["paused_until", "paused_reason"]
    with audited():
        if created:
            account.save(force_insert=True)
        else:
            account.save(update_fields=changed)
        record(
            "engine_account.changed",
            actor=actor,
            practice=account.practice_id,
            target=account,
            data={
                "added": created,
                "fields": changed,
                "kind": account.kind,
                "base_url": account.base_url,
                "active": account.active,
            },
        )
        hooks.notify("permission.changed", account.practice_id)
    return account


def engine_account_from_environment() -> EngineAccount | None:
    """The first account of a deployment with one practice, from SOAPNOTEAPI_KEY and its companions.

    Made once, when there is exactly one practice and no account yet; afterwards administration has the say. None
    where there is nothing to make. Safe to call again and again, and by several processes at once.
    """
    if not settings.SOAPNOTEAPI_KEY or EngineAccount.objects.exists():
        return None
    with audited():
        practices = list(Practice.objects.select_for_update(no_key=True).order_by("pk")[:2])
        if len(practices) != 1 or EngineAccount.objects.exists():
            return None
        test = settings.SOAPNOTEAPI_KEY.startswith("snapi_sk_test_")
        account = EngineAccount(
            practice=practices[0],
            name="SOAPNoteAPI",
            base_url=settings.SOAPNOTEAPI_BASE_URL,
            mode=EngineAccount.Mode.TEST if test else EngineAccount.Mode.LIVE,
        )
        secrets = NewSecrets(
            api_key=settings.SOAPNOTEAPI_KEY, webhook_secret=settings.SOAPNOTEAPI_WEBHOOK_SECRET
        )
        return engine_account_save(account=account, actor=SYSTEM, created=True, secrets=secrets)
