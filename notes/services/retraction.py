"""Taking a filed note out of use: it was entered in error, such as for another patient.

Nothing is deleted. The note gets its last, signed addendum that says why, and every integration gets a last version
in the state ``entered_in_error``.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import Max

from consent.audit import audited, record
from consent.transitions import StaleState
from notes.content import clean_text
from notes.digests import addendum_hash
from notes.limits import SECTION_BYTES
from notes.models import Addendum, Note, Signature
from notes.services.filing import document_file_retraction
from notes.services.signing import SigningRefused, required_membership, sign_text
from notes.services.worklist import refresh_next_step
from notes.states import NoteState

if TYPE_CHECKING:
    from encounters.models import Membership, User

ATTESTATION_VERSION = "2026-11"
ATTESTATION = (
    "This note was entered in error and must not be relied on. I sign this as the one who marked it, and I give the "
    "reason above."
)
STATEMENT = "This note was entered in error. Do not rely on it."
RETRACTABLE = (NoteState.FILED, NoteState.AMENDED)
REASON_LONGEST = 300


def note_retract(
    *,
    note: Note,
    actor: User,
    reason: str,
    attested: bool,
    authenticated_at: datetime,
    authenticated_by: str,
    text: str = "",
    seen: int | None = None,
) -> Addendum:
    """Mark a filed note as entered in error, for good, and file its last version.

    `seen` is how many addenda the person had on screen, None where nobody looked. The same retraction sent again,
    as after an answer that got lost, is found and returned.

    Raises SigningRefused when the reason is missing or too long, the attestation missing or the person no provider,
    and StaleState when the note is not filed, was retracted by somebody else or has addenda that were not seen.
    """
    membership = required_membership(actor, note)
    reason, text = clean_text(reason).strip(), clean_text(text).strip() or STATEMENT
    _refuse_incomplete(reason, text, attested=attested)
    with audited():
        locked = Note.objects.select_for_update(no_key=True).get(pk=note.pk)
        last = locked.addenda.aggregate(last=Max("number"))["last"] or 0
        if locked.state == NoteState.ENTERED_IN_ERROR:
            return _sent_before(locked, actor, reason, text)
        if locked.state not in RETRACTABLE or (seen is not None and seen != last):
            raise StaleState(locked, NoteState.ENTERED_IN_ERROR, locked.state)
        addendum = _store(locked, membership, (authenticated_at, authenticated_by), last + 1, reason, text)
        document_file_retraction(note=note, actor=actor)
        refresh_next_step(note.encounter_id)
    return addendum


def retraction_of(note: Note) -> Addendum | None:
    """The signed statement that took the note out of use, if there is one."""
    return note.addenda.filter(kind=Addendum.Kind.ENTERED_IN_ERROR).select_related("signature").first()


def _sent_before(note: Note, actor: User, reason: str, text: str) -> Addendum:
    """The retraction there is, if it is this very one by the same person."""
    found = retraction_of(note)
    if found and (found.signature.user_id, found.reason, found.text) == (actor.pk, reason, text):
        return found
    raise StaleState(note, NoteState.ENTERED_IN_ERROR, note.state)


def _store(
    note: Note,
    membership: Membership,
    authenticated: tuple[datetime, str],
    number: int,
    reason: str,
    text: str,
) -> Addendum:
    kind = Addendum.Kind.ENTERED_IN_ERROR
    signature = sign_text(
        note=note,
        revision=None,
        content_sha256=addendum_hash(number=number, kind=kind, reason=reason, text=text),
        membership=membership,
        meaning=Signature.Meaning.RETRACTION,
        attestation=(ATTESTATION, ATTESTATION_VERSION),
        authenticated=authenticated,
    )
    addendum = Addendum.objects.create(
        note=note, number=number, kind=kind, text=text, reason=reason, signature=signature
    )
    data = {"number": number, "signature": signature.pk, "content_sha256": signature.content_sha256}
    record("note.retracted", actor=membership.user, target=note, data=data, **note.audit_context())
    return addendum


def _refuse_incomplete(reason: str, text: str, *, attested: bool) -> None:
    if not reason:
        raise SigningRefused("empty", "Say why the note was entered in error before you sign.")
    if len(reason) > REASON_LONGEST or len(text.encode()) > SECTION_BYTES:
        raise SigningRefused("too_long", f"Shorten the reason to {REASON_LONGEST} characters.")
    if not attested:
        raise SigningRefused("not_attested", "Tick the statement above the button to sign.")
