from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections

from consent import immutability


@register(Tags.database)
def immutable_tables_are_guarded(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    for alias in databases or []:
        names = immutability.missing(connections[alias])
        if names:
            found.append(
                Error(
                    f"Signed records are not protected: triggers missing on database {alias!r}: {', '.join(names)}.",
                    hint="Run `manage.py migrate`, which re-creates them.",
                    id="consent.E001",
                )
            )
    return found
