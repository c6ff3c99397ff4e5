"""Durable state in one SQLite file of its own: what was accepted is finished, also after a restart."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

from notes.soapnoteapi.sandbox.database import count
from notes.soapnoteapi.sandbox.delivery_store import DeliveryStore, owe
from notes.soapnoteapi.sandbox.errors import JobFailed
from notes.soapnoteapi.sandbox.records import COMPLETED, FAILED, PROCESSING, Delivery, Job


class Store(DeliveryStore):
    """Jobs and their notes; the deliveries that they owe are committed together with them."""

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
            count(db, "bytes_received", job.received_bytes)
            count(db, f"{job.kind}_accepted")
            if job.status == COMPLETED:
                count(db, "notes_made")

    def job(self, note_id: str) -> Job | None:
        rows = self._rows("SELECT * FROM job WHERE note_id = ?", note_id)
        return _job(rows[0]) if rows else None

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
                count(db, "notes_made")
                owe(db, delivery)

    def fail(self, note_id: str, reason: JobFailed, delivery: Delivery | None, *, now: float) -> None:
        with self._transaction() as db:
            changed = db.execute(
                "UPDATE job SET status = ?, error_code = ?, error_message = ?, finished_at = ?, audio = NULL"
                " WHERE note_id = ? AND status = ?",
                (FAILED, reason.code, reason.message, now, note_id, PROCESSING),
            ).rowcount
            if changed:
                count(db, "notes_failed")
                owe(db, delivery)

    def recent_jobs(self, limit: int = 50) -> list[Job]:
        rows = self._rows("SELECT * FROM job ORDER BY created_at DESC LIMIT ?", limit)
        return [_job(row) for row in rows]

    def spooled(self) -> set[Path]:
        """Recordings that an unfinished job still needs."""
        rows = self._rows("SELECT audio FROM job WHERE audio IS NOT NULL")
        return {Path(row["audio"]) for row in rows}

    def forget_expired(self, now: float) -> int:
        """Drop notes past their expiry, with every copy of their text."""
        with self._transaction() as db:
            old = "SELECT note_id FROM job WHERE expires_at <= ? AND status <> ?"
            db.execute(f"DELETE FROM delivery WHERE note_id IN ({old})", (now, PROCESSING))  # noqa: S608
            return db.execute(
                "DELETE FROM job WHERE expires_at <= ? AND status <> ?", (now, PROCESSING)
            ).rowcount


def _job(row: sqlite3.Row) -> Job:
    fields = dict(row)
    fields["options"] = json.loads(fields["options"])
    fields["note"] = json.loads(fields["note"])
    fields["audio"] = Path(fields["audio"]) if fields["audio"] else None
    return Job(**fields)
