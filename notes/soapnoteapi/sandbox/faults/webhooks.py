"""Deliveries that are lost, late, repeated, out of order, forged or wrong."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from notes.soapnoteapi.sandbox.clock import Clock
from notes.soapnoteapi.sandbox.config import Account
from notes.soapnoteapi.sandbox.faults.armory import Armed, Armory
from notes.soapnoteapi.sandbox.faults.catalogue import WEBHOOK
from notes.soapnoteapi.sandbox.faults.orders import Order
from notes.soapnoteapi.sandbox.records import Delivery, Job

AT_THE_UPLOAD = "webhook-early"
MOVES = ("webhook-late", "webhook-reordered")
NONSENSE = "t=0,v1=00"
ANOTHER_SECRET = "whsec_YW5vdGhlci1zZWNyZXQtYW5vdGhlci1zZWNyZXQ="  # noqa: S105 - signs what is meant to be refused


@dataclass(frozen=True)
class Sending:
    """One request that a delivery becomes. `older`: seconds that its signature is older than it should be;
    `tamper` is applied to the headers or the body after signing."""

    body: bytes
    older: float = 0.0
    tamper: str = ""

    def signer(self, account: Account) -> Account:
        """The account whose secret signs it."""
        return replace(account, webhook_secret=ANOTHER_SECRET) if self.tamper == "secret" else account

    def spoilt(self, headers: Mapping[str, str]) -> tuple[bytes, dict[str, str]]:
        """Body and headers as they leave."""
        kept = dict(headers)
        if self.tamper == "missing":
            kept = {}
        elif self.tamper == "nonsense":
            kept = dict.fromkeys(kept, NONSENSE)
        body = self.body.replace(b'"completed"', b'"complete "') if self.tamper == "body" else self.body
        return body, kept


@dataclass(frozen=True)
class Plan:
    """What to do with a delivery that is due: wait until `later`, forget it when `lost`, or send all of `sendings`."""

    sendings: tuple[Sending, ...] = ()
    later: float | None = None
    lost: bool = False


class FaultyWebhooks:
    """`jobs` gives the latest jobs of every account, newest first."""

    def __init__(self, armory: Armory, clock: Clock, jobs: Callable[[], list[Job]]) -> None:
        self._armory, self._clock, self._jobs = armory, clock, jobs
        self._held: set[str] = set()
        self._lock = threading.Lock()

    def plan(self, delivery: Delivery) -> Plan:
        """What the armed faults make of a delivery that is due."""
        concealed, until = self._armory.concealed(delivery.note_id)
        if concealed:
            return Plan(later=until) if until else Plan(lost=True)
        for armed in self._armory.standing(WEBHOOK, account=delivery.account):
            if armed.order.fault.name == AT_THE_UPLOAD or self._was_moved(armed.order, delivery):
                continue
            plan = self._planned(armed.order, delivery)
            if plan is not None and self._struck(armed, delivery):
                return plan
        return Plan((Sending(delivery.body),))

    def followed(self, delivery: Delivery) -> list[str]:
        """Event ids that waited for another event to go out, now that `delivery` has."""
        with self._lock:
            free = [held for held in self._held if held != delivery.event_id]
            self._held -= {*free, delivery.event_id}
        return free

    def _was_moved(self, order: Order, delivery: Delivery) -> bool:
        """A fault that always stands would hold the same delivery back for ever."""
        return order.fault.name in MOVES and self._armory.has_struck(order.fault.name, delivery.note_id)

    def _struck(self, armed: Armed, delivery: Delivery) -> bool:
        struck = self._armory.strike(armed, account=delivery.account, place=WEBHOOK, note_id=delivery.note_id)
        if struck and armed.order.fault.name == "webhook-reordered":
            with self._lock:
                self._held.add(delivery.event_id)
        return struck

    def _planned(self, order: Order, delivery: Delivery) -> Plan | None:
        name, right = order.fault.name, Sending(delivery.body)
        if name == "webhook-lost":
            return Plan(lost=True)
        if name in MOVES:
            return Plan(later=self._clock() + order.number("seconds"))
        if name == "webhook-repeated":
            return Plan((right,) * order.whole("copies"))
        if name == "webhook-badly-signed":
            return Plan((replace(right, tamper=order.word("how")),))
        if name == "webhook-stale":
            return Plan((replace(right, older=order.number("seconds")),))
        if name == "webhook-garbage":
            return Plan((Sending(b"<html>not an event</html>"),))
        return self._said_otherwise(order, delivery)

    def _said_otherwise(self, order: Order, delivery: Delivery) -> Plan | None:
        name, right = order.fault.name, Sending(delivery.body)
        if name == "webhook-event":
            return Plan((_saying(delivery, event=order.word("name")),))
        if name == "webhook-unknown-note":
            return Plan((_about(delivery, str(uuid.uuid4())), right))
        if name == "webhook-others-note":
            others = (job.note_id for job in self._jobs() if job.account != delivery.account)
            found = next(others, None)
            return None if found is None else Plan((_about(delivery, found), right))
        if delivery.event != "note.generated":
            return None
        wrong = _saying(delivery, event="note.failed", status="failed", data=None)
        return Plan((right, wrong) if order.word("when") == "after" else (wrong, right))


def _saying(delivery: Delivery, **fields: object) -> Sending:
    data = {**json.loads(delivery.body), **fields}
    kept = {key: value for key, value in data.items() if value is not None}
    return Sending(json.dumps(kept, ensure_ascii=False, separators=(",", ":")).encode())


def _about(delivery: Delivery, note_id: str) -> Sending:
    data = json.loads(delivery.body).get("data")
    renamed = {**data, "noteId": note_id} if isinstance(data, dict) else None
    return _saying(delivery, note_id=note_id, data=renamed)
