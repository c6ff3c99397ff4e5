"""Who and what integrations see beside the documents themselves.

Only whom a filed note is about can be seen: nothing outside learns of a patient or a visit before that.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import Q, QuerySet

from encounters.models import Encounter, Patient, Practice, User
from notes.models import FiledDocument, Integration, Signature

Documents = QuerySet[Any]


def seen_by(integration: Integration) -> Documents:
    """The chart entries, about which the others are."""
    return FiledDocument.objects.pulled_by(integration)


def patients(documents: Documents) -> QuerySet[Any]:
    return Patient.objects.filter(pk__in=documents.values("patient_id"))


def encounters(documents: Documents) -> QuerySet[Any]:
    found = Encounter.objects.filter(pk__in=documents.values("encounter_id"))
    return found.defer("clinical_context").select_related("provider")


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
