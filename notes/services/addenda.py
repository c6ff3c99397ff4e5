"""Changing what is in the chart: an addendum beside the signed text, never an edit of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import Max

from consent.audit import audited, record
from consent.transitions import StaleState
from notes.content import clean_text
from notes.digests import addendum_hash
from notes.limits import SECTION_BYTES
from notes.models import Addendum, Note, Signature
from notes.services.filing import document_file_amendment
from notes.services.signing import SigningRefused, required_membership, sign_text
from notes.services.worklist import refresh_next_step
from notes.states import NoteState

if TYPE_CHECKING:
    from encounters.models import User

ATTESTATION_VERSION = "2026-11"
ATTESTATION = (
    "I wrote this addition and sign it as its author. The note as it was signed before stays unchanged."
)
OPEN_TO_ADDENDA = (NoteState.FILED, NoteState.AMENDED)


@dataclass(frozen=True)
class Draft:
    """An addendum before it is signed."""

    kind: str
    text: str
    reason: str


def addendum_add(
    *,
    note: Note,
    actor: User,
    kind: str,
    text: str,
    reason: str,
    attested: bool,
    authenticated_at: datetime,
    authenticated_by: str,
    seen: int | None = None,
) -> Addendum:
    """Add a signed late entry, addendum or correction to a filed note and file the note's next version.

    `seen` is how many additions the author had on screen, None where nobody looked. The same addition sent again,
    as after an answer that got lost, is found and returned, not added twice.

    Raises SigningRefused when the text or reason is empty, the attestation missing or the person no provider,
    and StaleState when the note is not filed, or has additions that the author had not seen.
    """
    membership = required_membership(actor, note)
    draft = Draft(kind, clean_text(text), clean_text(reason).strip())
    _refuse_incomplete(draft, attested=attested)
    with audited():
        locked = Note.objects.select_for_update(no_key=True).get(pk=note.pk)
        if locked.state not in OPEN_TO_ADDENDA:
            raise StaleState(locked, NoteState.AMENDED, locked.state)
        number = (locked.addenda.aggregate(last=Max("number"))["last"] or 0) + 1
        if seen is not None and seen != number - 1:
            return _sent_before(locked, draft, number=seen + 1, actor=actor)
        sha256 = addendum_hash(number=number, kind=draft.kind, reason=draft.reason, text=draft.text)
        signature = sign_text(
            note=locked,
            revision=None,
            content_sha256=sha256,
            membership=membership,
            meaning=Signature.Meaning.ADDENDUM,
            attestation=(ATTESTATION, ATTESTATION_VERSION),
            authenticated=(authenticated_at, authenticated_by),
        )
        addendum = _store(locked, draft, number=number, signature=signature, actor=actor)
        document_file_amendment(note=note, actor=actor)
        refresh_next_step(note.encounter_id)
    return addendum


def _sent_before(note: Note, draft: Draft, *, number: int, actor: User) -> Addendum:
    """The addition with that number, if it is this very one by the same author."""
    sha256 = addendum_hash(number=number, kind=draft.kind, reason=draft.reason, text=draft.text)
    same = note.addenda.filter(number=number, signature__content_sha256=sha256, signature__user=actor)
    found = same.first()
    if found is None:
        raise StaleState(note, NoteState.AMENDED, note.state)
    return found


def _store(note: Note, draft: Draft, *, number: int, signature: Signature, actor: User) -> Addendum:
    addendum = Addendum.objects.create(
        note=note, number=number, kind=draft.kind, text=draft.text, reason=draft.reason, signature=signature
    )
    data = {
        "number": number,
        "kind": draft.kind,
        "signature": signature.pk,
        "content_sha256": signature.content_sha256,
    }
    record("note.addendum", actor=actor, target=note, data=data, **note.audit_context())
    return addendum


def _refuse_incomplete(draft: Draft, *, attested: bool) -> None:
    if draft.kind not in Addendum.ADDITIONS:
        raise SigningRefused("kind", "Choose what kind of addition this is.")
    if not draft.text.strip() or not draft.reason:
        raise SigningRefused("empty", "Write the text and the reason before you sign.")
    if len(draft.text.encode()) > SECTION_BYTES:
        raise SigningRefused("too_long", f"The text is longer than {SECTION_BYTES // 1000} kB. Shorten it.")
    if not attested:
        raise SigningRefused("not_attested", "Tick the statement above the button to sign.")
