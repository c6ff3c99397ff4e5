"""Ringing for background work: a dotted task name and ids, once the current transaction has committed.

The broker is only a doorbell. The work itself is in our rows, which the worker's beat looks at anyway, so a ring
that is lost with a broken broker costs seconds, not work.
"""

from __future__ import annotations

import time
from functools import partial
from uuid import UUID

import structlog
from django.db import transaction
from django_q.tasks import async_task

log = structlog.get_logger(__name__)
_last_rung: dict[tuple[str, UUID], float] = {}


def ring(task: str, *ids: UUID) -> None:
    """Enqueue `task` (``notes.tasks.send``, say) with `ids` as text after commit."""
    transaction.on_commit(partial(_enqueue, task, [str(pk) for pk in ids]), robust=True)


def ring_gently(task: str, pk: UUID, *, every: float) -> None:
    """Like `ring`, but at most once in so many seconds for the same task and row (in this process): for work that
    takes in everything that is there, so that a burst doesn't fill the broker. The beat finds what came after."""
    transaction.on_commit(partial(_enqueue_gently, task, pk, every), robust=True)


def _enqueue_gently(task: str, pk: UUID, every: float) -> None:
    now = time.monotonic()
    if now - _last_rung.get((task, pk), float("-inf")) < every:
        return
    if len(_last_rung) > 10_000:
        _last_rung.clear()
    _last_rung[task, pk] = now
    _enqueue(task, [str(pk)])


def _enqueue(task: str, ids: list[str]) -> None:
    try:
        async_task(task, *ids)
    except Exception as broken:  # noqa: BLE001 - whatever ails the broker, the caller's work is already safe
        log.warning("doorbell did not ring", task=task, error=type(broken).__name__)
