"""How every state changes: one conditional UPDATE, with its audit event in the same transaction.

A model takes part by naming its table of allowed moves::

    class Recording(models.Model):
        transitions = Transitions(field="state", action="recording.transition", allowed=TRANSITIONS)
        def audit_context(self) -> dict[str, Any]: ...   # practice, encounter, patient for the audit event
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from django.db import models

from consent.audit import Acting, audited, record


class StaleState(Exception):
    """The row was not in a state that allows the move, by the time it was made: somebody else was first."""

    def __init__(self, obj: models.Model, to: str, found: str) -> None:
        super().__init__(f"{obj._meta.label_lower} cannot move to {to} from {found}")
        self.obj, self.to, self.found = obj, to, found


@dataclass(frozen=True)
class Transitions:
    """`allowed` maps each state to the states it may move to."""

    field: str
    action: str
    allowed: Mapping[str, frozenset[str]]

    def sources(self, to: str) -> list[str]:
        return [state for state, targets in self.allowed.items() if to in targets]


class Moving(Protocol):
    transitions: Transitions
    pk: Any

    def audit_context(self) -> dict[str, Any]: ...


Mover = TypeVar("Mover", bound=models.Model)


def advance(
    obj: Mover,
    to: str,
    *,
    actor: Acting,
    reason: str = "",
    action: str = "",
    data: Mapping[str, Any] | None = None,
    where: models.Q | None = None,
    **fields: Any,
) -> Mover:
    """Move `obj` to the state `to`, setting `fields`, and return it refreshed.

    `where` narrows the guard (a lease, a version). Raises StaleState when no row qualified; nothing is then
    changed or recorded.
    """
    rules: Transitions = obj.transitions  # type: ignore[attr-defined]
    manager = type(obj)._default_manager
    with audited():
        found = manager.filter(pk=obj.pk, **{f"{rules.field}__in": rules.sources(to)})
        before = getattr(obj, rules.field)
        if where is not None:
            found = found.filter(where)
        if not found.update(**{rules.field: to}, **_sealed(obj, fields)):
            current = manager.filter(pk=obj.pk).values_list(rules.field, flat=True).first()
            raise StaleState(obj, to, str(current))
        obj.refresh_from_db()
        record(
            action or rules.action,
            actor=actor,
            target=obj,
            reason=reason,
            data={"from": before, "to": to, **(data or {})},
            **obj.audit_context(),  # type: ignore[attr-defined]
        )
    return obj


def _sealed(obj: models.Model, fields: Mapping[str, Any]) -> dict[str, Any]:
    """`fields` with the values of encrypted columns sealed for this row, as UPDATE needs them."""
    sealed = dict(fields)
    for name, value in fields.items():
        seal = getattr(obj._meta.get_field(name), "seal", None)
        if seal is not None and value is not None:
            sealed[name] = seal(obj.pk, value)
    return sealed
