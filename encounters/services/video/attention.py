"""What about vendors' recordings needs a person: nobody's recordings, lost ones, copies that are still there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q, QuerySet

from encounters.models import Encounter, User, VendorRecording
from encounters.selectors import care_encounters
from encounters.services.video.discarding import TELL_AFTER
from encounters.states import VENDOR_COPY_UNWANTED, VENDOR_WAITING, EncounterStatus, VendorRecordingState

SHOWN = 50
NEAR = timedelta(hours=12)
CANDIDATES = 20

_NOBODYS = Q(call__isnull=True, state__in=VENDOR_WAITING)
_LOST = Q(state=VendorRecordingState.FAILED)
_STILL_THERE = Q(state__in=VENDOR_COPY_UNWANTED, discarded_at__isnull=True, attempts__gte=TELL_AFTER)


@dataclass(frozen=True)
class Unmatched:
    """A recording that matches no call, with the visits it may belong to, the nearest in time first."""

    row: VendorRecording
    candidates: list[Encounter]


@dataclass(frozen=True)
class Attention:
    unmatched: list[Unmatched]
    lost: list[VendorRecording]
    still_there: list[VendorRecording]

    @property
    def nothing(self) -> bool:
        return not (self.unmatched or self.lost or self.still_there)


def needs_a_person(user: User) -> QuerySet[VendorRecording]:
    return VendorRecording.objects.visible_to(user).filter(_NOBODYS | _LOST | _STILL_THERE)


def attention_of(user: User) -> Attention:
    """The oldest fifty of each kind."""
    seen = VendorRecording.objects.visible_to(user).select_related(
        "connection__practice", "call__encounter__practice"
    )
    rows = seen.order_by("found_at")
    return Attention(
        unmatched=[Unmatched(row, _candidates(user, row)) for row in rows.filter(_NOBODYS)[:SHOWN]],
        lost=list(rows.filter(_LOST)[:SHOWN]),
        still_there=list(rows.filter(_STILL_THERE)[:SHOWN]),
    )


def linkable(user: User, row: VendorRecording) -> QuerySet[Encounter]:
    """Visits that the person may give the recording to."""
    return (
        care_encounters(user)
        .filter(practice=row.connection.practice_id)
        .exclude(status__in=[EncounterStatus.CANCELLED, EncounterStatus.DOCUMENTED])
    )


def _candidates(user: User, row: VendorRecording) -> list[Encounter]:
    moment = row.started_at or row.found_at
    near = linkable(user, row).filter(scheduled_at__range=(moment - NEAR, moment + NEAR))
    found = list(near.select_related("patient", "provider", "practice").order_by("scheduled_at")[:200])
    return sorted(found, key=lambda visit: abs(visit.scheduled_at - moment))[:CANDIDATES]
