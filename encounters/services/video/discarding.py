"""Deleting the vendor's copy once it is of no more use, until the vendor has confirmed it."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from config.doorbell import ring
from consent.audit import SYSTEM, Outcome, record
from encounters.models import VendorRecording
from encounters.services.video.connections import connection_heard, vendor_of
from encounters.services.video.found import call_ref, described
from encounters.services.video.losing import copy_gone, wait_seconds
from encounters.states import VENDOR_COPY_UNWANTED
from encounters.vendors.errors import NotFound, VendorError

CLAIM = timedelta(seconds=120)
# When the vendor has refused so often, it becomes work for a person.
TELL_AFTER = 3


def copy_discard(row_id: UUID) -> None:
    """Ask the vendor to delete its copy, unless another worker is at it or it is gone."""
    if (
        not _due()
        .filter(pk=row_id)
        .update(next_attempt_at=timezone.now() + CLAIM, attempts=F("attempts") + 1)
    ):
        return
    row = VendorRecording.objects.select_related("connection", "call__encounter", "recording").get(pk=row_id)
    try:
        evidence = vendor_of(row.connection).discard(described(row), call_ref(row))
    except NotFound:
        evidence = "The vendor no longer has it"
    except VendorError as error:
        _try_later(row, error)
        return
    connection_heard(row.connection, None)
    copy_gone(row, evidence=evidence)


def _due() -> QuerySet[VendorRecording]:
    return VendorRecording.objects.filter(
        state__in=VENDOR_COPY_UNWANTED, discarded_at__isnull=True, next_attempt_at__lte=timezone.now()
    )


def _try_later(row: VendorRecording, error: VendorError) -> None:
    """The row stays work to be done; there is no giving up on a copy of somebody's voice."""
    connection_heard(row.connection, error)
    later = timezone.now() + timedelta(seconds=wait_seconds(row.attempts - 1, error))
    VendorRecording.objects.filter(pk=row.pk, discarded_at__isnull=True).update(
        next_attempt_at=later, last_error_code=error.code, last_error=error.words[:300]
    )
    if row.attempts == TELL_AFTER:
        record(
            "vendor_copy.not_deleted",
            actor=SYSTEM,
            target=row,
            outcome=Outcome.FAILURE,
            data={"code": error.code, "attempts": row.attempts},
            **row.audit_context(),
        )


def not_deleted() -> QuerySet[VendorRecording]:
    """Copies that still exist at vendors although we asked for their deletion more than once."""
    return VendorRecording.objects.filter(
        Q(attempts__gte=TELL_AFTER), state__in=VENDOR_COPY_UNWANTED, discarded_at__isnull=True
    )


def ring_due() -> int:
    found = list(_due().values_list("pk", flat=True)[:200])
    for pk in found:
        ring("encounters.tasks.discard_vendor_copy", pk)
    return len(found)
