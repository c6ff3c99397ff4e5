"""Bulk exports: asked for, planned by the worker, fetched file by file, forgotten.

An export is what was filed up to one moment. Its time is taken while the practice's counter is held, so whatever is
being filed just then is either in it or has a later time, and ``_since`` this time misses nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from django.db.models import F, QuerySet
from django.utils import timezone

from config.doorbell import ring
from consent.audit import SystemActor, audited, record
from consent.transitions import StaleState, advance
from notes.models import ChangeCounter, Export, FhirDocument, Integration
from notes.selectors.fhir import exported
from notes.services.clock import next_stamp
from notes.states import ExportState

log = structlog.get_logger(__name__)
PLANNER = SystemActor(name="export planner")
LINES = 50_000  # of one file
KEPT = timedelta(hours=24)
TRIES = 3
MOST_OPEN = 20


class TooManyExports(Exception):
    """The integration has as many exports as it may have at a time."""


def export_begin(*, integration: Integration, asked: dict[str, Any]) -> Export:
    """Ask for an export of what is filed by now. `asked` as in ``Export``; its filters must be good."""
    live = Export.objects.filter(
        integration=integration,
        state__in=[ExportState.QUEUED, ExportState.READY],
        expires_at__gt=timezone.now(),
    )
    if live.count() >= MOST_OPEN:
        raise TooManyExports
    with audited():
        moment = next_stamp(integration.practice_id)
        last = ChangeCounter.objects.values_list("value", flat=True).get(pk=integration.practice_id)
        made = Export.objects.create(
            practice_id=integration.practice_id,
            integration=integration,
            asked=asked,
            until=FhirDocument.position_of(last + 1, 0) - 1,
            transaction_time=moment,
            expires_at=timezone.now() + KEPT,
        )
        record(
            "export.requested",
            actor=integration,
            target=made,
            data={"types": asked["types"], "since": asked["since"]},
            **made.audit_context(),
        )
        ring("notes.tasks.plan_export", made.pk)
    return made


def export_plan(export_id: UUID) -> None:
    """Count what it holds and cut it into files. Done twice, it comes out the same; the first one counts."""
    queued = Export.objects.filter(pk=export_id, state=ExportState.QUEUED)
    export = queued.select_related("integration").first()
    if export is None:
        return
    if export.attempts >= TRIES:
        _quietly_advance(export, ExportState.FAILED)
        return
    queued.update(attempts=F("attempts") + 1)
    files = [file for kind in export.asked["types"] for file in _files(export, kind)]
    _quietly_advance(export, ExportState.READY, files=files, expires_at=timezone.now() + KEPT)


def export_cancel(*, export: Export, actor: Integration) -> None:
    """Stop it, or forget what it gave. Raises StaleState when that was done before."""
    advance(export, ExportState.CANCELLED, actor=actor, files=[])


def exports_tend() -> None:
    """Plan what a lost ring or a dead worker left queued, and delete what is over."""
    now = timezone.now()
    for pk in Export.objects.filter(state=ExportState.QUEUED, expires_at__gt=now).values_list(
        "pk", flat=True
    )[:20]:
        export_plan(pk)
    Export.objects.filter(expires_at__lte=now).delete()


def _quietly_advance(export: Export, state: str, **fields: Any) -> None:
    """Somebody cancelled it meanwhile, or another worker planned it: then there is nothing left to do."""
    try:
        advance(export, state, actor=PLANNER, **fields)
    except StaleState:
        log.info("export was settled by somebody else", export=str(export.pk))


def _files(export: Export, kind: str) -> Iterator[dict[str, Any]]:
    if kind == exported.DOCUMENTS:
        yield from _cut(kind, exported.documents(export))
    elif kind == exported.PROVENANCE:
        yield from _cut(kind, exported.provenances(export))
    elif kind == exported.DEVICE:
        yield {"type": kind, "count": None}
    elif count := exported.people(export, kind).count():
        yield {"type": kind, "count": count}


def _cut(kind: str, rows: QuerySet[FhirDocument]) -> Iterator[dict[str, Any]]:
    """Files of so many lines, told apart by the positions of the first and the last."""
    file: dict[str, Any] | None = None
    for position in rows.order_by("position").values_list("position", flat=True).iterator(chunk_size=5000):
        if file is None:
            file = {"type": kind, "count": 0, "first": position}
        file["count"] += 1
        file["last"] = position
        if file["count"] == LINES:
            yield file
            file = None
    if file:
        yield file
