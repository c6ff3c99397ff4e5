"""What the OpenAPI schema says about the addresses for telehealth platforms."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema

from notes.api import platform_serializers as s
from notes.api import problems
from notes.api.operations import ALWAYS, COMMON_HEADERS, answers_of

PATIENT = {
    "mrn": "000417", "given_name": "Alex", "family_name": "Example", "birth_date": "1980-05-17", "gender": "unknown",
}  # fmt: skip
PATIENT_ID = "0193b0c1-0000-7000-8000-000000000002"
ENCOUNTER_ID = "0193b0c1-0000-7000-8000-000000000003"
PROVIDER_ID = "0193b0c1-0000-7000-8000-000000000004"
CONNECTION_ID = "0193b0c1-0000-7000-8000-000000000006"
NEW_ENCOUNTER = {
    "patient": PATIENT_ID, "provider": "dana.rivera@clinic.example", "scheduled_at": "2026-11-20T15:00:00Z",
    "modality": "video", "patient_location": "US-CA", "clinical_context": {"reason": "Knee pain"},
}  # fmt: skip
ENCOUNTER = {
    "id": ENCOUNTER_ID, "status": "scheduled", "patient": PATIENT_ID,
    "provider": {"id": PROVIDER_ID, "name": "Dana Rivera"}, "scheduled_at": "2026-11-20T15:00:00.000Z",
    "started_at": None, "ended_at": None, "modality": "video", "visit_kind": "general",
    "may_record": {"allowed": False, "reasons": [{
        "code": "consent_missing", "text": "No consent is recorded for the patient.",
        "remedy": "Ask, and record the answer.",
    }]},
    "links": {
        "self": f"/api/v1/encounters/{ENCOUNTER_ID}", "page": f"/encounters/{ENCOUNTER_ID}/",
        "capture": f"/encounters/{ENCOUNTER_ID}/capture/",
    },
}  # fmt: skip
NEW_CALL = {"connection": CONNECTION_ID, "external_id": "RM0123456789abcdef0123456789abcdef"}
CALL = {
    **NEW_CALL, "id": "0193b0c1-0000-7000-8000-000000000007", "encounter": ENCOUNTER_ID, "vendor": "twilio",
    "callback_url": f"https://notes.clinic.example/hooks/recordings/{CONNECTION_ID}/",
}  # fmt: skip
KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "pattern": r"^[\x21-\x7e]{1,64}$"},
    OpenApiParameter.HEADER,
    description="Any text of yours that names this request. Sent again within a week, it gets the same answer.",
)
WRITES = (problems.INVALID_BODY, problems.UNSUPPORTED_MEDIA_TYPE, problems.IDEMPOTENCY_CONFLICT, *ALWAYS)


def _made(serializer: type, example: object, *, again: str = "") -> dict[tuple[int, str], OpenApiResponse]:
    shown = [OpenApiExample("answer", value=example, response_only=True)]
    answers = {(201, "application/json"): OpenApiResponse(serializer, examples=shown)}
    if again:
        answers[(200, "application/json")] = OpenApiResponse(serializer, description=again, examples=shown)
    return answers


def _request(example: object) -> list[OpenApiExample]:
    return [OpenApiExample("request", value=example, request_only=True)]


patient_create = extend_schema(
    operation_id="patients_create",
    summary="Make a patient, or find the one with this record number",
    description=(
        "Needs the scope encounters:write. The same number with the same details answers the patient who is there; "
        "with other details it is a conflict."
    ),
    request=s.NewPatient,
    examples=_request(PATIENT),
    parameters=[KEY, *COMMON_HEADERS],
    responses={
        **_made(s.PlatformPatient, {**PATIENT, "id": PATIENT_ID}, again="The patient was there already."),
        **answers_of(problems.CONFLICT, *WRITES),
    },
)
encounter_create = extend_schema(
    operation_id="encounters_create",
    summary="Book an encounter",
    description=(
        "Needs the scope encounters:write. The patient takes part from the start; nobody is asked for consent yet."
    ),
    request=s.NewEncounter,
    examples=_request(NEW_ENCOUNTER),
    parameters=[KEY, *COMMON_HEADERS],
    responses={**_made(s.PlatformEncounter, ENCOUNTER), **answers_of(problems.CONFLICT, *WRITES)},
)
encounter = extend_schema(
    operation_id="encounters_retrieve",
    summary="How an encounter stands, and whether it may be recorded",
    description="Needs the scope encounters:write. Holds nothing clinical.",
    parameters=COMMON_HEADERS,
    responses={
        (200, "application/json"): OpenApiResponse(
            s.PlatformEncounter, examples=[OpenApiExample("answer", value=ENCOUNTER)]
        ),
        **answers_of(problems.NOT_FOUND, *ALWAYS),
    },
)
capture_token = extend_schema(
    operation_id="capture_tokens_create",
    summary="Let a page of yours record an encounter",
    description=(
        "Needs the scope encounters:write. The token is good for one hour, one encounter and one site. It is for the "
        "page; the key is not. Everybody who takes part has to agree before anything is recorded."
    ),
    request=s.NewCaptureToken,
    examples=_request({"origin": "https://video.clinic.example"}),
    parameters=COMMON_HEADERS,
    responses={
        **_made(s.CaptureToken, {
            "token": "cap_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG", "expires_at": "2026-11-20T16:00:00.000Z",
            "module": "https://notes.clinic.example/static/encounters/capture/capture.js",
        }),
        **answers_of(
            problems.NOT_FOUND, problems.CONFLICT, problems.INVALID_BODY, problems.UNSUPPORTED_MEDIA_TYPE, *ALWAYS
        ),
    },
)  # fmt: skip
call_bind = extend_schema(
    operation_id="calls_create",
    summary="Say which call belongs to an encounter",
    description=(
        "Needs the scope encounters:write. Bind the room, session or meeting before the call: what the vendor reports "
        "for it is then picked up by itself. Sent again, the same call is answered."
    ),
    request=s.NewCall,
    examples=_request(NEW_CALL),
    parameters=[KEY, *COMMON_HEADERS],
    responses={
        **_made(s.PlatformCall, CALL, again="It was bound already."),
        **answers_of(problems.NOT_FOUND, problems.CONFLICT, *WRITES),
    },
)
