"""A filed version of a note as FHIR: its DocumentReference, and what it does to those before it."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from notes.fhir.document import document as fhir_document
from notes.fhir.document_reference import document_reference, restated, stamped
from notes.fhir.filed import Filed, Rendition, Resource
from notes.fhir.people import period
from notes.fhir.provenance import provenance
from notes.models import FhirDocument, FiledDocument
from notes.services.clock import next_stamp
from notes.services.rendering import Payload, stamp

Status = FhirDocument.Status


def fhir_publish(
    document: FiledDocument, payload: Payload, renditions: Iterable[Rendition] = ()
) -> list[FhirDocument]:
    """Add the entry's first version and the next one of every entry that it changes.

    Belongs in the transaction that files `document`, after its change number was taken.
    """
    filed = filed_of(document, payload, renditions)
    moment = next_stamp(document.practice_id)
    rows = _restatements(document, moment)
    first = document_reference(filed)
    rows.append(
        FhirDocument(
            practice_id=document.practice_id,
            document=document,
            note_id=document.note_id,
            encounter_id=document.encounter_id,
            patient_id=document.patient_id,
            version=1,
            position=FhirDocument.position_of(document.change_number, len(rows)),
            status=first["status"],
            type_code=payload["type"]["code"],
            date=document.filed_at,
            **_period(payload),
            updated_at=moment,
            body=compact(stamped(first, str(stamp(moment)))),
            provenance=compact(provenance(filed, _targets(rows, document))),
        )
    )
    return FhirDocument.objects.bulk_create(rows)


def filed_of(document: FiledDocument, payload: Payload, renditions: Iterable[Rendition] = ()) -> Filed:
    return Filed(
        id=str(document.pk),
        note=payload,
        replaces=str(document.replaces_id) if document.replaces_id else None,
        label_ai=document.practice.label_ai_drafts,
        renditions=tuple(renditions),
    )


def document_bundle(filed: Filed) -> bytes:
    """The document Bundle's bytes."""
    return compact(fhir_document(filed)).encode()


def rendition(name: str, media_type: str, body: bytes) -> Rendition:
    sha1 = hashlib.sha1(body, usedforsecurity=False).digest()
    return Rendition(name, media_type, len(body), base64.b64encode(sha1).decode())


def compact(resource: Resource) -> str:
    return json.dumps(resource, ensure_ascii=False, separators=(",", ":"))


def _restatements(document: FiledDocument, moment: datetime) -> list[FhirDocument]:
    """The entries before `document` under the status that they have from now on; those that had it are left out."""
    retracted = document.state == FiledDocument.State.ENTERED_IN_ERROR
    status = Status.ENTERED_IN_ERROR if retracted else Status.SUPERSEDED
    before = FhirDocument.objects.standing().filter(note_id=document.note_id).exclude(status=status)
    return [
        _restated(row, status, moment, FhirDocument.position_of(document.change_number, place))
        for place, row in enumerate(before.order_by("position"))
    ]


def _restated(row: FhirDocument, status: str, moment: datetime, position: int) -> FhirDocument:
    again = restated(json.loads(row.body), version=row.version + 1, status=status)
    kept = {
        name: getattr(row, name)
        for name in (
            "practice_id", "document_id", "note_id", "encounter_id", "patient_id", "type_code", "date",
            "period_start", "period_end",
        )
    }  # fmt: skip
    return FhirDocument(
        **kept,
        version=row.version + 1,
        position=position,
        status=status,
        updated_at=moment,
        body=compact(stamped(again, str(stamp(moment)))),
    )


def _targets(restatements: list[FhirDocument], document: FiledDocument) -> list[str]:
    """What the act of filing was about: the entry, and those that a retraction takes with it."""
    others = [row.document_id for row in restatements if row.status == Status.ENTERED_IN_ERROR]
    return [f"DocumentReference/{key}" for key in (document.pk, *others)]


def _period(payload: Payload) -> dict[str, Any]:
    held = period(payload["encounter"])
    return {
        "period_start": datetime.fromisoformat(held["start"]),
        "period_end": datetime.fromisoformat(held["end"]) if "end" in held else None,
    }
