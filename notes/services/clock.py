"""The practice's clock: times that never repeat and never go back, in the order in which changes become visible."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from notes.models import ChangeCounter

TICK = timedelta(milliseconds=1)


def next_stamp(practice_id: UUID) -> datetime:
    """A time later than every one given before, to the millisecond that FHIR shows.

    Holds the counter's row until commit. So whoever reads asks for a time and knows: what was stamped before is
    committed, and whatever comes will be later, also where clocks of several servers differ.
    """
    with transaction.atomic():
        counter, _ = ChangeCounter.objects.select_for_update().get_or_create(pk=practice_id)
        now = timezone.now().astimezone(UTC)
        moment = now.replace(microsecond=now.microsecond // 1000 * 1000)
        if counter.stamped_at:
            moment = max(moment, counter.stamped_at + TICK)
        ChangeCounter.objects.filter(pk=practice_id).update(stamped_at=moment)
    return moment
