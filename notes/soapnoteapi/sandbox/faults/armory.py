"""Which faults are armed, and what they keep secret.

Armed faults outlive the process: a worker that dies under a test is followed by one that still misbehaves. Those
from the settings stand again in full at each start.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from notes.soapnoteapi.sandbox.clock import Clock
from notes.soapnoteapi.sandbox.faults.catalogue import CATALOGUE
from notes.soapnoteapi.sandbox.faults.journal import Journal, shown
from notes.soapnoteapi.sandbox.faults.orders import Order

SETTINGS, CALL = "settings", "call"


@dataclass(frozen=True)
class Armed:
    """An order that stands. `id` 0: it came with the request itself and is kept nowhere."""

    id: int
    order: Order


class Armory(Journal):
    def __init__(self, path: Path, clock: Clock, standing: Iterable[Order] = ()) -> None:
        super().__init__(path)
        self._clock = clock
        with self._transaction() as db:
            db.execute("DELETE FROM armed WHERE origin = ?", (SETTINGS,))
        for order in standing:
            self.arm(order, origin=SETTINGS)

    def arm(self, order: Order, *, origin: str = CALL) -> int:
        """Let the fault strike; its id."""
        values = (
            order.fault.name,
            json.dumps(dict(order.parameters)),
            order.times,
            order.endpoint,
            order.account,
            origin,
        )
        with self._transaction() as db:
            row = db.execute(
                "INSERT INTO armed (fault, parameters, times, endpoint, account, origin) VALUES (?,?,?,?,?,?)"
                " RETURNING id",
                values,
            ).fetchone()
        return int(row["id"])

    def disarm(self, armed_id: int | None = None) -> int:
        """Take one fault back, or all of them; how many."""
        where, values = ("WHERE id = ?", (armed_id,)) if armed_id is not None else ("", ())
        with self._transaction() as db:
            return db.execute(f"DELETE FROM armed {where}", values).rowcount  # noqa: S608

    def standing(self, place: str, *, account: str, endpoint: str = "") -> list[Armed]:
        """The armed faults that may strike here, oldest first."""
        found = (Armed(row["id"], _order(row)) for row in self._rows("SELECT * FROM armed ORDER BY id"))
        return [
            armed for armed in found
            if armed.order.fault.strikes == place and armed.order.meets(endpoint, account)
        ]  # fmt: skip

    def strike(self, armed: Armed, *, account: str, place: str, note_id: str = "") -> bool:
        """Use it up by one, on record. False when another request was faster."""
        with self._transaction() as db:
            if armed.id:
                changed = db.execute(
                    "UPDATE armed SET times = times - 1, struck = struck + 1"
                    " WHERE id = ? AND (times IS NULL OR times > 0)",
                    (armed.id,),
                ).rowcount
                if not changed:
                    return False
                db.execute("DELETE FROM armed WHERE id = ? AND times = 0", (armed.id,))
            parameters = json.dumps(dict(armed.order.parameters))
            db.execute(
                "INSERT INTO strike (at, fault, parameters, account, place, note_id) VALUES (?,?,?,?,?,?)",
                (self._clock(), armed.order.fault.name, parameters, account, place, note_id),
            )
        return True

    def has_struck(self, fault: str, note_id: str) -> bool:
        return bool(
            self._rows("SELECT 1 FROM strike WHERE fault = ? AND note_id = ? LIMIT 1", fault, note_id)
        )

    def conceal(self, note_id: str, until: float | None) -> None:
        """Pretend that the job is being processed until then; None: for ever."""
        with self._transaction() as db:
            db.execute("INSERT OR REPLACE INTO concealed VALUES (?, ?)", (note_id, until))

    def concealed(self, note_id: str) -> tuple[bool, float | None]:
        """Whether the end of the job is kept secret now, and until when."""
        rows = self._rows("SELECT until FROM concealed WHERE note_id = ?", note_id)
        if not rows:
            return False, None
        until = rows[0]["until"]
        return (until is None or until > self._clock()), until

    def listing(self, limit: int = 50) -> dict[str, object]:
        """What is armed and what struck last, ready to be shown: names, numbers and ids."""
        return {"armed": self.armed(), "struck": self.strikes(limit)}

    def armed(self) -> list[dict[str, object]]:
        """The faults that stand, oldest first; `times` None: for as long as they stand."""
        rows = self._rows("SELECT * FROM armed ORDER BY id")
        return [shown(row, "id", "endpoint", "times", "struck", "origin") for row in rows]


def _order(row: sqlite3.Row) -> Order:
    parameters: Mapping[str, int | float | str | bool] = json.loads(row["parameters"])
    return Order(CATALOGUE[row["fault"]], parameters, row["times"], row["endpoint"], row["account"])
