"""Checking the signatures of a note again, from the rows alone."""

from __future__ import annotations

from notes.content import content_hash
from notes.digests import hash_of, signature_digest
from notes.models import Note, Signature
from notes.states import FROZEN_NOTES


def verify_note(note: Note) -> list[str]:
    """What is wrong with the signatures of `note`, in words; an empty list when everything verifies.

    Recomputes every signature's digest, the hash of every signed text and addendum, and whether the note's own
    columns (signer, time, current revision) say what its signature says.
    """
    signatures = list(note.signatures.select_related("revision", "addendum"))
    problems = [problem for signature in signatures for problem in _problems_of(signature, note)]
    if note.state in FROZEN_NOTES:
        problems += _contradictions(note, signatures)
    return problems


def _problems_of(signature: Signature, note: Note) -> list[str]:
    name = f"Signature {signature.pk}"
    problems = []
    if signature.digest != signature_digest(signature, note):
        problems.append(f"{name} was altered or belongs to another note.")
    revision, addendum = signature.revision, getattr(signature, "addendum", None)
    if revision is not None:
        actual = content_hash(revision.content)
        if revision.note_id != note.pk:
            problems.append(f"{name} covers a revision of another note.")
        if not actual == revision.content_sha256 == signature.content_sha256:
            problems.append(f"The text of revision {revision.number} is not the text that was signed.")
    elif addendum is None:
        problems.append(f"{name} covers no text.")
    elif addendum.note_id != note.pk or hash_of(addendum) != signature.content_sha256:
        problems.append(f"Addendum {addendum.number} is not the text that was signed.")
    return problems


def _contradictions(note: Note, signatures: list[Signature]) -> list[str]:
    standing = next((found for found in signatures if found.pk == note.signature_id), None)
    if standing is None:
        return ["The note is signed but its signature is missing."]
    stated = (note.signer_id, note.signed_at, note.current_revision_id)
    if stated != (standing.user_id, standing.signed_at, standing.revision_id):
        return ["The note names another signer, time or text than its signature does."]
    return []
