"""Sealing everything anew with the current master key, so that an older one can be taken out of service.

Immutable rows are part of it: their triggers are lifted for each batch, inside its transaction. Only the ciphertext
changes; content, hashes and signatures stay what they were.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

from django.db import models

from config.crypto.keyring import DecryptionError, get_keyring
from config.crypto.places import SealedPlace, sealed_places
from consent.audit import Acting, audited, record
from consent.immutability import lifted


@dataclass(frozen=True, slots=True)
class Unopened:
    """A value that no key of the ring opens: it was left as it is."""

    place: str
    pk: str
    problem: str


@dataclass(slots=True)
class Rotation:
    """What was done: values sealed anew by place, and those that could not be."""

    renewed: dict[str, int] = field(default_factory=dict)
    unopened: list[Unopened] = field(default_factory=list)


def keys_rotate(
    *, actor: Acting, batch: int = 200, tell: Callable[[str, int], None] | None = None
) -> Rotation:
    """Seal every value anew that isn't sealed by the current key, `batch` rows to a transaction.

    Each transaction records its own "keys.rotated" event, so an interrupted run has done, and recorded, what it
    says; the next one goes on where work is left. Rows that somebody else writes meanwhile are locked, not lost.
    `tell(place, count)` hears of every batch.
    """
    done = Rotation()
    for place in sealed_places():
        for pks in _batches(place, batch):
            count = _reseal(place, pks, actor, done.unopened)
            done.renewed[str(place)] = done.renewed.get(str(place), 0) + count
            if tell:
                tell(str(place), done.renewed[str(place)])
    return done


def _batches(place: SealedPlace, size: int) -> Iterator[list[Any]]:
    """Primary keys of the rows that have something to renew, in order. Reads a batch of values at a time."""
    rows = place.model._base_manager.order_by("pk").values_list("pk", place.field)
    last = None
    while page := list((rows if last is None else rows.filter(pk__gt=last))[:size]):
        last = page[-1][0]
        if stale := [pk for pk, stored in page if _is_stale(place, pk, stored)]:
            yield stale


def _is_stale(place: SealedPlace, pk: Any, stored: Any) -> bool:
    try:
        return bool(place.reseal(pk, stored) != stored)
    except DecryptionError:
        return True


def _reseal(place: SealedPlace, pks: list[Any], actor: Acting, unopened: list[Unopened]) -> int:
    """Renew these rows in one transaction; says how many values changed."""
    count = 0
    with audited(), _unguarded(place.model):
        rows = place.model._base_manager.select_for_update().filter(pk__in=pks).order_by("pk")
        for pk, stored in list(rows.values_list("pk", place.field)):
            try:
                renewed = place.reseal(pk, stored)
            except DecryptionError as error:
                unopened.append(Unopened(str(place), str(pk), str(error)))
                continue
            if renewed != stored:
                count += place.model._base_manager.filter(pk=pk).update(**{place.field: renewed})
        if count:
            data = {"place": str(place), "values": count, "key": get_keyring().current}
            record("keys.rotated", actor=actor, data=data)
    return count


def _unguarded(model: type[models.Model]) -> AbstractContextManager[None]:
    """The triggers of an immutable model away; for others only the transaction that locks need."""
    if getattr(model, "immutable", False):
        return lifted(model)
    return nullcontext()
