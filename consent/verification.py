"""Proving the audit trail: every row's digest, every link, and the end of every chain.

Rows are read as raw bytes, so that a row damaged in the database file is named instead of stopping the reader.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.utils import DatabaseError

from consent.audit import DIGESTED, digest

TABLE = "consent_auditevent"
HEADS = "consent_audithead"
COLUMNS = ("id", *DIGESTED, "digest")
PAGE = 2000


@dataclass(frozen=True)
class BadRow:
    id: int | None
    chain: str
    seq: int | None
    problem: str


@dataclass
class Verification:
    """What was found: rows read, the heads seen (chain → (seq, digest)) and the first bad row, if any."""

    rows: int = 0
    heads: dict[str, tuple[int, str]] = field(default_factory=dict)
    bad: BadRow | None = None


def verify_chains() -> Verification:
    """Walk every audit row in the order it was written and stop at the first that doesn't hold."""
    result = Verification()
    try:
        # Read before and after the walk, because on a running system events are added meanwhile.
        before = _stored_ends()
        for row_id, raw in _rows():
            result.bad = _check(row_id, raw, result.heads)
            if result.bad:
                return result
            result.rows += 1
            result.bad = _check_end_passed(row_id, result.heads, before, str((raw or {}).get("chain")))
            if result.bad:
                return result
        result.bad = _check_ends(result.heads, before, _stored_ends())
    except DatabaseError:
        result.bad = BadRow(None, "", None, f"the database cannot read on after row {result.rows}")
    return result


def _rows() -> Iterator[tuple[int, dict[str, Any] | None]]:
    """Rows by id; None for one that the database can't decode."""
    last = -1
    while True:
        ids = _ids_after(last)
        if not ids:
            return
        try:
            page = _read(ids[0], ids[-1])
        except (DatabaseError, UnicodeDecodeError):
            page = {}
        for row_id in ids:
            yield row_id, page.get(row_id) or _read_alone(row_id)
        last = ids[-1]


def _ids_after(last: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id FROM {TABLE} WHERE id > %s ORDER BY id LIMIT {PAGE}", [last])  # noqa: S608
        return [row[0] for row in cursor.fetchall()]


def _read(first: int, last: int) -> dict[int, dict[str, Any]]:
    kind = "BLOB" if connection.vendor == "sqlite" else "TEXT"
    columns = ", ".join(f"CAST({name} AS {kind})" for name in COLUMNS)
    with connection.cursor() as cursor:
        cursor.execute("SET TIME ZONE 'UTC'" if connection.vendor == "postgresql" else "SELECT 1")
        cursor.execute(f"SELECT id, {columns} FROM {TABLE} WHERE id BETWEEN %s AND %s", [first, last])  # noqa: S608
        return {row[0]: dict(zip(COLUMNS, map(_text, row[1:]), strict=True)) for row in cursor.fetchall()}


def _read_alone(row_id: int) -> dict[str, Any] | None:
    try:
        return _read(row_id, row_id).get(row_id)
    except (DatabaseError, UnicodeDecodeError):
        return None


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return bytes(value).decode()


def _check(row_id: int, raw: dict[str, Any] | None, heads: dict[str, tuple[int, str]]) -> BadRow | None:
    if raw is None:
        return BadRow(row_id, "", None, "cannot be read")
    try:
        values = _values(raw)
        chain = str(values["chain"])
    except (ValueError, TypeError, AttributeError):
        return BadRow(row_id, str(raw.get("chain")), None, "holds a value that was never written")
    seq, previous = heads.get(chain, (0, ""))
    if values["seq"] != seq + 1:
        return BadRow(row_id, chain, values["seq"], f"is number {values['seq']} where {seq + 1} should stand")
    if values["prev"] != previous:
        return BadRow(row_id, chain, values["seq"], "does not follow from the row before it")
    if digest(values) != raw["digest"]:
        return BadRow(row_id, chain, values["seq"], "was changed after it was written")
    heads[chain] = (seq + 1, str(raw["digest"]))
    return None


def _values(raw: dict[str, Any]) -> dict[str, Any]:
    """The row's fields as the writer digested them. Raises ValueError for what no writer wrote."""
    values = dict(raw)
    for name in ("chain", "encounter_id", "patient_id"):
        values[name] = UUID(raw[name]) if raw[name] is not None else None
    values["seq"] = int(raw["seq"])
    moment = datetime.fromisoformat(raw["at"])
    values["at"] = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return values


def _stored_ends() -> dict[str, tuple[int, str]]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT chain, seq, digest FROM {HEADS}")  # noqa: S608
        return {str(UUID(str(chain))): (int(seq), str(end)) for chain, seq, end in cursor.fetchall() if seq}


def _check_end_passed(
    row_id: int, heads: dict[str, tuple[int, str]], stored: dict[str, tuple[int, str]], raw_chain: str
) -> BadRow | None:
    """The row at a chain's recorded end carries the digest that was recorded there."""
    chain = str(UUID(raw_chain))
    seq, found = heads[chain]
    recorded = stored.get(chain)
    if recorded and recorded[0] == seq and recorded[1] != found:
        return BadRow(row_id, chain, seq, "is not the row that the chain's recorded end names")
    return None


def _check_ends(
    heads: dict[str, tuple[int, str]], before: dict[str, tuple[int, str]], after: dict[str, tuple[int, str]]
) -> BadRow | None:
    """Every recorded end was reached, and every chain that was walked has one that is no shorter."""
    for chain in sorted(before.keys() | heads.keys()):
        seq, _ = heads.get(chain, (0, ""))
        if seq < before.get(chain, (0, ""))[0]:
            return BadRow(None, chain, seq + 1, "is missing: the chain ends before its recorded end")
        if after.get(chain, (0, ""))[0] < seq:
            return BadRow(None, chain, seq, "is not covered: the chain's recorded end was moved back")
    return None
