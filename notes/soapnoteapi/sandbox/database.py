"""The sandbox's one SQLite file: its tables, its connection, and the numbers that only ever grow."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SCHEMA = """
CREATE TABLE IF NOT EXISTS job (
    note_id TEXT PRIMARY KEY, account TEXT NOT NULL, kind TEXT NOT NULL, status TEXT NOT NULL,
    created_at REAL NOT NULL, expires_at REAL NOT NULL, options TEXT NOT NULL, audio TEXT,
    received_bytes INTEGER NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, note TEXT NOT NULL DEFAULT '{}',
    error_code TEXT NOT NULL DEFAULT '', error_message TEXT NOT NULL DEFAULT '',
    audio_seconds REAL, finished_at REAL
) STRICT;
CREATE INDEX IF NOT EXISTS job_by_status ON job (status, created_at);
CREATE TABLE IF NOT EXISTS delivery (
    event_id TEXT PRIMARY KEY, account TEXT NOT NULL, note_id TEXT NOT NULL, event TEXT NOT NULL,
    body BLOB NOT NULL, state TEXT NOT NULL, attempts INTEGER NOT NULL,
    next_at REAL NOT NULL, last_status INTEGER
) STRICT;
CREATE INDEX IF NOT EXISTS delivery_due ON delivery (state, next_at);
CREATE INDEX IF NOT EXISTS delivery_by_note ON delivery (note_id);
CREATE TABLE IF NOT EXISTS attempt (
    event_id TEXT NOT NULL REFERENCES delivery ON DELETE CASCADE, number INTEGER NOT NULL,
    at REAL NOT NULL, http_status INTEGER, PRIMARY KEY (event_id, number)
) STRICT;
CREATE TABLE IF NOT EXISTS quota (
    account TEXT NOT NULL, day INTEGER NOT NULL, used INTEGER NOT NULL, PRIMARY KEY (account, day)
) STRICT;
CREATE TABLE IF NOT EXISTS tally (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
"""
DAY = 86_400


class Database:
    """One connection, one lock: a single process with a handful of threads is all that ever writes here."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
        self._lock = threading.RLock()
        self._db = sqlite3.connect(path, check_same_thread=False)
        self._db.row_factory = sqlite3.Row
        self._db.executescript(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON; PRAGMA foreign_keys=ON;"
            + SCHEMA
        )

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

    def tallies(self) -> dict[str, int]:
        return {
            row["name"]: row["value"] for row in self._rows("SELECT name, value FROM tally ORDER BY name")
        }

    def use_quota(self, account: str, now: float) -> int:
        """Count one request of the account's day (UTC); how many that makes."""
        day = int(now // DAY)
        with self._transaction() as db:
            db.execute("DELETE FROM quota WHERE day < ?", (day,))
            row = db.execute(
                "INSERT INTO quota VALUES (?, ?, 1) ON CONFLICT (account, day) DO UPDATE SET used = used + 1"
                " RETURNING used",
                (account, day),
            ).fetchone()
        return int(row["used"])


def count(db: sqlite3.Connection, name: str, by: int = 1) -> None:
    """Add to a number of the ledger, inside the transaction of what is counted."""
    db.execute(
        "INSERT INTO tally (name, value) VALUES (?, ?) ON CONFLICT (name)"
        " DO UPDATE SET value = value + excluded.value",
        (name, by),
    )
