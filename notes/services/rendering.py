"""The JSON of a chart entry, as integrations pull it: rendered once at filing, from the signed revision.

Same note, same bytes: keys stand in a fixed order and times are UTC to the millisecond. The change number is set
last (``body``), because it is taken as late in the filing transaction as possible. The transcript is evidence for
the reviewer and no part of the chart note.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from consent.models import ConsentRecord
from consent.selectors import latest_decisions
from encounters.models import Encounter, Patient, Practice
from notes.content import SECTIONS
from notes.models import Addendum, FiledDocument, Note, Revision, Signature, Submission
from notes.services.note_types import note_type
from notes.services.plaintext import SANDBOX_NOTICE, Block, chart_blocks, plain_text
from notes.services.statements import statements_of

SOURCES = {
    Submission.Kind.AUDIO: "audio",
    Submission.Kind.TEXT: "transcript",
    Submission.Kind.SHORTHAND: "shorthand",
}

Payload = dict[str, Any]


def payload(
    *, note: Note, version: int, state: str, filed_at: datetime, replaces: FiledDocument | None = None
) -> Payload:
    """Everything of version `version` except its change number, which stays 0 until ``body``.

    `note` must be signed. Fields: README, "Pulling notes", and the schema at /api/schema/.
    """
    revision, signature = note.current_revision, note.signature
    assert revision is not None, "a signed note has its revision"
    assert signature is not None, "a signed note has its signature"
    addenda = signed_addenda(note)
    text = plain_text(blocks_of(note, addenda))
    return {
        "id": str(note.pk),
        "version": version,
        "change": 0,
        "state": state,
        "replaces": _replaced(replaces),
        "type": note_type(note.encounter.template),
        "patient": patient_part(note.patient),
        "encounter": encounter_part(note.encounter),
        "author": _author(signature),
        "signed_by": _signed_by(signature),
        "signed_at": stamp(signature.signed_at),
        "filed_at": stamp(filed_at),
        "organization": organization_part(note.practice),
        "sections": {name: revision.content["sections"][name] for name in SECTIONS},
        "addenda": [_addendum(addendum) for addendum in addenda],
        "billing_codes": revision.content["billing_codes"],
        "patient_summary": revision.content["patient_summary"],
        "text": text,
        "language": "en",
        "provenance": _provenance(note, revision),
        "consent": {"recording": recording_consent(note.encounter)},
        "statements": statements_of(note.encounter),
        **({"sandbox": True, "notice": SANDBOX_NOTICE} if note.sandbox else {"sandbox": False}),
        "hash": {"algorithm": "sha256", "of": "text", "value": hashlib.sha256(text.encode()).hexdigest()},
        "links": _links(note, version),
    }


def signed_addenda(note: Note) -> list[Addendum]:
    return list(note.addenda.select_related("signature").order_by("number"))


def blocks_of(note: Note, addenda: Sequence[Addendum]) -> list[Block]:
    """The signed note and its addenda, as every readable form shows them."""
    revision, signature = note.current_revision, note.signature
    assert revision is not None, "a signed note has its revision"
    assert signature is not None, "a signed note has its signature"
    return chart_blocks(note=note, content=revision.content, signature=signature, addenda=addenda)


def body(rendered: Payload, *, change: int) -> str:
    """The stored bytes, as text: `rendered` under its change number."""
    return json.dumps({**rendered, "change": change}, ensure_ascii=False, separators=(",", ":"))


def stamp(moment: datetime | None) -> str | None:
    """RFC 3339 in UTC with milliseconds, which FHIR takes as an instant too."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def recording_consent(encounter: Encounter, *, roles: Collection[str] = ()) -> str:
    """What the people taking part said about being recorded, the most restrictive answer first:
    withdrawn, declined, not_asked (of somebody), granted (by everybody). Of those in `roles` only, where any is."""
    decided = latest_decisions(encounter)
    people = list(encounter.participants.all())
    people = [person for person in people if person.role in roles] or people
    answers = {decided[person.pk].decision if person.pk in decided else "not_asked" for person in people}
    order = [ConsentRecord.Decision.WITHDRAWN, ConsentRecord.Decision.DECLINED, "not_asked"]
    restrictive = next((str(answer) for answer in order if answer in answers), None)
    return restrictive or ("granted" if answers else "not_asked")


def _links(note: Note, version: int) -> Payload:
    """``self`` is the note as it stands, whatever its version; the documents are those of this version; ``fhir``
    finds the note's DocumentReferences, one for each version."""
    this = f"/api/v1/notes/{note.pk}"
    document = f"{this}/versions/{version}/document"
    return {
        "self": this,
        "text": f"{document}.txt",
        "html": f"{document}.html",
        "pdf": f"{document}.pdf",
        "fhir": f"/fhir/r4/DocumentReference?identifier=urn:uuid:{note.pk}",
    }


def _replaced(document: FiledDocument | None) -> Payload | None:
    return {"version": document.version, "change": document.change_number} if document else None


def patient_part(patient: Patient) -> Payload:
    return {
        "id": str(patient.pk),
        "identifiers": [{"type": "MR", "value": patient.mrn}],
        "name": {"given": patient.given_name, "family": patient.family_name},
        "birth_date": patient.birth_date.isoformat(),
        "gender": patient.gender,
    }


def encounter_part(encounter: Encounter) -> Payload:
    return {
        "id": str(encounter.pk),
        "started_at": stamp(encounter.started_at),
        "ended_at": stamp(encounter.ended_at),
        "scheduled_at": stamp(encounter.scheduled_at),
        "modality": encounter.modality,
        "specialty": encounter.specialty,
        "provider": {"id": str(encounter.provider_id), "name": str(encounter.provider)},
    }


def _author(signature: Signature) -> Payload:
    return {
        "id": str(signature.user_id),
        "name": signature.printed_name,
        "credentials": signature.credentials,
        "npi": signature.npi or None,
    }


def _signed_by(signature: Signature) -> Payload:
    return {
        **_author(signature),
        "meaning": signature.meaning,
        "attestation": signature.attestation,
        "content_sha256": signature.content_sha256,
    }


def organization_part(practice: Practice) -> Payload:
    return {"id": str(practice.pk), "name": practice.name, "npi": practice.npi or None}


def _addendum(addendum: Addendum) -> Payload:
    return {
        "number": addendum.number,
        "kind": addendum.kind,
        "reason": addendum.reason,
        "text": addendum.text,
        "signed_by": _signed_by(addendum.signature),
        "signed_at": stamp(addendum.signature.signed_at),
    }


def _provenance(note: Note, signed: Revision) -> Mapping[str, Any]:
    """Where the words came from, by the first draft that an engine wrote for the note; a late one never counts."""
    draft = (
        note.revisions.filter(kind=Revision.Kind.DRAFT, submission__isnull=False)
        .select_related("submission__account")
        .order_by("number")
        .first()
    )
    submission = draft.submission if draft else None
    if draft is None or submission is None:
        return {
            "source": "manual", "ai_generated": False, "engine": None, "upstream_note_id": None,
            "edited_by_clinician": True,
        }  # fmt: skip
    return {
        "source": SOURCES[Submission.Kind(submission.kind)],
        "ai_generated": True,
        "engine": submission.account.kind if submission.account else None,
        "upstream_note_id": submission.upstream_note_id or None,
        "edited_by_clinician": draft.content_sha256 != signed.content_sha256,
    }
