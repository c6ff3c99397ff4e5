"""What became of each request, and which fault struck when: one SQLite file, apart from the jobs and their notes."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from notes.soapnoteapi.sandbox.clock import iso

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


class Journal:
    """One connection, one lock. Written once for each request, and synced by the system, not by us."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
        self._lock = threading.RLock()
        self._db = sqlite3.connect(path, check_same_thread=False)
        self._db.row_factory = sqlite3.Row
        self._db.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;" + SCHEMA)

    def enter(self, entry: Entry) -> None:
        values = [*asdict(entry).values()][:-1]
        with self._transaction() as db:
            row = db.execute(
                "INSERT INTO request (at, method, endpoint, account, announced, received, status, sent, whole,"
                " note_id, faults) VALUES (?,?,?,?,?,?,?,?,?,?,?) RETURNING id",
                (*values, json.dumps(entry.faults)),
            ).fetchone()
            db.execute("DELETE FROM request WHERE id <= ?", (row["id"] - KEPT_REQUESTS,))

    def requests(self, limit: int = 10_000) -> list[dict[str, object]]:
        """The requests of the contract, newest first."""
        rows = self._rows("SELECT * FROM request ORDER BY id DESC LIMIT ?", limit)
        return [
            {**row, "at": iso(row["at"]), "whole": bool(row["whole"]), "faults": json.loads(row["faults"])}
            for row in map(dict, rows)
        ]

    def strikes(self, limit: int = 50) -> list[dict[str, object]]:
        """Which fault struck when and where, newest first."""
        rows = self._rows("SELECT * FROM strike ORDER BY id DESC LIMIT ?", limit)
        return [{**shown(row, "place", "note_id"), "at": iso(row["at"])} for row in rows]

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


def shown(row: sqlite3.Row, *names: str) -> dict[str, object]:
    head = {"fault": row["fault"], "parameters": json.loads(row["parameters"]), "account": row["account"]}
    return {**head, **{name: row[name] for name in names}}
