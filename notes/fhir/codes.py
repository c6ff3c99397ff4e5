"""Code systems and codes, checked against US Core 8.0.0 and C-CDA on FHIR 1.2.0."""

from __future__ import annotations

from typing import Any

LOINC = "http://loinc.org"
URI = "urn:ietf:rfc:3986"
NPI = "http://hl7.org/fhir/sid/us-npi"
US_CORE = "http://hl7.org/fhir/us/core/StructureDefinition"
CATEGORY = "http://hl7.org/fhir/us/core/CodeSystem/us-core-documentreference-category"
CLINICAL_NOTE = "clinical-note"
PARTICIPANT = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"
US_CORE_PARTICIPANT = "http://hl7.org/fhir/us/core/CodeSystem/us-core-provenance-participant-type"
IDENTIFIER_TYPE = "http://terminology.hl7.org/CodeSystem/v2-0203"
CONFIDENTIALITY = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
FORMAT = "http://ihe.net/fhir/ihe.formatcode.fhir/CodeSystem/formatcode"
BY_MEDIA_TYPE = "urn:ihe:iti:xds:2017:mimeTypeSufficient"
AI_ASSERTED = "http://terminology.hl7.org/CodeSystem/v3-ObservationValue"

# LOINC's names for these are left out where they were not checked: a wrong display is an error, none is fine.
SECTION_CODES = {
    "subjective": "61150-9",
    "objective": "61149-1",
    "assessment": "51848-0",
    "plan": "18776-5",
}
INSTRUCTIONS = "69730-0"
_ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
_SNOMED = "http://snomed.info/sct"
# How the visit was held: class, and SNOMED CT's type of visit.
VISITS = {
    "video": ("VR", "virtual", "448337001", "Telemedicine consultation with patient"),
    "audio": ("VR", "virtual", "185317003", "Telephone encounter"),
    "in_person": ("AMB", "ambulatory", "308335008", "Patient encounter procedure"),
}


def concept(system: str, code: str, display: str = "", *, text: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {"coding": [coding(system, code, display)]}
    return {**found, "text": text} if text else found


def coding(system: str, code: str, display: str = "") -> dict[str, str]:
    return {"system": system, "code": code, **({"display": display} if display else {})}


def visit_class(modality: str) -> dict[str, str]:
    code, display, _, _ = VISITS.get(modality, VISITS["video"])
    return coding(_ACT_CODE, code, display)


def visit_type(modality: str) -> dict[str, Any]:
    _, _, code, display = VISITS.get(modality, VISITS["video"])
    return concept(_SNOMED, code, display)


def clinical_note() -> dict[str, Any]:
    return concept(CATEGORY, CLINICAL_NOTE, "Clinical Note")


def urn(key: str) -> str:
    return f"urn:uuid:{key}"


def uuid_identifier(key: str) -> dict[str, str]:
    return {"system": URI, "value": urn(key)}
