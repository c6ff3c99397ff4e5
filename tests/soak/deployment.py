"""The deployment under test, and our own way into its database: read-only, one snapshot at a time."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from notes.demo.stage import Stage

Seen = TypeVar("Seen")
IMPATIENT = {
    "ENGINE_LEASE_SECONDS": "8",
    "ENGINE_ANSWER_WAIT_SECONDS": "12",
    "ENGINE_FIRST_POLL_SECONDS": "2",
    "ENGINE_PAUSE_SECONDS": "15",
    "WORKER_STALE_SECONDS": "15",
}


@contextmanager
def own_database(server: str) -> Iterator[str]:
    """An empty database on a PostgreSQL server, dropped at the end; nothing to do for the SQLite of the folder."""
    if not server:
        yield ""
        return
    import psycopg  # noqa: PLC0415

    name = f"countersign_soak_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}"')
        try:
            yield urlsplit(server)._replace(path=f"/{name}").geturl()
        finally:
            admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def become_reader(folder: Path, environment: Mapping[str, str]) -> None:
    """Make this process a Django process of the deployment that can read its database and not write."""
    os.environ.update(Stage(folder, port=0, environment=environment).environment)
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    import django  # noqa: PLC0415
    from django.conf import settings  # noqa: PLC0415

    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        database["OPTIONS"] = {"timeout": 20, "init_command": "PRAGMA query_only=ON;"}
    else:
        snapshots = "-c default_transaction_read_only=on -c default_transaction_isolation=repeatable\\ read"
        database["OPTIONS"] = {"options": snapshots}
    django.setup()


def seen(look: Callable[[], Seen]) -> Seen:
    """What `look` finds in one consistent snapshot; once more where a fault took our own connection."""
    from django.db import DatabaseError, connection, transaction  # noqa: PLC0415

    for tries_left in reversed(range(5)):
        try:
            with transaction.atomic():
                return look()
        except DatabaseError:
            if not tries_left:
                raise
            time.sleep(1)
        finally:
            with suppress(DatabaseError):
                connection.close()
    raise AssertionError("unreachable")
