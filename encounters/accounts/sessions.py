"""How long a signed-in session lasts: until idle too long or until a working day is over.

The clock lives in the session itself. `SEEN` is written at most every `_step()` seconds, so that reading
pages does not write a session row per request; a session may therefore end that much early, never late.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Literal

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from encounters.models import User

STARTED = "session_started_at"
SEEN = "session_seen_at"
SECOND_FACTOR = "second_factor"
PRACTICE_NAME = "practice_name"
BOOKS_VISITS = "books_visits"

Ended = Literal["idle", "absolute"]


def start(session: SessionBase) -> None:
    """Set both clocks going, at sign-in."""
    session[STARTED] = session[SEEN] = time.time()


def touch(session: SessionBase, *, now_exactly: bool = False) -> None:
    """Note that a person did something."""
    now = time.time()
    if STARTED not in session:
        start(session)
    elif now_exactly or now - session[SEEN] >= _step():
        session[SEEN] = now


def ended(session: SessionBase) -> Ended | None:
    """Why the session is over, or None while it runs. One without clocks has only just begun."""
    now = time.time()
    if STARTED not in session:
        return None
    if now - session[STARTED] >= settings.SESSION_ABSOLUTE_SECONDS:
        return "absolute"
    if now - session[SEEN] >= settings.SESSION_IDLE_SECONDS:
        return "idle"
    return None


def seconds_left(session: SessionBase) -> int:
    now = time.time()
    idle = session[SEEN] + settings.SESSION_IDLE_SECONDS - now
    absolute = session[STARTED] + settings.SESSION_ABSOLUTE_SECONDS - now
    return max(0, int(min(idle, absolute)))


def second_factor_given(session: SessionBase, user: User) -> None:
    """Note that this person gave their second factor in this session; for nobody else who uses it later."""
    session[SECOND_FACTOR] = str(user.pk)


def has_second_factor(session: SessionBase, user: User | AnonymousUser) -> bool:
    return bool(session.get(SECOND_FACTOR) == str(user.pk))


def _step() -> float:
    return min(30.0, float(settings.SESSION_IDLE_SECONDS) / 30)
