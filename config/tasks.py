"""What every background task is wrapped in."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import structlog

from config.connections import leave_connection_usable

log = structlog.get_logger(__name__)


def quietly(task: Callable[..., object]) -> Callable[..., None]:
    """Log the type of an exception and where it was raised, never its text; leave the connection usable.

    A task never raises: its exception text would be stored and logged by the queue (it may quote what was being
    processed). What went wrong is on the row; what was left undone is found again by the beat and the sweep.
    """

    @wraps(task)
    def guarded(*args: Any) -> None:
        try:
            task(*args)
        except Exception:  # the row stays due, so the work is looked at again
            log.exception("task failed", task=task.__name__)
            leave_connection_usable()

    return guarded
