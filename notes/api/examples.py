"""An invented note in the form that the API serves, for the schema."""

from __future__ import annotations

from typing import Any

_SIGNER = {
    "id": "0193b0c1-0000-7000-8000-000000000004",
    "name": "Dana Rivera",
    "credentials": "MD",
    "npi": "1234567893",
}

NOTE: dict[str, Any] = {
    "id": "0193b0c1-0000-7000-8000-000000000001",
    "version": 1,
    "change": 41,
    "state": "filed",
    "replaces": None,
    "type": {"system": "http://loinc.org", "code": "11506-3", "display": "Progress note"},
    "patient": {
        "id": "0193b0c1-0000-7000-8000-000000000002",
        "identifiers": [{"type": "MR", "value": "000417"}],
        "name": {"given": "Alex", "family": "Example"},
        "birth_date": "1980-05-17",
        "gender": "unknown",
    },
    "encounter": {
        "id": "0193b0c1-0000-7000-8000-000000000003",
        "started_at": "2026-11-20T15:00:00.000Z",
        "ended_at": "2026-11-20T15:14:00.000Z",
        "scheduled_at": "2026-11-20T15:00:00.000Z",
        "modality": "video",
        "specialty": "family_medicine",
        "provider": {"id": _SIGNER["id"], "name": "Dana Rivera"},
    },
    "author": _SIGNER,
    "signed_by": {
        **_SIGNER,
        "meaning": "author",
        "attestation": "I have read and corrected this note.",
        "content_sha256": "5f" * 32,
    },
    "signed_at": "2026-11-20T15:21:08.412Z",
    "filed_at": "2026-11-20T15:26:08.903Z",
    "organization": {"id": "0193b0c1-0000-7000-8000-000000000005", "name": "Example Clinic", "npi": None},
    "sections": {
        "subjective": "Cough for three days, no fever.",
        "objective": "Speaks in full sentences on video.",
        "assessment": "Viral upper respiratory infection.",
        "plan": "Fluids and rest. Call if short of breath.",
    },
    "addenda": [],
    "billing_codes": [
        {"system": "ICD-10-CM", "code": "J06.9", "description": "Acute upper respiratory infection"}
    ],
    "patient_summary": "You have a cold. Drink plenty and rest.",
    "text": "Example Clinic\nPatient: Alex Example …\n",
    "language": "en",
    "provenance": {
        "source": "audio",
        "ai_generated": True,
        "engine": "soapnoteapi",
        "upstream_note_id": "note_7Q2",
        "edited_by_clinician": True,
    },
    "consent": {"recording": "granted"},
    "sandbox": False,
    "hash": {"algorithm": "sha256", "of": "text", "value": "a1" * 32},
    "links": {"self": "/api/v1/notes/0193b0c1-0000-7000-8000-000000000001"},
}

PAGE: dict[str, Any] = {"data": [NOTE], "next_cursor": "NDE6M2ZhOGQ", "has_more": False}
