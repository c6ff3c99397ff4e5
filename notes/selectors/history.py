"""The history of a note: its revisions, its signatures, what was done with it, and how texts differ."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from consent.actions import ACTIONS
from consent.models import AuditEvent
from notes.diff import SAME, Piece, word_diff
from notes.models import Note, Revision, Signature
from notes.selectors.review import codes_text, method_words, text_parts
from notes.states import NoteState

MOST_EVENTS = 200


@dataclass(frozen=True)
class PartDiff:
    """One section before and after, as pieces; `label` is what the page calls it."""

    label: str
    pieces: list[Piece]

    @property
    def changed(self) -> bool:
        return any(piece.op != SAME for piece in self.pieces)


def revisions_of(note: Note) -> list[Revision]:
    """Newest first, without opening a single text."""
    found = note.revisions.select_related("based_on").defer("content", "based_on__content")
    return list(found.order_by("-number"))


def signatures_of(note: Note) -> list[Signature]:
    """Every signature ever given, newest first; the one that counts has ``standing``."""
    signatures = list(note.signatures.select_related("revision", "addendum").order_by("-signed_at"))
    for signature in signatures:
        addition = getattr(signature, "addendum", None)
        signature.standing = signature.pk == note.signature_id or addition is not None  # type: ignore[attr-defined]
        signature.method_words = method_words(signature)  # type: ignore[attr-defined]
    return signatures


def events_of(note: Note) -> list[dict[str, Any]]:
    """What was done with this note, newest first, in plain words."""
    targets = [str(note.pk), *map(str, note.documents.values_list("pk", flat=True))]
    events = AuditEvent.objects.filter(chain=note.practice_id, target_id__in=targets)
    return [
        {
            "at": event.at,
            "who": event.actor_label,
            "what": _words(event),
            "refused": event.outcome != AuditEvent.Outcome.SUCCESS,
            "reason": event.reason,
        }
        for event in events.order_by("-seq")[:MOST_EVENTS]
    ]


def _words(event: AuditEvent) -> str:
    words = ACTIONS.get(event.action, event.action)
    if event.action != "note.transition" or not event.data:
        return words
    to = json.loads(event.data).get("to", "")
    return f"{words}: {NoteState(to).label.lower()}" if to in NoteState.values else words


def content_diff(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[PartDiff]:
    """Sections, patient summary and codes compared word by word."""
    old, new = text_parts(before), text_parts(after)
    parts = [
        PartDiff(was["label"], word_diff(was["text"], now["text"])) for was, now in zip(old, new, strict=True)
    ]
    return [*parts, PartDiff("Billing codes", word_diff(codes_text(before), codes_text(after)))]
