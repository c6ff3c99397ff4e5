from __future__ import annotations

from django.db import connection


def leave_connection_usable() -> None:
    """Drop a database connection that an error has broken, so that the next work gets a good one.

    Not inside a transaction: Django takes its autocommit for a mistake there and would cut it off.
    """
    if not connection.in_atomic_block:
        connection.close_if_unusable_or_obsolete()
