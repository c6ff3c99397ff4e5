"""I5: what was said or typed is where it belongs and nowhere else: not in logs, temporary files, the queue, columns
that are not sealed, nor in audio that should be gone."""

from __future__ import annotations

import base64
import pickle
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from django.apps import apps
from django.db import connection
from django_q.models import OrmQ, Task

from encounters.models import Recording
from encounters.states import RecordingState
from tests.soak.invariants import Violation
from tests.soak.recordings import SPOKEN_WORDS
from tests.soak.visits import MARK

NEEDLES = (MARK.encode(), *(word.encode() for word in SPOKEN_WORDS))
GONE = (RecordingState.PURGED, RecordingState.REJECTED, RecordingState.FAILED)
# The engine is a vendor: what it was sent, it may keep in its own store, but not in its log or spool.
ENGINES_OWN = "sandbox"


def check_files(folder: Path) -> list[Violation]:
    """Logs and temporary files; meant to be looked at again and again."""
    places = [*folder.glob("*.log"), *_files(folder / "tmp")]
    return [_leak(path, folder) for path in places if holds(_bytes(path))]


def check_all(folder: Path) -> list[Violation]:
    """Every file of the deployment, every column, and the queue, once everything is at rest."""
    own = {path for path in _files(folder / ENGINES_OWN) if "spool" not in path.parts}
    own |= set(_files(folder / "static"))
    files = [path for path in _files(folder) if path not in own]
    found = [_leak(path, folder) for path in files if holds(_bytes(path))]
    spooled = [Violation("I5", "the engine still has a recording", (p.name,)) for p in _spool(folder)]
    return [*found, *spooled, *_columns(), *_queue(), *_purged_audio(folder / "audio")]


def holds(data: bytes) -> bool:
    return any(needle in data for needle in NEEDLES)


def _leak(path: Path, folder: Path) -> Violation:
    return Violation("I5", "a file holds what was said or typed", (str(path.relative_to(folder)),))


def _spool(folder: Path) -> list[Path]:
    return _files(folder / ENGINES_OWN / "spool")


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def _bytes(path: Path) -> bytes:
    with suppress(FileNotFoundError):  # a temporary file may go while we look
        return path.read_bytes()
    return b""


def _columns() -> list[Violation]:
    """Raw, as somebody with the database's files would read them."""
    return [
        Violation("I5", "a column holds what was said or typed", (str(field),))
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.local_concrete_fields
        if any(holds(value) for value in _values(model._meta.db_table, field.column))
    ]


def _values(table: str, column: str) -> Iterator[bytes]:
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {quote(column)} FROM {quote(table)}")
        for (value,) in cursor.fetchall():
            raw = bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
            yield raw


def _queue() -> list[Violation]:
    """Tasks and cached values are packed, so a look at the column alone would not show what is in them."""
    packed = [
        *((f"queued task {row.pk}", repr(row.task)) for row in OrmQ.objects.all()),
        *((f"task {row.pk}", repr([row.args, row.kwargs, row.result])) for row in Task.objects.all()),
        *_cached(),
    ]
    what = "the queue or the cache holds what was said or typed"
    return [Violation("I5", what, (name,)) for name, held in packed if holds(held.encode())]


def _cached() -> Iterator[tuple[str, str]]:
    if "config_cache" not in connection.introspection.table_names():
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT cache_key, value FROM config_cache")
        for key, value in cursor.fetchall():
            yield f"cache {key}", repr(pickle.loads(base64.b64decode(value)))


def _purged_audio(audio: Path) -> list[Violation]:
    """Recordings that were refused or deleted have no bytes left."""
    over = Recording.objects.filter(state__in=GONE).values_list("pk", flat=True)
    what = "audio is left of a recording that was deleted"
    return [Violation("I5", what, (str(pk),)) for pk in over if _files(audio / pk.hex)]
