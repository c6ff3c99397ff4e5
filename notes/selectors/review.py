"""What the review, sign and addendum pages read: one query for the note and what the person may do with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from encounters.models import Role, User
from encounters.models.access import CARE, memberships_of
from notes.content import CODE_KEYS, SECTION_LABELS, SECTIONS, Content
from notes.limits import PART_LABELS
from notes.models import Addendum, Note, Signature
from notes.states import FROZEN_NOTES

METHODS = {
    "password": "password",
    "totp": "authenticator app",
    "recovery_codes": "recovery code",
}


def notes_on_screen(user: User) -> QuerySet[Note]:
    """Notes that `user` may read, with ``may_edit`` and ``may_sign`` telling what else they may do."""
    in_practice = {"practice_id": OuterRef("practice_id")}
    return (
        Note.objects.visible_to(user)
        .select_related(
            "practice",
            "patient",
            "encounter__provider",
            "edited_by",
            "signer",
            "signature",
            "current_revision",
        )
        .annotate(
            may_edit=Exists(memberships_of(user, *CARE).filter(**in_practice)),
            may_sign=Exists(memberships_of(user, Role.PROVIDER).filter(**in_practice)),
        )
    )


def standing_content(note: Note) -> Content:
    """The text that counts: what was signed once the note is signed, else the working copy."""
    frozen = note.state in FROZEN_NOTES and note.current_revision is not None
    content: Content = note.current_revision.content if frozen and note.current_revision else note.working
    return content


def text_parts(content: Mapping[str, Any]) -> list[dict[str, str]]:
    """Sections and patient summary as ``{"name", "label", "text"}``, in reading order."""
    parts = [
        {"name": name, "label": SECTION_LABELS[name], "text": content["sections"].get(name, "")}
        for name in SECTIONS
    ]
    summary = {"name": "patient_summary", "label": PART_LABELS["patient_summary"]}
    return [*parts, {**summary, "text": content.get("patient_summary", "")}]


def codes_text(content: Mapping[str, Any]) -> str:
    """Billing codes as lines of text, for comparing."""
    return "\n".join(
        " ".join(part for part in (code.get(key, "") for key in CODE_KEYS) if part)
        for code in content.get("billing_codes", [])
    )


def addenda_of(note: Note) -> list[Addendum]:
    return list(note.addenda.select_related("signature"))


def transcript_of(note: Note) -> list[dict[str, Any]]:
    """Lines as ``{"speaker", "at", "text"}`` with `at` as m:ss, empty where the time is unknown."""
    return [
        {"speaker": line.get("speaker") or "", "at": clock(line.get("start")), "text": line.get("text") or ""}
        for line in note.transcript
    ]


def clock(seconds: object) -> str:
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds < 1_000_000:
        return ""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes:02d}:{rest:02d}"


def method_words(signature: Signature) -> str:
    return METHODS.get(signature.authenticated_by, signature.authenticated_by)
