"""Webhooks: signed by the account's profile, sent when due, retried, and owed across restarts."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterable, Mapping

from notes.soapnoteapi.sandbox import WATERMARK
from notes.soapnoteapi.sandbox.bell import Bell
from notes.soapnoteapi.sandbox.clock import Clock, iso
from notes.soapnoteapi.sandbox.config import Account, Config
from notes.soapnoteapi.sandbox.faults.webhooks import FaultyWebhooks, Sending
from notes.soapnoteapi.sandbox.log import log
from notes.soapnoteapi.sandbox.records import DELIVERED, GIVEN_UP, PENDING, Delivery
from notes.soapnoteapi.sandbox.store import Store

RETRY_AFTER = (5, 30, 120, 600, 3600)
TIMEOUT = 10.0

Post = Callable[[str, bytes, Mapping[str, str]], int | None]
Sign = Callable[[Account, bytes, float, str], Mapping[str, str]]


def event(
    name: str,
    *,
    account: str,
    note_id: str,
    status: str,
    now: float,
    extra: Mapping[str, object] | None = None,
) -> Delivery:
    """A delivery that is due at once, its body fixed now: all attempts send the same bytes."""
    body = {
        "event": name,
        "note_id": note_id,
        "status": status,
        "created_at": iso(now),
        **(extra or {}),
        **WATERMARK,
    }
    raw = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    return Delivery(f"evt_{uuid.uuid4().hex}", account, note_id, name, raw, PENDING, 0, now, None)


class Courier:
    """One thread that pays what is owed. `wake()` after owing something new."""

    def __init__(
        self, store: Store, config: Config, *, post: Post, sign: Sign, clock: Clock, faults: FaultyWebhooks
    ) -> None:
        self._store, self._config, self._post, self._sign, self._clock = store, config, post, sign, clock
        self._faults = faults
        self._bell = Bell()
        self._stopping = False

    def run(self) -> None:
        while not self._stopping:
            delivery = self._store.next_delivery()
            wait = None if delivery is None else delivery.next_at - self._clock()
            if delivery is not None and wait is not None and wait <= 0:
                self.attempt(delivery)
                continue
            self._bell.wait(wait)

    def wake(self) -> None:
        self._bell.ring()

    def stop(self) -> None:
        self._stopping = True
        self.wake()

    def attempt(self, delivery: Delivery) -> None:
        """Send once and note the outcome: delivered, to be tried again, or given up after the last retry."""
        plan = self._faults.plan(delivery)
        if plan.later is not None:
            self._store.postpone(delivery.event_id, plan.later)
            return
        account = self._config.account(delivery.account)
        status = self._send(account, delivery, plan.sendings) if account else None
        now = self._clock()
        delivered = status is not None and 200 <= status < 300
        spent = account is None or plan.lost or delivery.attempts >= len(RETRY_AFTER)
        state = DELIVERED if delivered else GIVEN_UP if spent else PENDING
        next_at = now + RETRY_AFTER[delivery.attempts] if state == PENDING else now
        self._store.record_attempt(delivery.event_id, state=state, at=now, next_at=next_at, status=status)
        log(
            "webhook",
            event=delivery.event,
            note_id=delivery.note_id,
            event_id=delivery.event_id,
            attempt=delivery.attempts + 1,
            http_status=status,
            state=state,
        )
        for waiting in self._faults.followed(delivery):
            self._store.postpone(waiting, now)

    def _send(self, account: Account, delivery: Delivery, sendings: Iterable[Sending]) -> int | None:
        """The answer to the right body, where one of several requests has it, or else to the last."""
        statuses = {sending.body: self._post_signed(account, delivery, sending) for sending in sendings}
        return statuses.get(delivery.body, next(reversed(statuses.values()), None))

    def _post_signed(self, account: Account, delivery: Delivery, sending: Sending) -> int | None:
        signed_at = self._clock() - sending.older
        headers = self._sign(sending.signer(account), sending.body, signed_at, delivery.event_id)
        body, sent = sending.spoilt(headers)
        return self._post(account.webhook_url, body, sent)
