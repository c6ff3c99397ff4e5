"""Webhooks that are owed or were sent, and every attempt at them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from notes.soapnoteapi.sandbox.database import Database, count
from notes.soapnoteapi.sandbox.records import DELIVERED, GIVEN_UP, PENDING, Attempt, Delivery


class DeliveryStore(Database):
    def owe(self, delivery: Delivery) -> None:
        with self._transaction() as db:
            owe(db, delivery)

    def next_delivery(self) -> Delivery | None:
        """The pending delivery that is due first, however far away."""
        rows = self._rows(
            "SELECT * FROM delivery WHERE state = ? ORDER BY next_at, event_id LIMIT 1", PENDING
        )
        return Delivery(**dict(rows[0])) if rows else None

    def record_attempt(
        self, event_id: str, *, state: str, at: float, next_at: float, status: int | None
    ) -> None:
        """What came of an attempt made `at`; `status` is None where no answer came."""
        with self._transaction() as db:
            row = db.execute(
                "UPDATE delivery SET state = ?, next_at = ?, last_status = ?, attempts = attempts + 1"
                " WHERE event_id = ? RETURNING attempts",
                (state, next_at, status, event_id),
            ).fetchone()
            if row is not None:
                values = (event_id, row["attempts"], at, status)
                db.execute("INSERT INTO attempt VALUES (?, ?, ?, ?)", values)
            count(db, "delivery_attempts")
            if state in {DELIVERED, GIVEN_UP}:
                count(db, f"deliveries_{state}")

    def postpone(self, event_id: str, until: float) -> None:
        """Make a delivery that is still pending due at that time."""
        with self._transaction() as db:
            db.execute(
                "UPDATE delivery SET next_at = ? WHERE event_id = ? AND state = ?", (until, event_id, PENDING)
            )

    def send_again(self, event_id: str, now: float) -> bool:
        """Make a delivery due now, whatever came of it before; False where there is no such delivery."""
        with self._transaction() as db:
            changed = db.execute(
                "UPDATE delivery SET state = ?, next_at = ? WHERE event_id = ?", (PENDING, now, event_id)
            ).rowcount
            if changed:
                count(db, "deliveries_sent_again")
        return bool(changed)

    def recent_deliveries(self, limit: int = 50) -> list[Delivery]:
        rows = self._rows("SELECT * FROM delivery ORDER BY rowid DESC LIMIT ?", limit)
        return [Delivery(**dict(row)) for row in rows]

    def attempts(self, deliveries: Iterable[Delivery]) -> dict[str, list[Attempt]]:
        """The attempts at each of the deliveries by event id, first one first."""
        found: dict[str, list[Attempt]] = {owed.event_id: [] for owed in deliveries}
        marks = ", ".join("?" * len(found))
        rows = self._rows(
            f"SELECT * FROM attempt WHERE event_id IN ({marks}) ORDER BY event_id, number",  # noqa: S608
            *found,
        )
        for row in rows:
            found[row["event_id"]].append(Attempt(row["number"], row["at"], row["http_status"]))
        return found


def owe(db: sqlite3.Connection, delivery: Delivery | None) -> None:
    """Owe a webhook inside the transaction of what it tells."""
    if delivery is None:
        return
    db.execute(
        "INSERT INTO delivery VALUES (?,?,?,?,?,?,?,?,?)",
        (
            delivery.event_id,
            delivery.account,
            delivery.note_id,
            delivery.event,
            delivery.body,
            delivery.state,
            delivery.attempts,
            delivery.next_at,
            delivery.last_status,
        ),
    )
