"""A whole client that keeps an EHR in step with Countersign, in Python's standard library alone.

    python sync.py http://127.0.0.1:8000 csk_… notes.sqlite3

Run it every minute, or when a webhook says that there is something. Stop it anywhere: it goes on where it was.
"""

from __future__ import annotations

import json
import sqlite3
import sys
import time
import urllib.error
import urllib.request
from typing import Any


class Countersign:
    def __init__(self, base_url: str, key: str) -> None:
        self.base_url, self.key = base_url.rstrip("/"), key

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """One request; waits and tries again when told to (429, 503) or when the network fails."""
        for attempt in range(6):
            request = urllib.request.Request(self.base_url + path, method=method)  # noqa: S310 - our own address
            request.add_header("Authorization", f"Bearer {self.key}")
            request.add_header("Content-Type", "application/json")
            data = None if body is None else json.dumps(body).encode()
            try:
                with urllib.request.urlopen(request, data, timeout=30) as answer:  # noqa: S310
                    return json.load(answer)
            except urllib.error.HTTPError as error:
                if error.code not in {429, 503}:
                    raise
                time.sleep(float(error.headers.get("Retry-After") or 2**attempt))
            except (urllib.error.URLError, TimeoutError):
                time.sleep(2**attempt)
        raise SystemExit("Countersign can't be reached. Nothing is lost: run this again.")


def sync(api: Countersign, chart: sqlite3.Connection) -> int:
    """Bring `chart` up to date; how many versions came. A page and its cursor are stored in one transaction."""
    chart.execute("CREATE TABLE IF NOT EXISTS note (id PRIMARY KEY, version, state, body, told DEFAULT 0)")
    chart.execute("CREATE TABLE IF NOT EXISTS place (one PRIMARY KEY, cursor)")
    came, more = 0, True
    while more:
        row = chart.execute("SELECT cursor FROM place").fetchone()
        page = api.ask("GET", "/api/v1/notes?limit=500" + (f"&after={row[0]}" if row else ""))
        with chart:
            for note in page["data"]:
                chart.execute(
                    "INSERT INTO note (id, version, state, body) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET "
                    "version = excluded.version, state = excluded.state, body = excluded.body, told = 0",
                    (note["id"], note["version"], note["state"], json.dumps(note)),
                )
            chart.execute("REPLACE INTO place VALUES (1, ?)", (page["next_cursor"],))
        came, more = came + len(page["data"]), page["has_more"]
    for note_id, version in chart.execute("SELECT id, version FROM note WHERE NOT told").fetchall():
        receipt = {"status": "filed", "external_id": note_id}
        api.ask("PUT", f"/api/v1/notes/{note_id}/versions/{version}/receipt", receipt)
        with chart:
            chart.execute("UPDATE note SET told = 1 WHERE id = ? AND version = ?", (note_id, version))
    return came


if __name__ == "__main__":
    print(sync(Countersign(*sys.argv[1:3]), sqlite3.connect(sys.argv[3])), "versions came")
