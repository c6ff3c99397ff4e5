"""Signing a note, and taking the signature back while the release hold lasts. Depends on nothing outside."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils import timezone

from consent.audit import Outcome, audited, record
from consent.transitions import StaleState, advance
from encounters.models import Membership, Role
from encounters.models.access import memberships_of
from notes.content import content_hash, is_blank
from notes.digests import signature_digest
from notes.models import Note, Revision, Signature
from notes.services.consent_check import check_consent
from notes.services.revisions import revision_make
from notes.services.worklist import refresh_next_step
from notes.states import NoteState

if TYPE_CHECKING:
    from encounters.models import User

ATTESTATION_VERSION = "2026-11"
ATTESTATION = (
    "I have read this note, compared it with the visit and corrected it where needed. "
    "I sign it as its author and take responsibility for what it says."
)


class SigningRefused(Exception):
    """The note was not signed, or the signature not taken back. `words` say why and what to do next."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(code)
        self.code, self.words = code, words


class ContentChanged(SigningRefused):
    """What was on the signer's screen is no longer what is saved."""

    def __init__(self) -> None:
        super().__init__(
            "changed",
            "The note was changed after you opened this page. Nothing was signed: read the changes first.",
        )


def provider_membership(user: User, note: Note) -> Membership | None:
    """The membership that lets `user` sign in the note's practice, or None."""
    found: Membership | None = (
        memberships_of(user, Role.PROVIDER).filter(practice_id=note.practice_id).first()
    )
    return found


def note_sign(
    *,
    note: Note,
    actor: User,
    version: int,
    content_sha256: str,
    attested: bool,
    authenticated_at: datetime,
    authenticated_by: str,
) -> Signature:
    """Sign the working copy that the signer had on screen: `version` and `content_sha256` name it.

    Makes the signed revision and the signature and starts the release hold, all in one transaction. Raises
    ContentChanged when the working copy differs by now, SigningRefused when the note is empty, the
    attestation missing or the person no provider, and StaleState when somebody signed first.
    """
    membership = required_membership(actor, note)
    if not attested:
        raise SigningRefused("not_attested", "Tick the statement above the button to sign.")
    with audited():
        locked = Note.objects.select_for_update(no_key=True).get(pk=note.pk)
        if locked.state != NoteState.IN_REVIEW:
            raise StaleState(locked, NoteState.SIGNED, locked.state)
        content = locked.working
        if locked.version != version or content_hash(content) != content_sha256:
            raise ContentChanged
        if is_blank(content):
            raise SigningRefused("empty", "All four sections are empty. Write the note before you sign it.")
        if check_consent(locked, content).false:
            raise SigningRefused("consent", "The note says something else about consent than the records do.")
        revision = revision_make(note=locked, kind=Revision.Kind.SIGNED, content=content, author=actor)
        signature = sign_text(
            note=locked,
            revision=revision,
            content_sha256=revision.content_sha256,
            membership=membership,
            meaning=Signature.Meaning.AUTHOR,
            attestation=(ATTESTATION, ATTESTATION_VERSION),
            authenticated=(authenticated_at, authenticated_by),
        )
        _move_to_signed(note, signature=signature, version=version, actor=actor)
    return signature


def note_unsign(*, note: Note, actor: User) -> Note:
    """Take the signature back within the release hold. The signature row stays in the history.

    Raises SigningRefused for anybody but the signer and once the hold is over or the note is filed.
    """
    if note.signer_id != actor.pk:
        raise SigningRefused("not_signer", "Only the person who signed can take the signature back.")
    taken_back = note.signature_id
    try:
        with audited():
            advance(
                note,
                NoteState.IN_REVIEW,
                actor=actor,
                action="note.unsigned",
                data={"signature": taken_back},
                where=Q(hold_until__gt=timezone.now(), signer_id=actor.pk),
                signature=None,
                signer=None,
                signed_at=None,
                hold_until=None,
            )
            refresh_next_step(note.encounter_id)
    except StaleState:
        record("note.unsigned", actor=actor, target=note, outcome=Outcome.REFUSED, **note.audit_context())
        raise SigningRefused(
            "hold_over",
            "The time to take the signature back is over. Once the note is filed, add an addendum instead.",
        ) from None
    return note


def sign_text(
    *,
    note: Note,
    revision: Revision | None,
    content_sha256: str,
    membership: Membership,
    meaning: str,
    attestation: tuple[str, str],
    authenticated: tuple[datetime, str],
) -> Signature:
    """The signature row itself, its digest included. Call it inside ``audited()``."""
    signature = Signature(
        note=note,
        revision=revision,
        user=membership.user,
        printed_name=membership.user.audit_label(),
        credentials=membership.credentials,
        npi=membership.npi,
        meaning=meaning,
        attestation=attestation[0],
        attestation_version=attestation[1],
        signed_at=timezone.now(),
        content_sha256=content_sha256,
        authenticated_at=authenticated[0],
        authenticated_by=authenticated[1],
    )
    signature.digest = signature_digest(signature, note)
    signature.save(force_insert=True)
    return signature


def required_membership(actor: User, note: Note) -> Membership:
    """The membership under which `actor` signs; SigningRefused for anybody who is no provider there."""
    membership = provider_membership(actor, note)
    if membership is None:
        raise SigningRefused("not_provider", "Only a provider of this practice can sign a note.")
    return membership


def _move_to_signed(note: Note, *, signature: Signature, version: int, actor: User) -> None:
    hold = timedelta(seconds=note.practice.release_hold_seconds)
    advance(
        note,
        NoteState.SIGNED,
        actor=actor,
        action="note.signed",
        data={
            "signature": signature.pk,
            "revision": signature.revision_id,
            "content_sha256": signature.content_sha256,
            "by_treating_provider": note.encounter.provider_id == actor.pk,
        },
        where=Q(version=version),
        current_revision=signature.revision,
        signature=signature,
        signer=actor,
        signed_at=signature.signed_at,
        hold_until=signature.signed_at + hold,
    )
    refresh_next_step(note.encounter_id)
