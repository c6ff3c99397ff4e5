"""The chart entry as a FHIR document: a Bundle that stands alone, its Composition first (C-CDA on FHIR sections)."""

from __future__ import annotations

from typing import Any

from notes.content import SECTION_LABELS, SECTIONS
from notes.fhir import codes, people
from notes.fhir.document_reference import ai_label, distinct, doc_status
from notes.fhir.filed import Filed, Resource, inside_document, part_id
from notes.fhir.narrative import narrative, table
from notes.fhir.provenance import provenance


def document(filed: Filed) -> Resource:
    note = filed.note
    resources = [
        _composition(filed),
        people.patient(note["patient"], note["organization"], inside_document),
        people.encounter(
            note["encounter"], note["patient"]["id"], note["organization"]["id"], inside_document
        ),
        *(people.practitioner(each) for each in _practitioners(filed)),
        people.organization(note["organization"]),
        *([people.device(filed.engine)] if filed.engine else []),
        provenance(
            part_id(filed.id, "provenance"), filed, [codes.urn(_composition_id(filed))], inside_document
        ),
    ]
    return {
        "resourceType": "Bundle",
        "id": filed.id,
        "meta": {"versionId": "1", "lastUpdated": note["filed_at"], **ai_label(filed)},
        "identifier": codes.uuid_identifier(filed.id),
        "type": "document",
        "timestamp": note["filed_at"],
        "entry": [{"fullUrl": codes.urn(each["id"]), "resource": each} for each in resources],
    }


def _composition(filed: Filed) -> Resource:
    note = filed.note
    made: Resource = {
        "resourceType": "Composition",
        "id": _composition_id(filed),
        **({"meta": label} if (label := ai_label(filed)) else {}),
        "language": "en-US",
        "text": narrative(f"{filed.title}, {note['organization']['name']}"),
        "identifier": codes.uuid_identifier(filed.id),
        "status": doc_status(filed),
        "type": codes.concept(**note["type"]),
        "category": [codes.clinical_note()],
        "subject": {"reference": inside_document("Patient", note["patient"]["id"])},
        "encounter": {"reference": inside_document("Encounter", note["encounter"]["id"])},
        "date": note["filed_at"],
        "author": [people.person_reference(each, inside_document) for each in distinct(filed.signers)],
        "title": filed.title,
        "attester": _attesters(note),
        "custodian": {"reference": inside_document("Organization", note["organization"]["id"])},
    }
    if filed.replaces:
        made["relatesTo"] = [{"code": "replaces", "targetIdentifier": codes.uuid_identifier(filed.replaces)}]
    return {**made, "section": _sections(note)}


def _attesters(note: dict[str, Any]) -> list[Resource]:
    """The signer attests as law has it, once; who signed an addition, as a professional."""
    signed = [("legal", note), *(("professional", each) for each in note["addenda"])]
    return [
        {
            "mode": mode,
            "time": each["signed_at"],
            "party": people.person_reference(each["signed_by"], inside_document),
        }
        for mode, each in signed
    ]


def _sections(note: dict[str, Any]) -> list[Resource]:
    found = [
        _section(
            SECTION_LABELS[name], {"coding": [codes.coding(codes.LOINC, codes.SECTION_CODES[name])]}, text
        )
        for name, text in ((name, note["sections"][name]) for name in SECTIONS)
    ]
    if note["patient_summary"]:
        code = {"coding": [codes.coding(codes.LOINC, codes.INSTRUCTIONS)]}
        found.append(_section("Patient summary", code, note["patient_summary"]))
    if note["billing_codes"]:
        rows = [(each["code"], each["system"], each["description"]) for each in note["billing_codes"]]
        title = "Billing codes"
        found.append({"title": title, "code": {"text": title}, "text": table(rows)})
    for each in note["addenda"]:
        title = f"{each['kind'].replace('_', ' ').capitalize()} {each['number']}"
        text = f"{each['text']}\nReason: {each['reason']}"
        found.append(_section(title, {"text": title}, text))
    return found


def _section(title: str, code: Resource, text: str) -> Resource:
    return {
        "title": title,
        "code": code,
        "text": narrative(text, status="additional" if text else "generated"),
    }


def _practitioners(filed: Filed) -> list[dict[str, Any]]:
    """Everybody named in the document, once; a signer's own words about themselves before the visit's."""
    provider = {**filed.note["encounter"]["provider"], "npi": None, "credentials": ""}
    return distinct([provider, *filed.signers])


def _composition_id(filed: Filed) -> str:
    return part_id(filed.id, "composition")
