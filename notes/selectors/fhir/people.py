"""Who and what integrations see beside the documents themselves.

Only whom a filed note is about can be seen: nothing outside learns of a patient or a visit before that.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce

from encounters.models import Encounter, Patient, Practice, User
from notes.fhir import codes
from notes.models import FiledDocument, Integration, Signature
from notes.selectors.fhir import values
from notes.selectors.fhir.address import base_url, uuid_of
from notes.selectors.fhir.criteria import Filter

Documents = QuerySet[Any]


def seen_by(integration: Integration) -> Documents:
    """The chart entries, about which the others are."""
    return FiledDocument.objects.pulled_by(integration)


def patients(documents: Documents) -> QuerySet[Any]:
    return Patient.objects.filter(pk__in=documents.values("patient_id"))


def encounters(documents: Documents) -> QuerySet[Any]:
    found = Encounter.objects.filter(pk__in=documents.values("encounter_id"))
    began = Coalesce("started_at", "scheduled_at")
    return found.annotate(began=began).defer("clinical_context").select_related("provider")


def organizations(documents: Documents) -> QuerySet[Any]:
    return Practice.objects.filter(pk__in=documents.values("practice_id"))


def practitioners(documents: Documents) -> QuerySet[Any]:
    """Who held the visits and who signed anything about them."""
    signers = Signature.objects.filter(note_id__in=documents.values("note_id"))
    hosts = Encounter.objects.filter(pk__in=documents.values("encounter_id"))
    return User.objects.filter(Q(pk__in=signers.values("user_id")) | Q(pk__in=hosts.values("provider_id")))


PEOPLE: dict[str, Callable[[Documents], QuerySet[Any]]] = {
    "Patient": patients,
    "Encounter": encounters,
    "Organization": organizations,
    "Practitioner": practitioners,
}


def filters_of(kind: str) -> dict[str, Filter]:
    """What a search for `kind` can be narrowed by."""

    def by_id(name: str, text: str) -> Q:
        return Q(pk__in=_ids(values.reference_ids(name, text, kind, base_url())))

    return {"_id": by_id, **FILTERS.get(kind, {})}


def _patient(name: str, text: str) -> Q:
    return Q(patient_id__in=_ids(values.reference_ids(name, text, "Patient", base_url())))


def _date(name: str, text: str) -> Q:
    found = Q()
    for part in values.alternatives(name, text):
        found |= values.period("began", "ended_at", values.span(name, part))
    return found


def _number(name: str, text: str) -> Q:
    """By the practice's own number of the patient; its system is the practice's id."""
    found = Q(pk__in=[])
    for token in values.tokens(name, text):
        if token.system is None:
            found |= Q(mrn=token.code)
        elif practice := uuid_of(token.system.removeprefix("urn:uuid:")):
            found |= Q(practice_id=practice, mrn=token.code) if token.code else Q(practice_id=practice)
    return found


def _npi(path: str) -> Filter:
    def by_npi(name: str, text: str) -> Q:
        asked = [token for token in values.tokens(name, text) if token.system in (None, codes.NPI)]
        return Q(**{f"{path}__in": [token.code for token in asked if token.code]})

    return by_npi


def _ids(keys: list[str]) -> list[object]:
    return [found for key in keys if (found := uuid_of(key))]


FILTERS: dict[str, dict[str, Filter]] = {
    "Patient": {"identifier": _number},
    "Encounter": {"patient": _patient, "subject": _patient, "date": _date},
    "Organization": {"identifier": _npi("npi")},
}
