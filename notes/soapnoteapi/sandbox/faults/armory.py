"""Which faults are armed, which struck, and every request with what became of it: one SQLite file of their own.

Armed faults outlive the process: a worker that dies under a test is followed by one that still misbehaves. Those
from the settings stand again in full at each start.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from notes.soapnoteapi.sandbox.clock import Clock, iso
from notes.soapnoteapi.sandbox.faults.catalogue import CATALOGUE
from notes.soapnoteapi.sandbox.faults.orders import Order

SETTINGS, CALL = "settings", "call"
KEPT_REQUESTS = 100_000
SCHEMA = """
CREATE TABLE IF NOT EXISTS armed (
    id INTEGER PRIMARY KEY, fault TEXT NOT NULL, parameters TEXT NOT NULL, times INTEGER,
    endpoint TEXT NOT NULL, account TEXT NOT NULL, origin TEXT NOT NULL, struck INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE IF NOT EXISTS strike (
    id INTEGER PRIMARY KEY, at REAL NOT NULL, fault TEXT NOT NULL, parameters TEXT NOT NULL,
    account TEXT NOT NULL, place TEXT NOT NULL, note_id TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS strike_by_note ON strike (note_id);
CREATE TABLE IF NOT EXISTS request (
    id INTEGER PRIMARY KEY, at REAL NOT NULL, method TEXT NOT NULL, endpoint TEXT NOT NULL, account TEXT NOT NULL,
    announced INTEGER, received INTEGER NOT NULL, status INTEGER, sent INTEGER NOT NULL, whole INTEGER NOT NULL,
    note_id TEXT NOT NULL, faults TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS concealed (note_id TEXT PRIMARY KEY, until REAL) STRICT;
"""


@dataclass(frozen=True)
class Entry:
    """One request as the ledger keeps it. `received` and `sent` are bytes of the bodies; `status` None: no answer;
    `whole`: the last byte of the answer was handed to the network."""

    at: float
    method: str
    endpoint: str
    account: str
    announced: int | None
    received: int
    status: int | None
    sent: int
    whole: bool
    note_id: str
    faults: tuple[str, ...]


@dataclass(frozen=True)
class Armed:
    """An order that stands. `id` 0: it came with the request itself and is kept nowhere."""

    id: int
    order: Order


class Armory:
    def __init__(self, path: Path, clock: Clock, standing: Iterable[Order] = ()) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
        self._clock = clock
        self._lock = threading.RLock()
        self._db = sqlite3.connect(path, check_same_thread=False)
        self._db.row_factory = sqlite3.Row
        self._db.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;" + SCHEMA)
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

    def enter(self, entry: Entry) -> None:
        values = [*asdict(entry).values()][:-1]
        with self._transaction() as db:
            row = db.execute(
                "INSERT INTO request (at, method, endpoint, account, announced, received, status, sent, whole,"
                " note_id, faults) VALUES (?,?,?,?,?,?,?,?,?,?,?) RETURNING id",
                (*values, json.dumps(entry.faults)),
            ).fetchone()
            db.execute("DELETE FROM request WHERE id <= ?", (row["id"] - KEPT_REQUESTS,))

    def listing(self, limit: int = 50) -> dict[str, object]:
        """What is armed and what struck last, ready to be shown: names, numbers and ids."""
        return {"armed": self.armed(), "struck": self.strikes(limit)}

    def armed(self) -> list[dict[str, object]]:
        """The faults that stand, oldest first; `times` None: for as long as they stand."""
        rows = self._rows("SELECT * FROM armed ORDER BY id")
        return [_shown(row, "id", "endpoint", "times", "struck", "origin") for row in rows]

    def strikes(self, limit: int = 50) -> list[dict[str, object]]:
        """Which fault struck when and where, newest first."""
        rows = self._rows("SELECT * FROM strike ORDER BY id DESC LIMIT ?", limit)
        return [{**_shown(row, "place", "note_id"), "at": iso(row["at"])} for row in rows]

    def requests(self, limit: int = 10_000) -> list[dict[str, object]]:
        """The requests of the contract, newest first."""
        rows = self._rows("SELECT * FROM request ORDER BY id DESC LIMIT ?", limit)
        return [
            {**row, "at": iso(row["at"]), "whole": bool(row["whole"]), "faults": json.loads(row["faults"])}
            for row in map(dict, rows)
        ]

    def close(self) -> None:
        with self._lock:
            self._db.close()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock, self._db:
            yield self._db

    def _rows(self, sql: str, *values: object) -> list[sqlite3.Row]:
        with self._lock:
            return self._db.execute(sql, values).fetchall()


def _order(row: sqlite3.Row) -> Order:
    parameters: Mapping[str, int | float | str | bool] = json.loads(row["parameters"])
    return Order(CATALOGUE[row["fault"]], parameters, row["times"], row["endpoint"], row["account"])


def _shown(row: sqlite3.Row, *names: str) -> dict[str, object]:
    head = {"fault": row["fault"], "parameters": json.loads(row["parameters"]), "account": row["account"]}
    return {**head, **{name: row[name] for name in names}}
