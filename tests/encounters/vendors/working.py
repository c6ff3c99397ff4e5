"""The worker's part, done in the test: whatever is due, until nothing is."""

from __future__ import annotations

from collections.abc import Callable

from django.utils import timezone

from encounters.models import Call, VendorEvent, VendorRecording
from encounters.services.video import discarding, inbox, polling, taking


def work(rounds: int = 6) -> None:
    """Do everything that is due, as the beat would have it done."""
    for _ in range(rounds):
        now = timezone.now()
        for pk in set(VendorEvent.objects.filter(handled_at=None).values_list("connection_id", flat=True)):
            inbox.read_inbox(pk)
        for pk in list(Call.objects.filter(poll_at__lte=now).values_list("pk", flat=True)):
            polling.call_poll(pk)
        due = VendorRecording.objects.filter(next_attempt_at__lte=timezone.now())
        for pk in set(due.exclude(recording=None).values_list("recording_id", flat=True)):
            taking.recording_take(pk)
        for pk in list(due.values_list("pk", flat=True)):
            discarding.copy_discard(pk)


def later() -> None:
    """Time passes: everything that waits for its time is due."""
    now = timezone.now()
    Call.objects.filter(poll_at__isnull=False).update(poll_at=now)
    VendorRecording.objects.filter(next_attempt_at__isnull=False).update(
        next_attempt_at=now, lease=None, lease_until=None
    )
    VendorEvent.objects.filter(handled_at=None).update(look_after=None)


def work_until(done: Callable[[], bool], tries: int = 12) -> None:
    for _ in range(tries):
        work()
        if done():
            return
        later()
    raise AssertionError("it never came to that")
