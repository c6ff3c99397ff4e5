"""The one upward notification: a lower app tells whoever registered that something became possible.

``consent`` and ``encounters`` may not import ``notes``. They call ``notify`` after commit; ``notes`` registers its
listener in ``NotesApp.ready``. Events: ``recording.ready`` (id of a stored Recording), ``recording.over`` (id of an
Encounter, one of whose recordings was refused, failed or was deleted), ``permission.changed`` (id of a Practice whose
consents or agreements changed), ``permission.withdrawn`` (id of an Encounter).
A lost notification costs time, not work: the sweeper looks at the rows anyway.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from uuid import UUID

from django.db import transaction

Listener = Callable[[UUID], None]
EVENTS = ("recording.ready", "recording.over", "permission.changed", "permission.withdrawn")
_listeners: dict[str, list[Listener]] = {event: [] for event in EVENTS}


def listen(event: str, listener: Listener) -> None:
    if listener not in _listeners[event]:
        _listeners[event].append(listener)


def notify(event: str, pk: UUID) -> None:
    """Call the listeners once the current transaction has committed."""
    for listener in _listeners[event]:
        transaction.on_commit(partial(listener, pk))
