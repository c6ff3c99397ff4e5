"""A practice's account at a video vendor: its adapter and doors, its secrets, and whether it works."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import F, Q
from django.utils import timezone

from config.http import Door
from consent.audit import SYSTEM, Acting, Outcome, audited, record
from encounters.models import VideoConnection
from encounters.services.webhook_secrets import webhook_secret_rotate
from encounters.vendors.errors import KeysRefused, VendorError
from encounters.vendors.protocol import Account, VideoVendor
from encounters.vendors.registry import vendor_named

State = VideoConnection.State


def callback_url(connection: VideoConnection) -> str:
    """What is entered at the vendor."""
    return f"{settings.PUBLIC_BASE_URL}/hooks/recordings/{connection.pk}/"


def vendor_of(connection: VideoConnection) -> VideoVendor:
    """The adapter, behind a door that opens to the vendor's API hosts only (and to the fake's of a demo)."""
    kind = vendor_named(connection.vendor)
    account = Account(
        ref=connection.account_ref,
        api=(connection.host or kind.api).rstrip("/"),
        callback_url=callback_url(connection),
        credentials=connection.credentials or {},
        options=connection.options or {},
    )
    hosts = [*kind.api_hosts, *_own_host(connection)]
    return kind(account, Door(allowed_hosts=hosts, allowed_origins=_local(connection)))


def media_door(connection: VideoConnection) -> Door:
    """The way to where the vendor keeps media, which never gets credentials. ``media_hosts`` of the connection's
    options adds the practice's own storage."""
    kind = vendor_named(connection.vendor)
    own = [str(host) for host in (connection.options or {}).get("media_hosts", [])]
    hosts = [*kind.media_hosts, *own, *_own_host(connection)]
    return Door(allowed_hosts=hosts, allowed_origins=_local(connection))


def _own_host(connection: VideoConnection) -> list[str]:
    """Where a service of the practice's own is."""
    host = urlsplit(connection.host).hostname if vendor_named(connection.vendor).self_hosted else None
    return [host] if host else []


def _local(connection: VideoConnection) -> list[str]:
    """Plain http and private addresses, for a demonstration only."""
    if not settings.DEMO:
        return []
    origins = [str(origin) for origin in (connection.options or {}).get("media_origins", [])]
    return [*([connection.host] if connection.host.startswith("http://") else []), *origins]


@dataclass(frozen=True)
class NewVideoSecrets:
    """Secrets to set; an empty or missing one keeps what is stored. A new webhook secret makes the present one the
    previous, which still verifies until it is forgotten."""

    credentials: Mapping[str, str] = field(default_factory=dict, repr=False)
    webhook_secret: str = field(default="", repr=False)
    forget_previous: bool = False

    def apply(self, connection: VideoConnection) -> list[str]:
        """Set them on `connection`; returns the names of the columns that changed."""
        changed: list[str] = []
        given = {name: value for name, value in self.credentials.items() if value}
        if given:
            connection.credentials = {**(connection.credentials or {}), **given}
            changed.append("credentials")
        rotated = webhook_secret_rotate(connection, self.webhook_secret, forget_previous=self.forget_previous)
        return sorted([*changed, *rotated])


def video_connection_save(
    *,
    connection: VideoConnection,
    actor: Acting,
    created: bool,
    fields: Sequence[str] = (),
    secrets: NewVideoSecrets | None = None,
) -> VideoConnection:
    """Store a connection, or those `fields` of it that were changed. The audit event names them; no secret is in it."""
    changed = [*fields, *(secrets.apply(connection) if secrets else [])]
    if {"credentials", "host", "account_ref"} & set(changed):
        connection.state, connection.last_error, connection.last_error_code = State.UNTESTED, "", ""
        changed += ["state", "last_error", "last_error_code"]
    with audited():
        if created:
            connection.save(force_insert=True)
        else:
            connection.save(update_fields=changed)
        data = {"added": created, "fields": changed, "vendor": connection.vendor, "active": connection.active}
        record(
            "video_connection.changed",
            actor=actor,
            practice=connection.practice_id,
            target=connection,
            data=data,
        )
    return connection


def video_connection_test(*, connection: VideoConnection, actor: Acting) -> tuple[bool, str]:
    """Ask the vendor whether the keys work; returns that, and one or two sentences for the administrator."""
    missing = _missing(connection)
    try:
        words = "" if missing else vendor_of(connection).check()
        problem, code = missing, "incomplete" if missing else ""
    except VendorError as error:
        words, problem, code = "", error.words, error.code
    with audited():
        _mark(connection, code, problem)
        record(
            "video_connection.tested",
            actor=actor,
            practice=connection.practice_id,
            target=connection,
            outcome=Outcome.FAILURE if problem else Outcome.SUCCESS,
            data={"code": code},
        )
    return not problem, problem or words


def connection_heard(connection: VideoConnection, error: VendorError | None) -> None:
    """Note what a call to the vendor said about the connection itself: refused keys, or that all is well again."""
    if isinstance(error, KeysRefused):
        with audited():
            if _mark(connection, error.code, error.words):
                record(
                    "video_connection.trouble",
                    actor=SYSTEM,
                    practice=connection.practice_id,
                    target=connection,
                    outcome=Outcome.FAILURE,
                    data={"code": error.code},
                )
    elif error is None and connection.state != State.WORKING:
        _mark(connection, "", "")


def _mark(connection: VideoConnection, code: str, problem: str) -> bool:
    """Whether the state or its reason is another one than before."""
    state = State.TROUBLE if problem else State.WORKING
    row = VideoConnection.objects.filter(pk=connection.pk)
    new = bool(row.exclude(state=state, last_error_code=code).exists())
    row.update(state=state, checked_at=timezone.now(), last_error_code=code, last_error=problem[:500])
    connection.refresh_from_db(fields=["state", "checked_at", "last_error_code", "last_error"])
    return new


def _missing(connection: VideoConnection) -> str:
    """What has not been entered yet, in words."""
    kind = vendor_named(connection.vendor)
    held = {**(connection.options or {}), **(connection.credentials or {})}
    names = [each.label for each in kind.fields if each.required and not held.get(each.name)]
    if not connection.webhook_secret:
        names.append(kind.signed_with)
    return f"Not entered yet: {', '.join(names)}." if names else ""


def callback_refused(connection: VideoConnection, reason: str, actor: Acting, *, every: timedelta) -> None:
    """Count every refusal, audit one in a while: a flood of them must not grow the chain."""
    now = timezone.now()
    row = VideoConnection.objects.filter(pk=connection.pk)
    row.update(refused_callbacks=F("refused_callbacks") + 1)
    never = Q(callback_refusal_recorded_at__isnull=True)
    with audited():
        if not row.filter(never | Q(callback_refusal_recorded_at__lt=now - every)).update(
            callback_refusal_recorded_at=now
        ):
            return
        count = row.values_list("refused_callbacks", flat=True).first()
        record(
            "vendor.callback_refused",
            actor=actor,
            practice=connection.practice_id,
            target=connection,
            outcome=Outcome.REFUSED,
            reason=reason,
            data={"refused_so_far": count},
        )
