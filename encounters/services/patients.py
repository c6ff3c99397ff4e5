from __future__ import annotations

from datetime import date, timedelta
from typing import Any, TypedDict, Unpack

from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.utils import timezone

from consent.audit import Acting, audited, record
from encounters.models import Patient, Practice


class PatientFields(TypedDict, total=False):
    mrn: str
    given_name: str
    family_name: str
    birth_date: date
    gender: str


def patient_create(*, practice: Practice, actor: Acting, **fields: Unpack[PatientFields]) -> Patient:
    """A new patient of the practice. Raises ValidationError, for a taken MRN on the field `mrn`."""
    return _save(Patient(practice=practice), fields, actor, "patient.created")


def patient_update(*, patient: Patient, actor: Acting, **fields: Unpack[PatientFields]) -> Patient:
    """Change a patient's details. Raises ValidationError as `patient_create` does; nothing is then changed."""
    return _save(patient, fields, actor, "patient.changed")


def _save(patient: Patient, fields: PatientFields, actor: Acting, action: str) -> Patient:
    changed = []
    for name, value in fields.items():
        tidy = " ".join(value.split()) if isinstance(value, str) else value
        if getattr(patient, name) != tidy:
            setattr(patient, name, tidy)
            changed.append(name)
    _check(patient)
    try:
        with audited():
            patient.save()
            context: dict[str, Any] = {"practice": patient.practice_id, "patient": patient}
            record(action, actor=actor, target=patient, data={"fields": sorted(changed)}, **context)
    except IntegrityError:  # somebody else took the number in this moment
        raise _taken() from None
    return patient


def _check(patient: Patient) -> None:
    patient.clean_fields(exclude=["practice"])
    if not date(1880, 1, 1) <= patient.birth_date <= timezone.localdate() + timedelta(days=1):
        raise ValidationError({"birth_date": "Enter a date of birth between 1880 and today."})
    same = Patient.objects.filter(practice_id=patient.practice_id, mrn=patient.mrn).exclude(pk=patient.pk)
    if same.exists():
        raise _taken()


def _taken() -> ValidationError:
    return ValidationError(
        {
            "mrn": "A patient of this practice has this medical record number. Search for it, or check the number."
        }
    )
