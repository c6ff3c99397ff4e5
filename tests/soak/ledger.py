"""The engine's own account of what it received and delivered, as its administrator reads it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.http import Door, HttpFailure, Limits, bytes_body

MAKING = ("upload", "text")


@dataclass(frozen=True)
class EngineJob:
    note_id: str
    kind: str
    bytes: int
    status: str


@dataclass(frozen=True)
class Acknowledged:
    """A webhook that was answered with 2xx."""

    note_id: str
    event: str


@dataclass(frozen=True)
class Ledger:
    """`sendings`: requests that brought bytes of a visit, whatever became of them."""

    jobs: tuple[EngineJob, ...] = ()
    acknowledged: frozenset[Acknowledged] = frozenset()
    sendings: int = 0

    def of_size(self, size: int) -> list[EngineJob]:
        return [job for job in self.jobs if job.bytes == size]


class EngineAdmin:
    """Asks the engine; while it is away, the last answer still stands."""

    def __init__(self, folder: Path, url: str) -> None:
        secrets = json.loads((folder / "secrets.json").read_text(encoding="utf-8"))
        limits = Limits(read=20, total=30, answer_bytes=64 * 1024 * 1024)
        self._door, self._url = Door(allowed_origins=[url], limits=limits), url
        self._headers = {"Authorization": f"Bearer {secrets['SANDBOX_ADMIN_TOKEN']}"}
        self.known = Ledger()

    def read(self) -> Ledger:
        found = self.ask("GET", "/sandbox/ledger")
        if found is not None:
            self.known = from_answer(found)
        return self.known

    def ask(self, method: str, path: str, data: Mapping[str, Any] | None = None) -> dict[str, Any] | None:
        """The engine's answer to its administrator, or None when there is none."""
        body = bytes_body(json.dumps(data).encode(), "application/json") if data is not None else None
        try:
            answer = self._door.send(method, self._url + path, headers=self._headers, body=body)
        except HttpFailure:
            return None
        return dict(json.loads(answer.body)) if answer.status < 300 and answer.body else None


def from_answer(found: Mapping[str, Any]) -> Ledger:
    jobs = (
        EngineJob(str(row["noteId"]), str(row["kind"]), int(row["bytes"]), str(row["status"]))
        for row in found["jobs"]
    )
    return Ledger(
        tuple(jobs),
        frozenset(
            Acknowledged(str(row["noteId"]), str(row["event"]))
            for row in found["deliveries"]
            if 200 <= (row["http_status"] or 0) < 300
        ),
        sum(1 for row in found["requests"] if row["endpoint"] in MAKING and row["received"]),
    )
