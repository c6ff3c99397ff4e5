"""Durable state in one SQLite file of its own: what was accepted is finished, also after a restart."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from notes.soapnoteapi.sandbox.errors import JobFailed
from notes.soapnoteapi.sandbox.records import (
    COMPLETED,
    DELIVERED,
    FAILED,
    GIVEN_UP,
    PENDING,
    PROCESSING,
    Delivery,
    Job,
)

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
CREATE TABLE IF NOT EXISTS tally (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
"""


class Store:
    """One connection, one lock: a single process with a handful of threads is all that ever writes here."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
        self._lock = threading.RLock()
        self._db = sqlite3.connect(path, check_same_thread=False)
        self._db.row_factory = sqlite3.Row
        self._db.executescript(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON;" + SCHEMA
        )

    def close(self) -> None:
        with self._lock:
            self._db.close()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock, self._db:
            yield self._db

    def add_job(self, job: Job) -> None:
        with self._transaction() as db:
            db.execute(
                "INSERT INTO job (note_id, account, kind, status, created_at, expires_at, options, audio,"
                " received_bytes, note, finished_at) VALUES (?,?,?,?,?,?,?,?,?,?,?)",
                (
                    job.note_id,
                    job.account,
                    job.kind,
                    job.status,
                    job.created_at,
                    job.expires_at,
                    json.dumps(job.options),
                    str(job.audio) if job.audio else None,
                    job.received_bytes,
                    json.dumps(job.note),
                    job.finished_at,
                ),
            )
            _count(db, "bytes_received", job.received_bytes)
            _count(db, f"{job.kind}_accepted")
            if job.status == COMPLETED:
                _count(db, "notes_made")

    def job(self, note_id: str) -> Job | None:
        with self._lock:
            row = self._db.execute("SELECT * FROM job WHERE note_id = ?", (note_id,)).fetchone()
        return _job(row) if row else None

    def claim(self) -> Job | None:
        """The oldest unfinished job, its attempt counted before any work is done on it."""
        with self._transaction() as db:
            row = db.execute(
                "UPDATE job SET attempts = attempts + 1 WHERE note_id = "
                "(SELECT note_id FROM job WHERE status = ? ORDER BY created_at, note_id LIMIT 1) RETURNING *",
                (PROCESSING,),
            ).fetchone()
        return _job(row) if row else None

    def complete(
        self,
        note_id: str,
        note: dict[str, object],
        delivery: Delivery | None,
        *,
        seconds: float,
        now: float,
        expires_at: float,
    ) -> None:
        """Note and owed webhook in one commit. A job that is no longer unfinished is left as it is."""
        with self._transaction() as db:
            changed = db.execute(
                "UPDATE job SET status = ?, note = ?, audio_seconds = ?, finished_at = ?, expires_at = ?,"
                " audio = NULL WHERE note_id = ? AND status = ?",
                (COMPLETED, json.dumps(note), seconds, now, expires_at, note_id, PROCESSING),
            ).rowcount
            if changed:
                _count(db, "notes_made")
                _owe(db, delivery)

    def fail(self, note_id: str, reason: JobFailed, delivery: Delivery | None, *, now: float) -> None:
        with self._transaction() as db:
            changed = db.execute(
                "UPDATE job SET status = ?, error_code = ?, error_message = ?, finished_at = ?, audio = NULL"
                " WHERE note_id = ? AND status = ?",
                (FAILED, reason.code, reason.message, now, note_id, PROCESSING),
            ).rowcount
            if changed:
                _count(db, "notes_failed")
                _owe(db, delivery)

    def recent_jobs(self, limit: int = 50) -> list[Job]:
        with self._lock:
            rows = self._db.execute("SELECT * FROM job ORDER BY created_at DESC LIMIT ?", (limit,)).fetchall()
        return [_job(row) for row in rows]

    def spooled(self) -> set[Path]:
        """Recordings that an unfinished job still needs."""
        with self._lock:
            rows = self._db.execute("SELECT audio FROM job WHERE audio IS NOT NULL").fetchall()
        return {Path(row["audio"]) for row in rows}

    def forget_expired(self, now: float) -> int:
        """Drop notes past their expiry, with every copy of their text."""
        with self._transaction() as db:
            old = "SELECT note_id FROM job WHERE expires_at <= ? AND status <> ?"
            db.execute(f"DELETE FROM delivery WHERE note_id IN ({old})", (now, PROCESSING))  # noqa: S608
            return db.execute(
                "DELETE FROM job WHERE expires_at <= ? AND status <> ?", (now, PROCESSING)
            ).rowcount

    def owe(self, delivery: Delivery) -> None:
        with self._transaction() as db:
            _owe(db, delivery)

    def next_delivery(self) -> Delivery | None:
        """The pending delivery that is due first, however far away."""
        with self._lock:
            row = self._db.execute(
                "SELECT * FROM delivery WHERE state = ? ORDER BY next_at, event_id LIMIT 1", (PENDING,)
            ).fetchone()
        return _delivery(row) if row else None

    def record_attempt(self, event_id: str, *, state: str, next_at: float, status: int | None) -> None:
        with self._transaction() as db:
            db.execute(
                "UPDATE delivery SET state = ?, next_at = ?, last_status = ?, attempts = attempts + 1"
                " WHERE event_id = ?",
                (state, next_at, status, event_id),
            )
            _count(db, "delivery_attempts")
            if state in {DELIVERED, GIVEN_UP}:
                _count(db, f"deliveries_{state}")

    def recent_deliveries(self, limit: int = 50) -> list[Delivery]:
        with self._lock:
            rows = self._db.execute("SELECT * FROM delivery ORDER BY rowid DESC LIMIT ?", (limit,)).fetchall()
        return [_delivery(row) for row in rows]

    def tallies(self) -> dict[str, int]:
        with self._lock:
            rows = self._db.execute("SELECT name, value FROM tally ORDER BY name").fetchall()
        return {row["name"]: row["value"] for row in rows}


def _count(db: sqlite3.Connection, name: str, by: int = 1) -> None:
    db.execute(
        "INSERT INTO tally (name, value) VALUES (?, ?) ON CONFLICT (name)"
        " DO UPDATE SET value = value + excluded.value",
        (name, by),
    )


def _owe(db: sqlite3.Connection, delivery: Delivery | None) -> None:
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


def _job(row: sqlite3.Row) -> Job:
    fields = dict(row)
    fields["options"] = json.loads(fields["options"])
    fields["note"] = json.loads(fields["note"])
    fields["audio"] = Path(fields["audio"]) if fields["audio"] else None
    return Job(**fields)


def _delivery(row: sqlite3.Row) -> Delivery:
    return Delivery(**dict(row))
