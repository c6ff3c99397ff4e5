"""The worklist: what needs doing, in that order, read by index alone and never touching a note's body."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.core import signing
from django.db.models import Exists, F, QuerySet
from django.db.models.fields.tuple_lookups import TupleGreaterThan

from encounters.models import Encounter, User
from encounters.models.access import memberships_of
from encounters.services.video.attention import needs_a_person
from encounters.states import NextStep

PAGE_SIZE = 50
OPEN_STEPS = [step for step in NextStep if step != NextStep.DONE]
SALT = "worklist"


@dataclass(frozen=True)
class Place:
    """A place on the worklist: everything after it comes on the next page."""

    step: int
    since: datetime
    pk: UUID

    def as_token(self) -> str:
        return signing.dumps([self.step, self.since.isoformat(), str(self.pk)], salt=SALT)

    @classmethod
    def from_token(cls, token: str) -> Place | None:
        """The place that a token of ours names; None for anything else, which then means the beginning."""
        try:
            step, since, pk = signing.loads(token, salt=SALT)
            return cls(int(step), datetime.fromisoformat(since), UUID(pk))
        except (signing.BadSignature, ValueError, TypeError):
            return None


@dataclass(frozen=True)
class Group:
    step: NextStep
    rows: list[Encounter]


@dataclass(frozen=True)
class Page:
    groups: list[Group]
    following: str
    shown: int
    vendor_work: bool  # whether a recording at a video vendor needs a person


def worklist_page(
    user: User, *, mine: bool, step: NextStep | None = None, after: Place | None = None
) -> Page:
    """One page of what waits, grouped; `following` is the token of the next page, empty at the end."""
    rows = _read(_rows(user, mine=mine), step, after, most=PAGE_SIZE + 1)
    shown = rows[:PAGE_SIZE]
    last = shown[-1] if len(rows) > PAGE_SIZE else None
    following = Place(last.next_step, last.next_step_at, last.pk).as_token() if last else ""
    found = sorted({row.next_step for row in shown})
    groups = [Group(NextStep(step), [row for row in shown if row.next_step == step]) for step in found]
    return Page(groups, following, len(shown), _vendor_work(user, rows))


def _vendor_work(user: User, rows: list[Encounter]) -> bool:
    """Read together with the rows, where there are any."""
    return bool(rows[0].vendor_work) if rows else needs_a_person(user).exists()  # type: ignore[attr-defined]


def _read(
    rows: QuerySet[Encounter], step: NextStep | None, after: Place | None, *, most: int
) -> list[Encounter]:
    """The first `most` rows after the place, each query over one stretch of the index."""
    if after is None or (step and step != after.step):
        return list(
            (rows.filter(next_step=step) if step else rows.filter(next_step__lt=NextStep.DONE))[:most]
        )
    # Compared as one row, which an index can begin at; a chain of ORs would read everything before the place.
    here = TupleGreaterThan((F("next_step_at"), F("id")), (after.since, after.pk))
    found = list(rows.filter(here, next_step=after.step)[:most])
    if len(found) < most and not step:
        later = rows.filter(next_step__gt=after.step, next_step__lt=NextStep.DONE)
        found += later[: most - len(found)]
    return found


def _rows(user: User, *, mine: bool) -> QuerySet[Encounter]:
    rows = Encounter.objects.visible_to(user)
    if mine:
        rows = rows.filter(provider=user)
    elif len(practices := _practices(user)) == 1:
        # With the one practice known, its index gives the rows in order; through a subquery all would be sorted.
        rows = Encounter.objects.filter(practice=practices[0])
    fields = (
        "next_step", "next_step_at", "scheduled_at", "status", "modality", "practice__name", "practice__time_zone",
        "patient__given_name", "patient__family_name", "patient__mrn", "provider__first_name", "provider__last_name",
        "provider__email",
    )  # fmt: skip
    return (
        rows.select_related("practice", "patient", "provider")
        .only(*fields)
        .annotate(vendor_work=Exists(needs_a_person(user)))
        .order_by("next_step", "next_step_at", "id")
    )


def _practices(user: User) -> list[UUID]:
    return list(
        memberships_of(user, *Encounter.objects.all().roles).values_list("practice_id", flat=True).distinct()
    )
