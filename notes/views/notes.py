"""What every page of a note starts with: the note, if this person may see it, and what they may do with it."""

from __future__ import annotations

import zoneinfo
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone

from encounters.models import User
from notes.models import Note
from notes.selectors.review import notes_on_screen


def person(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


def visible_note(request: HttpRequest, pk: UUID) -> Note:
    """The note with ``may_edit`` and ``may_sign``; 404 unless the person may read it."""
    return get_object_or_404(notes_on_screen(person(request)), pk=pk)


def page(note: Note, **context: Any) -> dict[str, Any]:
    """Context that every page of a note shows in its header."""
    return {
        "note": note,
        "practice": note.practice,
        "encounter": note.encounter,
        "patient": note.patient,
        "zone": note.practice.time_zone,
        **context,
    }


def clock_time(note: Note, at: datetime) -> str:
    """The time of day where the practice is, as the save state shows it."""
    return timezone.localtime(at, zoneinfo.ZoneInfo(note.practice.time_zone)).strftime("%H:%M")
