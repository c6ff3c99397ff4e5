"""Writing the audit trail.

``record(...)`` notes an event; the surrounding ``audited()`` transaction appends all its events to their chains as
its last act. Appending last keeps the chain's lock short and always in the same order after every other row lock,
so that two transactions can't wait for each other; and an event exists exactly when its change does.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from django.db import models, transaction
from django.utils import timezone

from config import requests
from consent.actions import ACTIONS
from consent.models import AuditEvent, AuditHead

SYSTEM_CHAIN = uuid.UUID(int=0)
Outcome = AuditEvent.Outcome
# What a digest covers, in this order. Changing it would break every chain that exists.
DIGESTED = (
    "chain", "seq", "at", "actor_kind", "actor_id", "actor_label", "action", "outcome", "target_type", "target_id",
    "encounter_id", "patient_id", "reason", "address", "request_id", "data", "prev",
)  # fmt: skip


class Acting(Protocol):
    """Whoever acts: a signed-in user, an integration, or the system itself."""

    @property
    def audit_kind(self) -> str: ...

    @property
    def pk(self) -> Any: ...

    def audit_label(self) -> str: ...


@dataclass(frozen=True)
class SystemActor:
    """The product acting by itself, named by the job that acts."""

    name: str = "system"
    pk: str = ""
    audit_kind: str = "system"

    def audit_label(self) -> str:
        return self.name


SYSTEM = SystemActor()


class AnonymousActor(SystemActor):
    """Somebody who is not signed in; what they typed is not kept."""

    def __init__(self) -> None:
        super().__init__(name="not signed in", audit_kind="anonymous")


@dataclass
class _Unit:
    events: list[AuditEvent] = field(default_factory=list)


_unit: ContextVar[_Unit | None] = ContextVar("audit_unit", default=None)


@contextmanager
def audited() -> Iterator[None]:
    """One transaction whose audit events are appended last. Nested uses join the outer one; what fails takes its
    events with it, also where somebody outside goes on."""
    if (outer := _unit.get()) is not None:
        noted = len(outer.events)
        try:
            with transaction.atomic():
                yield
        except BaseException:
            del outer.events[noted:]
            raise
        return
    unit = _Unit()
    token = _unit.set(unit)
    try:
        with transaction.atomic():
            yield
            _append(unit.events)
    finally:
        _unit.reset(token)


def record(
    action: str,
    *,
    actor: Acting,
    practice: models.Model | uuid.UUID | None = None,
    target: models.Model | None = None,
    encounter: models.Model | uuid.UUID | None = None,
    patient: models.Model | uuid.UUID | None = None,
    outcome: str = Outcome.SUCCESS,
    reason: str = "",
    data: Mapping[str, Any] | None = None,
) -> None:
    """Note one event, inside the current ``audited()`` transaction or in one of its own.

    `data` takes ids, counts, codes and hashes, never clinical text. Raises KeyError for an action that
    consent/actions.py doesn't list.
    """
    ACTIONS[action]
    origin = requests.current()
    event = AuditEvent(
        chain=_pk(practice) or SYSTEM_CHAIN,
        at=timezone.now(),
        actor_kind=actor.audit_kind,
        actor_id=str(actor.pk or ""),
        actor_label=actor.audit_label()[:200],
        action=action,
        outcome=outcome,
        target_type=target._meta.label_lower if target is not None else "",
        target_id=str(target.pk) if target is not None else "",
        encounter_id=_pk(encounter),
        patient_id=_pk(patient),
        reason=reason[:500],
        address=origin.address[:45],
        request_id=origin.request_id,
        data=canonical(data) if data else "",
    )
    unit = _unit.get()
    if unit is not None:
        unit.events.append(event)
        return
    with transaction.atomic():
        _append([event])


def canonical(data: Mapping[str, Any]) -> str:
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)


def digest(values: Mapping[str, Any]) -> str:
    """SHA-256 over the JSON array of the event's fields in a fixed order, the previous digest among them."""
    line = json.dumps([_plain(values[name]) for name in DIGESTED], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(line.encode()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return str(value) if isinstance(value, uuid.UUID) else value


def _pk(thing: models.Model | uuid.UUID | None) -> uuid.UUID | None:
    return thing.pk if isinstance(thing, models.Model) else thing


def _append(events: list[AuditEvent]) -> None:
    """Chain the events and insert them, chain by chain in the order of their ids."""
    for chain in sorted({event.chain for event in events}):
        head = _locked_head(chain)
        mine = [event for event in events if event.chain == chain]
        for event in mine:
            head.seq += 1
            event.seq, event.prev = head.seq, head.digest
            event.digest = head.digest = digest(vars(event))
        AuditEvent.objects.bulk_create(mine)
        AuditHead.objects.filter(pk=chain).update(seq=head.seq, digest=head.digest)


def _locked_head(chain: uuid.UUID) -> AuditHead:
    """The chain's head, locked until commit; SQLite's immediate transactions already exclude other writers."""
    head = AuditHead.objects.select_for_update().filter(pk=chain).first()
    if head is None:
        AuditHead.objects.bulk_create([AuditHead(chain=chain)], ignore_conflicts=True)
        head = AuditHead.objects.select_for_update().get(pk=chain)
    return head
