"""Making revisions: numbered, immutable snapshots of a note's content."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Max

from notes.content import Content, clean_content, content_hash
from notes.models import Note, Revision, Submission

if TYPE_CHECKING:
    from encounters.models import User


def revision_make(
    *,
    note: Note,
    kind: str,
    content: Content,
    author: User | None,
    author_label: str = "",
    submission: Submission | None = None,
) -> Revision:
    """Snapshot `content` as the note's next revision. Call it inside ``audited()`` with the note row locked or
    conditionally updated; the unique number is the last line against two at once (IntegrityError)."""
    cleaned = clean_content(content)
    last = note.revisions.aggregate(last=Max("number"))["last"] or 0
    return Revision.objects.create(
        note=note,
        number=last + 1,
        kind=kind,
        content=cleaned,
        content_sha256=content_hash(cleaned),
        author=author,
        author_label=author_label or (author.audit_label() if author else ""),
        based_on_id=note.current_revision_id,
        submission=submission,
    )
