"""What the caller asks for, checked: the body of `POST /v1/note` and the `metadata` of an upload."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from notes.soapnoteapi.sandbox.errors import invalid
from notes.soapnoteapi.sandbox.specialties import SPECIALTIES

MIN_TRANSCRIPT_CHARACTERS = 50
CONTEXT_TEXTS = ("patient_history", "custom_instructions")
PATIENT_TEXTS = ("name", "gender", "medical_history")
PATIENT_LISTS = ("medications", "allergies")
FLAGS = ("include_billing_codes", "include_patient_summary", "include_transcript", "include_icd11")


@dataclass(frozen=True)
class NoteOptions:
    specialty: str
    template: str = "standard"
    include_billing_codes: bool = False
    include_patient_summary: bool = False
    include_transcript: bool = False
    include_icd11: bool = False
    gender: str = ""
    medications: Sequence[str] = ()

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


def read_options(data: Mapping[str, object]) -> NoteOptions:
    """Options from a request; `ApiError` 400 names every field at fault. Unknown fields are ignored."""
    problems: list[tuple[str, str]] = []
    specialty = data.get("specialty") or data.get("provider_type")
    if not specialty:
        problems.append(("specialty", "specialty (or provider_type) is required"))
    elif not isinstance(specialty, str) or specialty not in SPECIALTIES:
        problems.append(("specialty", "specialty is not one of the ids of GET /v1/specialties"))
    template = data.get("template") or "standard"
    if not isinstance(template, str) or len(template) > 100:
        problems.append(("template", "template must be a template id"))
    problems += [(name, f"{name} must be true or false") for name in FLAGS if not _is_flag(data.get(name))]
    problems += _context_problems(data.get("context"))
    if problems:
        raise invalid(*problems)
    return NoteOptions(
        str(specialty),
        str(template),
        **{name: bool(data.get(name)) for name in FLAGS},
        gender=_gender(data),
        medications=_medications(data),
    )


def _gender(data: Mapping[str, object]) -> str:
    """What the context says of the patient's gender; the note speaks of the patient accordingly."""
    gender = _patient(data).get("gender")
    return gender if isinstance(gender, str) else ""


def _medications(data: Mapping[str, object]) -> tuple[str, ...]:
    """The patient's list: a name on it is the first to be thought of where one was perhaps misheard."""
    listed = _patient(data).get("medications")
    return tuple(map(str, listed)) if isinstance(listed, list) else ()


def _patient(data: Mapping[str, object]) -> Mapping[str, object]:
    context = data.get("context")
    patient = context.get("patient_info") if isinstance(context, dict) else None
    return patient if isinstance(patient, dict) else {}


def read_transcript(data: Mapping[str, object]) -> str:
    text = data.get("transcript") or data.get("shorthand_notes")
    if not text:
        raise invalid(("transcript", "transcript (or shorthand_notes) is required"))
    if not isinstance(text, str) or len(text.strip()) < MIN_TRANSCRIPT_CHARACTERS:
        raise invalid(
            ("transcript", f"transcript must be text of at least {MIN_TRANSCRIPT_CHARACTERS} characters")
        )
    return text


def _is_flag(value: object) -> bool:
    return value is None or isinstance(value, bool)


def _context_problems(context: object) -> list[tuple[str, str]]:
    if context is None:
        return []
    if not isinstance(context, dict):
        return [("context", "context must be an object")]
    problems = [
        (f"context.{name}", f"{name} must be text")
        for name in CONTEXT_TEXTS
        if not _is_text(context.get(name))
    ]
    return [*problems, *patient_problems(context.get("patient_info"), "context.patient_info")]


def patient_problems(patient: object, field: str) -> list[tuple[str, str]]:
    """What is wrong with a `patient_info`, as `(field, message)`; `field` says where it stands."""
    if patient is None:
        return []
    if not isinstance(patient, dict):
        return [(field, "patient_info must be an object")]
    wrong = [(name, "must be text") for name in PATIENT_TEXTS if not _is_text(patient.get(name))]
    wrong += [
        (name, "must be a list of strings") for name in PATIENT_LISTS if not _is_texts(patient.get(name))
    ]
    age = patient.get("age")
    if age is not None and (isinstance(age, bool) or not isinstance(age, int) or age <= 0):
        wrong.append(("age", "must be a positive integer"))
    return [(f"{field}.{name}", f"{name} {problem}") for name, problem in wrong]


def _is_text(value: object) -> bool:
    return value is None or isinstance(value, str)


def _is_texts(value: object) -> bool:
    return value is None or (isinstance(value, list) and all(isinstance(item, str) for item in value))
