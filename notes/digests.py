"""What a signature binds together, as one hash.

The digest covers the signer, what the signature means, the moment, the proof of identity, the note with its
patient and encounter, and the hash of the text. A signature row copied to another note, version or person
therefore no longer verifies (21 CFR 11.70).
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

from notes.content import canonical_bytes
from notes.models import Addendum, Note, Signature

SCHEME = "countersign-signature-1"


def signature_digest(signature: Signature, note: Note) -> str:
    """SHA-256 over the canonical JSON of everything that `signature` states about `note`."""
    return hashlib.sha256(
        canonical_bytes(
            {
                "scheme": SCHEME,
                "signature": str(signature.pk),
                "practice": str(note.practice_id),
                "note": str(signature.note_id),
                "encounter": str(note.encounter_id),
                "patient": str(note.patient_id),
                "revision": str(signature.revision_id or ""),
                "content_sha256": signature.content_sha256,
                "user": str(signature.user_id),
                "printed_name": signature.printed_name,
                "credentials": signature.credentials,
                "npi": signature.npi,
                "meaning": signature.meaning,
                "attestation": signature.attestation,
                "attestation_version": signature.attestation_version,
                "signed_at": _moment(signature.signed_at),
                "authenticated_at": _moment(signature.authenticated_at),
                "authenticated_by": signature.authenticated_by,
            }
        )
    ).hexdigest()


def addendum_hash(*, number: int, kind: str, reason: str, text: str) -> str:
    """SHA-256 over the canonical JSON of an addendum: what its signature covers."""
    content: dict[str, Any] = {"number": number, "kind": kind, "reason": reason, "text": text}
    return hashlib.sha256(canonical_bytes(content)).hexdigest()


def hash_of(addendum: Addendum) -> str:
    return addendum_hash(
        number=addendum.number, kind=addendum.kind, reason=addendum.reason, text=addendum.text
    )


def _moment(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="microseconds")
