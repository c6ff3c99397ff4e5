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
    "statements": {
        "telehealth": "Telehealth visit by video, the patient in California, the provider in California. Taking part "
        "besides the provider: patient. It began at 2026-11-20 07:00 PST. It ended at 2026-11-20 07:21 PST.",
        "consent": "The patient agreed to the recording (verbal, script 2026-1, English; 2026-11-20 06:59 PST).",
    },
    "sandbox": False,
    "hash": {"algorithm": "sha256", "of": "text", "value": "a1" * 32},
    "links": {
        "self": "/api/v1/notes/0193b0c1-0000-7000-8000-000000000001",
        "text": "/api/v1/notes/0193b0c1-0000-7000-8000-000000000001/versions/1/document.txt",
        "html": "/api/v1/notes/0193b0c1-0000-7000-8000-000000000001/versions/1/document.html",
        "pdf": "/api/v1/notes/0193b0c1-0000-7000-8000-000000000001/versions/1/document.pdf",
        "fhir": "/fhir/r4/DocumentReference/0193b0c1-0000-7000-8000-000000000001",
    },
}

PAGE: dict[str, Any] = {"data": [NOTE], "next_cursor": "NDE6M2ZhOGQ", "has_more": False}

_ID = NOTE["id"]
_HERE = f"/api/v1/notes/{_ID}/versions/1"

VERSIONS: dict[str, Any] = {
    "data": [
        {
            "version": 1,
            "change": 41,
            "state": "filed",
            "filed_at": "2026-11-20T15:26:08.903Z",
            "etag": '"5f5f"',
            "links": {
                "self": _HERE,
                "text": f"{_HERE}/document.txt",
                "html": f"{_HERE}/document.html",
                "pdf": f"{_HERE}/document.pdf",
                "receipt": f"{_HERE}/receipt",
            },
        }
    ]
}

RECEIPT_SENT: dict[str, Any] = {
    "status": "filed",
    "external_id": "DOC-88123",
    "at": "2026-11-20T15:27:00Z",
}
RECEIPT: dict[str, Any] = {
    "note": _ID,
    "version": 1,
    "change": 41,
    "status": "filed",
    "external_id": "DOC-88123",
    "at": "2026-11-20T15:27:00.000Z",
    "error": None,
    "created_at": "2026-11-20T15:27:01.220Z",
    "updated_at": "2026-11-20T15:27:01.220Z",
}
RECEIPT_ANSWER: dict[str, Any] = {**RECEIPT, "latest_version": 1}
RECEIPTS: dict[str, Any] = {
    "data": [
        RECEIPT,
        {"note": "0193b0c1-0000-7000-8000-000000000009", "version": 1, "change": 42, "status": "missing"},
    ],
    "next_cursor": "NDI6N2M5",
    "has_more": False,
}

EVENT: dict[str, Any] = {
    "id": "0193b0c1-0000-7000-8000-00000000000a",
    "type": "note.filed",
    "timestamp": "2026-11-20T15:26:08.903Z",
    "data": {"id": _ID, "version": 1, "change": 41, "href": _HERE},
}
EVENTS: dict[str, Any] = {"data": [EVENT], "next_cursor": "NDE6M2Zh", "has_more": False}

ENDPOINT_SENT: dict[str, Any] = {"url": "https://ehr.example.com/hooks/notes", "types": ["note.filed"]}
ENDPOINT: dict[str, Any] = {
    "id": "0193b0c1-0000-7000-8000-00000000000b",
    "url": "https://ehr.example.com/hooks/notes",
    "types": ["note.filed"],
    "state": "enabled",
    "disabled_reason": None,
    "created_at": "2026-11-20T12:00:00.000Z",
    "old_secret_until": None,
}
ENDPOINT_WITH_SECRET: dict[str, Any] = {**ENDPOINT, "secret": "whsec_shown-once"}
DELIVERIES: dict[str, Any] = {
    "data": [
        {
            "event": EVENT["id"],
            "state": "delivered",
            "attempts": 1,
            "status": 204,
            "error": None,
            "last_attempt_at": "2026-11-20T15:26:09.100Z",
            "next_attempt_at": None,
            "delivered_at": "2026-11-20T15:26:09.300Z",
        }
    ]
}

ME: dict[str, Any] = {
    "id": "0193b0c1-0000-7000-8000-00000000000c",
    "name": "Example EHR",
    "practice": {"id": "0193b0c1-0000-7000-8000-000000000005", "name": "Example Clinic"},
    "scopes": ["notes:read", "notes:ack"],
    "allowed_networks": [],
    "expires_at": None,
    "feed": {"head": 41, "pulled_through": 41, "lag": 0, "pulled_at": "2026-11-20T15:26:30.000Z"},
    "receipts": {"received": 0, "filed": 41, "rejected": 0},
}
HEALTH: dict[str, Any] = {"status": "ok", "time": "2026-11-20T15:26:30.000Z"}
