"""The DocumentReference (US Core) of a chart entry, and the same under another status."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from notes.fhir import codes
from notes.fhir.filed import BASE, Filed, Resource, by_type
from notes.fhir.people import patient_identifier, period, person_reference

PROFILE = f"{codes.US_CORE}/us-core-documentreference"


def document_reference(filed: Filed) -> Resource:
    """Version 1, without ``meta.lastUpdated``: that is known last (``stamped``)."""
    note = filed.note
    author = person_reference(note["signed_by"], by_type)
    made: Resource = {
        "resourceType": "DocumentReference",
        "id": filed.id,
        "meta": {"versionId": "1", "profile": [PROFILE], **ai_label(filed)},
        "masterIdentifier": codes.uuid_identifier(filed.id),
        "identifier": [codes.uuid_identifier(note["id"])],
        "status": "entered-in-error" if filed.retracted else "current",
        "docStatus": doc_status(filed),
        "type": codes.concept(**note["type"]),
        "category": [codes.clinical_note()],
        "subject": _subject(note),
        "date": note["filed_at"],
        "author": [person_reference(each, by_type) for each in distinct(filed.signers)],
        "authenticator": author,
        "custodian": {
            "reference": by_type("Organization", note["organization"]["id"]),
            "display": note["organization"]["name"],
        },
    }
    if filed.replaces:
        made["relatesTo"] = [
            {"code": "replaces", "target": {"reference": by_type("DocumentReference", filed.replaces)}}
        ]
    return {
        **made,
        "securityLabel": [codes.concept(codes.CONFIDENTIALITY, "N", "normal")],
        "content": [{"attachment": each, "format": _format()} for each in _attachments(filed)],
        "context": {
            "encounter": [
                {
                    "reference": by_type("Encounter", note["encounter"]["id"]),
                    "identifier": codes.uuid_identifier(note["encounter"]["id"]),
                }
            ],
            "period": period(note["encounter"]),
        },
    }


def restated(resource: Resource, *, version: int, status: str) -> Resource:
    """The next version of the same entry: superseded by a newer one, or entered in error. Its content stays."""
    doc_status = "entered-in-error" if status == "entered-in-error" else resource["docStatus"]
    meta = {**resource["meta"], "versionId": str(version)}
    return {**resource, "meta": meta, "status": status, "docStatus": doc_status}


def stamped(resource: Resource, moment: str) -> Resource:
    """The resource with the time of its version."""
    return {**resource, "meta": {**resource["meta"], "lastUpdated": moment}}


def ai_label(filed: Filed) -> dict[str, Any]:
    """HL7's security label for what an artificial intelligence asserted, where the practice wants it."""
    if not (filed.label_ai and filed.engine):
        return {}
    return {"security": [codes.coding(codes.AI_ASSERTED, "AIAST", "Artificial Intelligence asserted")]}


def doc_status(filed: Filed) -> str:
    if filed.retracted:
        return "entered-in-error"
    return "amended" if filed.amended else "final"


def distinct(people: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return list({each["id"]: each for each in people}.values())


def _subject(note: dict[str, Any]) -> dict[str, Any]:
    patient = note["patient"]
    return {
        "reference": by_type("Patient", patient["id"]),
        "identifier": patient_identifier(patient, note["organization"]),
        "display": f"{patient['name']['given']} {patient['name']['family']}".strip(),
    }


def _attachments(filed: Filed) -> list[dict[str, Any]]:
    text = filed.note["text"].encode()
    inline: dict[str, Any] = {
        "contentType": "text/plain; charset=utf-8",
        "language": "en-US",
        "data": base64.b64encode(text).decode(),
        "size": len(text),
        "hash": base64.b64encode(hashlib.sha1(text, usedforsecurity=False).digest()).decode(),
    }
    others: list[dict[str, Any]] = [
        {
            "contentType": each.media_type,
            "language": "en-US",
            "url": f"{BASE}/Binary/{filed.id}-{each.name}",
            "size": each.size,
            "hash": each.sha1,
        }
        for each in filed.renditions
    ]
    bundle = {
        "contentType": "application/fhir+json",
        "language": "en-US",
        "url": f"{BASE}/Bundle/{filed.id}",
    }
    said = {"title": filed.title, "creation": filed.note["signed_at"]}
    return [{**each, **said} for each in (inline, *others, bundle)]


def _format() -> dict[str, str]:
    return codes.coding(codes.FORMAT, codes.BY_MEDIA_TYPE, "mimeType Sufficient")
