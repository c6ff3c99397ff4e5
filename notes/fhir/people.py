"""Patient, Practitioner, Organization, Encounter and Device, each from its part of a chart entry's JSON."""

from __future__ import annotations

from typing import Any

from notes.fhir import codes
from notes.fhir.filed import Refer, Resource, by_type, device_id

Part = dict[str, Any]
DEVICES = {"soapnoteapi": "SOAPNoteAPI", "sandbox": "SOAPNoteAPI sandbox (not for clinical use)"}


def patient(given: Part, organization: Part, refer: Refer = by_type) -> Resource:
    name = {"family": given["name"]["family"], "given": [given["name"]["given"]]}
    return {
        "resourceType": "Patient",
        "id": given["id"],
        "meta": _profile("us-core-patient"),
        "identifier": [_patient_number(each, organization) for each in given["identifiers"]],
        "active": True,
        "name": [
            {"use": "official", **{key: value for key, value in name.items() if value and value != [""]}}
        ],
        "gender": given["gender"],
        "birthDate": given["birth_date"],
        "managingOrganization": {"reference": refer("Organization", organization["id"])},
    }


def patient_identifier(given: Part, organization: Part) -> Part:
    """The patient's number in the practice, for references: an EHR matches by this, not by our id."""
    return _patient_number(given["identifiers"][0], organization)


def practitioner(given: Part) -> Resource:
    """`given` is an author: id, name, credentials and, where it is a real one, NPI."""
    words = given["name"].split() or [given["name"]]
    name: Part = {"text": _titled(given), "family": words[-1]}
    if len(words) > 1:
        name["given"] = words[:-1]
    if given.get("credentials"):
        name["suffix"] = [given["credentials"]]
    return {
        "resourceType": "Practitioner",
        "id": given["id"],
        "meta": _profile("us-core-practitioner"),
        "identifier": [*npi(given.get("npi")), codes.uuid_identifier(given["id"])],
        "active": True,
        "name": [name],
    }


def organization(given: Part) -> Resource:
    return {
        "resourceType": "Organization",
        "id": given["id"],
        "meta": _profile("us-core-organization"),
        "identifier": [*npi(given.get("npi")), codes.uuid_identifier(given["id"])],
        "active": True,
        "name": given["name"],
    }


def encounter(given: Part, patient_id: str, organization_id: str, refer: Refer = by_type) -> Resource:
    provider = given["provider"]
    return {
        "resourceType": "Encounter",
        "id": given["id"],
        "meta": _profile("us-core-encounter"),
        "identifier": [codes.uuid_identifier(given["id"])],
        "status": "finished",
        "class": codes.visit_class(given["modality"]),
        "type": [codes.visit_type(given["modality"])],
        "subject": {"reference": refer("Patient", patient_id)},
        "participant": [
            {
                "type": [
                    codes.concept(
                        "http://terminology.hl7.org/CodeSystem/v3-ParticipationType",
                        "PPRF",
                        "primary performer",
                    )
                ],
                "individual": {
                    "reference": refer("Practitioner", provider["id"]),
                    "display": provider["name"],
                },
            }
        ],
        "period": period(given),
        "serviceProvider": {"reference": refer("Organization", organization_id)},
    }


def device(engine: str) -> Resource:
    """The engine that drafted: software, never a person."""
    return {
        "resourceType": "Device",
        "id": device_id(engine),
        "identifier": [codes.uuid_identifier(device_id(engine))],
        "status": "active",
        "manufacturer": "SOAPNoteAPI",
        "deviceName": [{"name": DEVICES.get(engine, engine), "type": "user-friendly-name"}],
        "type": {"text": "Artificial intelligence that drafts clinical notes"},
    }


def period(visit: Part) -> Part:
    """When the visit was; its appointed time where nobody noted its start."""
    start = visit["started_at"] or visit["scheduled_at"]
    return {"start": start, **({"end": visit["ended_at"]} if visit["ended_at"] else {})}


def npi(number: str | None) -> list[Part]:
    """The national identifier, if `number` is one: with its check digit (ISO 7812, prefix 80840)."""
    return [{"system": codes.NPI, "value": number}] if number and _is_npi(number) else []


def person_reference(given: Part, refer: Refer) -> Part:
    found = {"reference": refer("Practitioner", given["id"]), "display": _titled(given)}
    numbers = npi(given.get("npi"))
    return {**found, "identifier": numbers[0]} if numbers else found


def _titled(given: Part) -> str:
    return ", ".join(part for part in (given["name"], given.get("credentials")) if part)


def _patient_number(identifier: Part, organization: Part) -> Part:
    return {
        "type": codes.concept(codes.IDENTIFIER_TYPE, identifier["type"]),
        "system": identifier.get("system") or codes.urn(organization["id"]),
        "value": identifier["value"],
    }


def _profile(name: str) -> Part:
    return {"profile": [f"{codes.US_CORE}/{name}"]}


def _is_npi(number: str) -> bool:
    if not (number.isascii() and number.isdigit() and len(number) == 10):
        return False
    doubled = [int(digit) * (2 - place % 2) for place, digit in enumerate(number)]
    return (24 + sum(value // 10 + value % 10 for value in doubled)) % 10 == 0
