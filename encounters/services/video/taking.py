"""From the vendor's file to our recording: asked for permission, prepared, downloaded, joined, stored.

The unit is our Recording with the vendor's files that belong to it. One worker has it at a time, by a lease on the
files' rows; whatever happens to that worker, the lease ends and the next begins the download anew.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from uuid import UUID, uuid4

from django.db.models import Q
from django.utils import timezone

from config.doorbell import ring
from config.http import Aborted
from consent.audit import SYSTEM, audited
from consent.transitions import StaleState, advance
from encounters.models import Recording, VendorRecording
from encounters.services.uploads import GateShut, Unusable, UploadOver, UploadProblem, WrongOffset
from encounters.services.video.connections import connection_heard, vendor_of
from encounters.services.video.downloading import LEASE, LeaseLost, Taking, download_all
from encounters.services.video.found import TASK, call_ref, columns, described
from encounters.services.video.losing import give_up, give_up_file, put_off
from encounters.services.video.permission import ASK_AGAIN, PATIENCE, fresh_start, permitted
from encounters.states import TAKEN, VENDOR_WAITING, RecordingState, VendorRecordingState
from encounters.vendors.errors import LinkExpired, NothingRecorded, NotReady, Unreachable, VendorError

V = VendorRecordingState
# How long to wait for further files of a call whose end nobody reports.
SETTLE = timedelta(minutes=10)
_LOOK_AGAIN = timedelta(seconds=30)


def recording_take(recording_id: UUID) -> None:
    """Do what can be done now for an expected recording. Quiet where there is nothing, or another worker has it."""
    lease = uuid4()
    rows = _claim(recording_id, lease)
    if not rows:
        return
    recording = Recording.objects.select_related("encounter__practice").get(pk=recording_id)
    try:
        if recording.state in TAKEN:  # stored by a worker that died before it could say so
            files_stored(rows)
        elif not permitted(recording):
            pass
        elif rows[0].pushed:
            _await_sender(rows)
        elif _ready(rows) and _settled(rows):
            _take(Taking(recording, rows, lease))
    except VendorError as error:
        connection_heard(rows[0].connection, error)
        put_off(rows, error)
    # After anything else that went wrong the lease stays, so that it is not tried again at once.
    _release(lease)


def _claim(recording_id: UUID, lease: UUID) -> list[VendorRecording]:
    """All open files of the recording, if one of them is due and none is with another worker."""
    now = timezone.now()
    open_rows = VendorRecording.objects.filter(
        recording=recording_id, state__in=[*VENDOR_WAITING, V.DOWNLOADING]
    )
    free = Q(lease_until__isnull=True) | Q(lease_until__lt=now)
    if open_rows.exclude(free).exists() or not open_rows.filter(next_attempt_at__lte=now).exists():
        return []
    count = open_rows.filter(free).update(lease=lease, lease_until=now + LEASE)
    claimed = open_rows.filter(lease=lease)
    if count != open_rows.count():  # another worker took some at the same moment
        claimed.update(lease=None, lease_until=None)
        return []
    return list(
        claimed.select_related("connection", "call", "recording").order_by("started_at", "position", "id")
    )


def _release(lease: UUID) -> None:
    VendorRecording.objects.filter(lease=lease).update(lease=None, lease_until=None)


def _ready(rows: list[VendorRecording]) -> bool:
    """Have the vendor prepare what is not ready; whether all of it is now. Raises VendorError.

    Of several files, one in which nothing was recorded is taken off `rows`: it adds nothing to the others.
    """
    for row in list(rows):
        if row.state in {V.PREPARING, V.HELD}:
            try:
                _prepare(row)
            except NothingRecorded as empty:
                if len(rows) == 1:
                    raise
                give_up_file(row, empty)
                rows.remove(row)
    return all(row.state in {V.FOUND, V.DOWNLOADING} for row in rows)


def _prepare(row: VendorRecording) -> None:
    vendor = vendor_of(row.connection)
    found = vendor.prepare(described(row), call_ref(row))
    connection_heard(row.connection, None)
    fields = columns(found)
    if found.ready:
        kept = {"lease": row.lease, "lease_until": row.lease_until}
        advance(row, V.FOUND, actor=SYSTEM, **{**fresh_start(), **fields, **kept})
        return
    if row.state == V.HELD:
        advance(row, V.PREPARING, actor=SYSTEM)
    for name, value in fields.items():
        setattr(row, name, value)
    row.save(update_fields=list(fields))
    raise NotReady(f"{vendor.label} is still preparing the recording.")


def _settled(rows: list[VendorRecording]) -> bool:
    """Whether no further file of the call is to be expected; else it is looked at again in a while."""
    newest = max(row.found_at for row in rows)
    call = rows[-1].call
    # Once the call is over the vendor is asked what else it has of it.
    asked = call is not None and (call.poll_at is None or call.poll_at > timezone.now())
    ended = call is not None and call.ended_at is not None and asked
    # One that a person linked by its own id stands for itself.
    alone = call is not None and call.external_id == rows[-1].vendor_id
    if ended or alone or any(row.final for row in rows) or newest < timezone.now() - SETTLE:
        return True
    VendorRecording.objects.filter(pk__in=[row.pk for row in rows]).update(
        next_attempt_at=timezone.now() + _LOOK_AGAIN
    )
    return False


def _take(taking: Taking) -> None:
    try:
        taking.begin()
        _download(taking)
    except (GateShut, Aborted):
        # Somebody said no, or the row was taken away. What that means for the files is for the gate to say.
        if not permitted(taking.recording):
            return
        put_off(taking.rows, Unreachable("The download was interrupted."))
        return
    except (LeaseLost, WrongOffset):
        return
    except Unusable as found:
        give_up(taking.rows, _Ended(found.code, found.message))
        return
    except (UploadOver, StaleState):
        _given_up_here(taking)
        return
    except UploadProblem as problem:
        put_off(taking.rows, Unreachable(problem.message))
        return
    files_stored(taking.rows)


def _await_sender(rows: list[VendorRecording]) -> None:
    """The file is sent to us (pushing.py). Permission is looked at again meanwhile, and patience has an end."""
    if rows[0].found_at < timezone.now() - PATIENCE:
        give_up(rows, _Ended("never_sent", "The file was announced, but never sent completely."))
        return
    VendorRecording.objects.filter(pk=rows[0].pk).update(next_attempt_at=timezone.now() + ASK_AGAIN)


def _download(taking: Taking) -> None:
    """All files; a link that has expired is asked for once more."""
    try:
        download_all(taking)
    except LinkExpired:
        download_all(taking)


def files_stored(rows: list[VendorRecording]) -> None:
    """The bytes are here and have been read back: the vendor's copies are no longer wanted."""
    with audited():
        for row in rows:
            with suppress(StaleState):
                advance(row, V.STORED, actor=SYSTEM, **fresh_start(), stored_at=timezone.now())
                ring("encounters.tasks.discard_vendor_copy", row.pk)
    connection_heard(rows[0].connection, None)


def _given_up_here(taking: Taking) -> None:
    """Our recording was discarded, or ended in another way, while it was fetched."""
    taking.recording.refresh_from_db()
    if taking.recording.state in TAKEN:
        files_stored(taking.rows)
        return
    recording = taking.recording
    if recording.state != RecordingState.PURGED and recording.problem_code != "no_consent":
        give_up(taking.rows, _Ended(recording.problem_code, recording.problem))
        return
    with audited():
        for row in taking.rows:
            with suppress(StaleState):
                advance(row, V.REFUSED, actor=SYSTEM, reason="Our recording was discarded", **fresh_start())


class _Ended(VendorError):
    """Our side could not use or keep it; the vendor's copy stays until a person has decided."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(words)
        self.code = code


def ring_due() -> int:
    """Ring for every recording with a file to look at, or whose worker is dead."""
    now = timezone.now()
    free = Q(lease_until__isnull=True) | Q(lease_until__lt=now)
    due = VendorRecording.objects.filter(
        free, next_attempt_at__lte=now, state__in=[*VENDOR_WAITING, V.DOWNLOADING], recording__isnull=False
    )
    found = set(due.values_list("recording_id", flat=True)[:200])
    for pk in found:
        ring(TASK, pk)
    return len(found)
