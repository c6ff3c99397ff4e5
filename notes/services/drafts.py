"""The working copy: saving it, telling two editors about each other, and losing nobody's words.

A save names the version it was made from. One conditional UPDATE decides; whoever comes second gets a
Conflict with the other text and loses nothing: what a save replaces by a person's decision, and what could
not be saved, is kept as a revision.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils import timezone

from consent.audit import audited, record
from notes.content import Content, clean_content, content_hash
from notes.limits import check_content
from notes.models import Note, Revision
from notes.services.revisions import revision_make
from notes.states import NoteState

if TYPE_CHECKING:
    from encounters.models import User

EDITABLE = (NoteState.DRAFTING, NoteState.IN_REVIEW)


@dataclass(frozen=True)
class Saved:
    """The working copy holds the given text, as `version`."""

    version: int
    saved_at: datetime


@dataclass(frozen=True)
class Conflict:
    """Nothing was saved: the working copy has moved on to `version`, by `editor`."""

    content: Content
    version: int
    editor: str
    saved_at: datetime | None


class NoteFrozen(Exception):
    """The note is signed or filed: its text can't be edited any more."""

    def __init__(self, note: Note) -> None:
        super().__init__(f"note is {note.state}")
        self.note = note


def draft_save(
    *, note: Note, actor: User, base_version: int, content: Content, keep_replaced: bool = False
) -> Saved | Conflict:
    """Write `content` (shape of notes/content.py) over version `base_version` of the working copy.

    Text that is already what is saved is Saved whatever the version, so a repeated request does no harm.
    On hand-over from one editor to another, and always with `keep_replaced`, the replaced text becomes a
    revision.
    Raises ContentRefused for text beyond the limits and NoteFrozen once the note is signed.
    """
    check_content(content)
    cleaned = clean_content(content)
    with audited():
        current = Note.objects.select_related("edited_by").get(pk=note.pk)
        _refuse_frozen(current)
        if current.working == cleaned:
            return Saved(current.version, current.edited_at or current.created_at)
        if current.version != base_version:
            return _conflict(current, actor)
        now = timezone.now()
        if not _write(current, cleaned, actor=actor, at=now):
            current.refresh_from_db()
            _refuse_frozen(current)
            return _conflict(current, actor)
        # Only now is the note ours: two who take over at once would give their revisions the same number.
        if keep_replaced or current.edited_by_id not in (None, actor.pk):
            _keep(current, content=current.working, author=current.edited_by)
        changed = changed_parts(current.working, cleaned)
        data = {"version": base_version + 1, "changed": changed, "content_sha256": content_hash(cleaned)}
        record("note.edited", actor=actor, target=current, data=data, **current.audit_context())
    return Saved(base_version + 1, now)


def draft_keep(*, note: Note, actor: User, content: Content) -> Revision | None:
    """Keep text that could not be saved (somebody else's edit or a signature came first) as a revision.

    None when that very text is in the history already.
    """
    check_content(content)
    with audited():
        locked = Note.objects.select_for_update(no_key=True).get(pk=note.pk)
        kept = _keep(locked, content=clean_content(content), author=actor)
        if kept is not None:
            data = {"revision": kept.pk, "number": kept.number}
            record("note.text_kept", actor=actor, target=locked, data=data, **locked.audit_context())
    return kept


def changed_parts(before: Content, after: Content) -> list[str]:
    """Names of the sections and other parts that differ."""
    sections = [name for name, text in after["sections"].items() if before["sections"].get(name) != text]
    others = [name for name in ("billing_codes", "patient_summary") if before.get(name) != after.get(name)]
    return sections + others


def _write(note: Note, content: Content, *, actor: User, at: datetime) -> bool:
    """The one conditional UPDATE; False when somebody else was first."""
    sealed = Note._meta.get_field("working").seal(note.pk, content)
    found = Note.objects.filter(pk=note.pk, version=note.version, state__in=EDITABLE)
    return bool(found.update(working=sealed, version=note.version + 1, edited_by=actor, edited_at=at))


def _keep(note: Note, *, content: Content, author: User | None) -> Revision | None:
    if note.revisions.filter(content_sha256=content_hash(content)).exists():
        return None
    return revision_make(note=note, kind=Revision.Kind.SAVED, content=content, author=author)


def _refuse_frozen(note: Note) -> None:
    if note.state not in EDITABLE:
        raise NoteFrozen(note)


def _conflict(note: Note, actor: User) -> Conflict:
    data = {"their_version": note.version}
    record("note.conflict", actor=actor, target=note, data=data, **note.audit_context())
    editor = str(note.edited_by) if note.edited_by else "a new draft"
    return Conflict(note.working, note.version, editor, note.edited_at)
