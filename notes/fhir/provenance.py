"""Who wrote a chart entry: the clinician who answers for it, and the engine that only drafted.

Author and verifier are the clinician for the practice; the engine is the device that assembled the draft. A label
on the whole note (AIAST) would say that the machine asserts it, which after a clinician's signature it does not.
"""

from __future__ import annotations

from typing import Any

from notes.fhir import codes
from notes.fhir.filed import Filed, Refer, Resource, by_type, device_id
from notes.fhir.people import DEVICES, person_reference

COMPLETION = "http://terminology.hl7.org/CodeSystem/v3-DocumentCompletion"
OPERATION = "http://terminology.hl7.org/CodeSystem/v3-DataOperation"


def provenance(key: str, filed: Filed, targets: list[str], refer: Refer = by_type) -> Resource:
    """Of the entry as it was signed, or of the statement that it was entered in error; ``recorded`` at filing."""
    note = filed.note
    made: Resource = {
        "resourceType": "Provenance",
        "id": key,
        "meta": {"profile": [f"{codes.US_CORE}/us-core-provenance"]},
        "target": [{"reference": each} for each in targets],
        "occurredDateTime": (note["addenda"][-1] if note["addenda"] else note)["signed_at"],
        "recorded": note["filed_at"],
        "activity": codes.concept(OPERATION, "NULLIFY", "nullify")
        if filed.retracted
        else codes.concept(COMPLETION, "LA", "legally authenticated"),
        "agent": [*_clinicians(filed, refer), *_engine(filed, refer), _transmitter(note, refer)],
    }
    if draft := note["provenance"]["upstream_note_id"]:
        what = {"identifier": {"value": draft}, "display": "Draft by the engine"}
        made["entity"] = [{"role": "source", "what": what}]
    return made


def _clinicians(filed: Filed, refer: Refer) -> list[dict[str, Any]]:
    """Whoever signed the note or an addition; who retracted it is the author of that alone."""
    note = filed.note
    if filed.retracted:
        return [_clinician("author", note["addenda"][-1]["signed_by"], note, refer)]
    signers = {each["id"]: each for each in filed.signers}.values()
    return [_clinician(role, each, note, refer) for each in signers for role in ("author", "verifier")]


def _clinician(role: str, who: dict[str, Any], note: dict[str, Any], refer: Refer) -> dict[str, Any]:
    return {
        "type": codes.concept(codes.PARTICIPANT, role, role.capitalize()),
        "who": person_reference(who, refer),
        "onBehalfOf": _practice(note, refer),
    }


def _engine(filed: Filed, refer: Refer) -> list[dict[str, Any]]:
    if filed.engine is None or filed.retracted:
        return []
    return [
        {
            "type": codes.concept(codes.PARTICIPANT, "assembler", "Assembler"),
            "who": {
                "reference": refer("Device", device_id(filed.engine)),
                "display": DEVICES.get(filed.engine, filed.engine),
            },
            "onBehalfOf": _practice(filed.note, refer),
        }
    ]


def _transmitter(note: dict[str, Any], refer: Refer) -> dict[str, Any]:
    return {
        "type": codes.concept(codes.US_CORE_PARTICIPANT, "transmitter", "Transmitter"),
        "who": _practice(note, refer),
    }


def _practice(note: dict[str, Any], refer: Refer) -> dict[str, str]:
    return {
        "reference": refer("Organization", note["organization"]["id"]),
        "display": note["organization"]["name"],
    }
