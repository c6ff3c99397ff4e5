"""When a vendor's recording can't be had: tried again later, given up with a reason, or gone at the vendor."""

from __future__ import annotations

import random
from contextlib import suppress
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from config.doorbell import ring
from consent.audit import SYSTEM, audited, record
from consent.transitions import StaleState, advance
from encounters.models import AudioCopy, Call, Recording, VendorRecording
from encounters.services.erasing import recording_fail
from encounters.services.video.found import TASK, holder_of
from encounters.services.video.permission import OPEN, fresh_start
from encounters.states import VENDOR_WAITING, RecordingState, VendorRecordingState
from encounters.vendors.errors import BadMedia, NotReady, VendorError

V = VendorRecordingState
# Vonage keeps an archive for 72 hours; no vendor's own trouble has been reported to last as long.
GIVE_UP_AFTER = timedelta(hours=72)
BAD_MEDIA_TRIES = 6
_LONGEST = 15 * 60.0
_REMEDY = "Upload the recording yourself if you have it, or type what was said."


def wait_seconds(attempts: int, error: VendorError | None = None) -> float:
    """Exponential from a few seconds to a quarter of an hour, never sooner than the vendor asks for."""
    first = 20.0 if isinstance(error, NotReady) else 4.0
    wait: float = min(_LONGEST, first * 2 ** min(attempts, 12)) * random.uniform(0.8, 1.2)  # noqa: S311 - jitter
    return max(wait, (error.retry_after if error else None) or 0.0)


def put_off(rows: list[VendorRecording], error: VendorError) -> None:
    """Try the files again later, or give them up where that is of no use; the reason stays on the rows."""
    tries = max((row.attempts for row in rows), default=0) + 1
    oldest = min(row.found_at for row in rows)
    hopeless = isinstance(error, BadMedia) and tries >= BAD_MEDIA_TRIES
    if not error.retryable or hopeless or oldest < timezone.now() - GIVE_UP_AFTER:
        give_up(rows, error)
        return
    later = timezone.now() + timedelta(seconds=wait_seconds(tries - 1, error))
    marks: dict[str, Any] = {
        "lease": None,
        "lease_until": None,
        "attempts": tries,
        "next_attempt_at": later,
        "last_error_code": error.code,
        "last_error": error.words[:300],
    }
    with audited():
        for row in rows:
            if row.state == V.DOWNLOADING:
                with suppress(StaleState):
                    advance(row, V.FOUND, actor=SYSTEM, data={"code": error.code}, **marks)
        VendorRecording.objects.filter(pk__in=[row.pk for row in rows], state__in=VENDOR_WAITING).update(
            **marks
        )


def give_up(rows: list[VendorRecording], error: VendorError) -> None:
    """The files fail, with their encounter's recording; a person can have them tried again."""
    with audited():
        for row in rows:
            give_up_file(row, error)
    recording = rows[0].recording
    if recording is not None:
        fail(recording, error.code, f"{error.words} {_REMEDY}")


def give_up_file(row: VendorRecording, error: VendorError) -> None:
    """One file fails, whatever becomes of the recording that it would have been part of."""
    words = {"next_attempt_at": None, "last_error_code": error.code, "last_error": error.words[:300]}
    with suppress(StaleState):
        advance(row, V.FAILED, actor=SYSTEM, data={"code": error.code}, **{**fresh_start(), **words})


def fail(recording: Recording, code: str, words: str) -> None:
    recording.refresh_from_db()
    if recording.state in {RecordingState.EXPECTED, RecordingState.RECEIVING}:
        with suppress(StaleState):
            recording_fail(recording=recording, code=code, problem=words, actor=SYSTEM)


def making_failed(call: Call, problem: str) -> None:
    """The vendor could not make a file: it is asked about it now, and may be asked to make another."""
    waiting = VendorRecording.objects.filter(call=call, state__in=VENDOR_WAITING)
    waiting.update(next_attempt_at=timezone.now(), last_error_code="making_failed", last_error=problem[:300])
    for pk in set(waiting.values_list("recording_id", flat=True)):
        if pk is not None:
            ring(TASK, pk)
    Call.objects.filter(pk=call.pk).update(poll_at=timezone.now())


def vendor_deleted(rows: QuerySet[VendorRecording]) -> None:
    """Somebody deleted the vendor's copy there. One that is not here yet is lost."""
    for row in rows.select_related("recording", "connection", "call__encounter"):
        copy_gone(row, evidence="The vendor reported the deletion")
        if row.state in OPEN:
            give_up([row], _Gone("The recording was deleted at the video vendor before it was picked up."))


class _Gone(VendorError):
    code = "gone_at_vendor"


def copy_gone(row: VendorRecording, *, evidence: str) -> None:
    """Write into the custody ledger that the vendor's copy no longer exists, once."""
    now = timezone.now()
    with audited():
        mine = VendorRecording.objects.filter(pk=row.pk, discarded_at__isnull=True)
        if not mine.update(
            discarded_at=now,
            next_attempt_at=None,
            lease=None,
            lease_until=None,
            last_error_code="",
            last_error="",
        ):
            return
        if row.recording_id:
            AudioCopy.objects.filter(
                recording=row.recording_id, place=AudioCopy.Place.VENDOR, holder=holder_of(row)
            ).update(deleted_at=now, evidence=evidence[:300])
        record(
            "vendor_copy.deleted",
            actor=SYSTEM,
            target=row,
            data={"evidence": evidence[:300]},
            **row.audit_context(),
        )
