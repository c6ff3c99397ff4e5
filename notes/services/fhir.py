"""A filed version of a note as FHIR: its DocumentReference, and what it does to those before it."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from config.ids import uuid7
from notes.fhir.document import document as fhir_document
from notes.fhir.document_reference import document_reference, restated, stamped
from notes.fhir.filed import Filed, Rendition, Resource
from notes.fhir.people import period
from notes.fhir.provenance import provenance
from notes.models import FhirDocument, FiledDocument, Rendering
from notes.services.clock import next_stamp
from notes.services.documents import Filing, renderer
from notes.services.rendering import Payload, stamp

Status = FhirDocument.Status
# The forms that stand beside the text in a DocumentReference, each behind Binary/<entry>-<form>.
MEDIA_TYPES = {"xhtml": "application/xhtml+xml", "pdf": "application/pdf"}


@renderer("fhir")
def document_bundle(filing: Filing) -> bytes:
    """The document Bundle, which stands alone and points at no address."""
    return compact(fhir_document(filed_of(filing))).encode()


def fhir_publish(
    document: FiledDocument, filing: Filing, forms: Iterable[Rendering] = ()
) -> list[FhirDocument]:
    """Add the entry's first version and the next one of every entry that it changes.

    Belongs in the transaction that files `document`, after its change number was taken.
    """
    filed = filed_of(filing, forms)
    moment = next_stamp(document.practice_id)
    rows = _restatements(document, moment)
    first = document_reference(filed)
    key = uuid7()
    rows.append(
        FhirDocument(
            id=key,
            practice_id=document.practice_id,
            document=document,
            note_id=document.note_id,
            encounter_id=document.encounter_id,
            patient_id=document.patient_id,
            version=1,
            position=FhirDocument.position_of(document.change_number, len(rows)),
            status=first["status"],
            type_code=filed.note["type"]["code"],
            date=document.filed_at,
            **_period(filed.note),
            updated_at=moment,
            body=compact(stamped(first, str(stamp(moment)))),
            provenance=compact(provenance(str(key), filed, _targets(rows, document))),
        )
    )
    return FhirDocument.objects.bulk_create(rows)


def filed_of(filing: Filing, forms: Iterable[Rendering] = ()) -> Filed:
    """The same filing as notes/fhir takes it; `forms` are those that a DocumentReference points at."""
    return Filed(
        id=str(filing.document_id),
        note=filing.payload,
        replaces=str(filing.replaces.pk) if filing.replaces else None,
        label_ai=filing.note.practice.label_ai_drafts,
        renditions=tuple(_rendition(form) for form in forms if form.format in MEDIA_TYPES),
    )


def _rendition(form: Rendering) -> Rendition:
    sha1 = hashlib.sha1(form.body, usedforsecurity=False).digest()
    return Rendition(form.format, MEDIA_TYPES[form.format], form.size, base64.b64encode(sha1).decode())


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
