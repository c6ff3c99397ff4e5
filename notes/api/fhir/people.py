"""Patient, Practitioner, Organization, Encounter and Device: read and search. Made from the rows of now."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from rest_framework.request import Request

from encounters.models import Membership, Patient, Role
from notes.api.fhir import paging
from notes.api.fhir.base import (
    FhirView,
    bundle_response,
    given,
    lenient,
    resource_response,
    strict,
    unchanged,
    versioned,
)
from notes.api.fhir.outcomes import not_found
from notes.fhir import people as builders
from notes.fhir.filed import Resource, device_id
from notes.models import Integration
from notes.selectors.fhir import values
from notes.selectors.fhir.address import uuid_of
from notes.selectors.fhir.criteria import search
from notes.selectors.fhir.people import PEOPLE, filters_of, seen_by
from notes.services.rendering import encounter_part, organization_part, patient_part

Builder = Callable[[Integration, list[Any]], list[Resource]]


def resources(integration: Integration, kind: str, ids: Iterable[Any]) -> list[tuple[str, str, UUID | None]]:
    """(id, text, patient) of those of `ids` that the integration sees."""
    if kind == "Device":
        known = {device_id(engine): engine for engine in builders.DEVICES}
        return [
            (key, versioned(builders.device(known[key]))[0], None) for key in map(str, ids) if key in known
        ]
    rows = list(rows_of(integration, kind).filter(pk__in=list(ids)).order_by("pk"))
    return texts(integration, kind, rows)


def rows_of(integration: Integration, kind: str) -> QuerySet[Any]:
    return PEOPLE[kind](seen_by(integration))


def texts(integration: Integration, kind: str, rows: list[Any]) -> list[tuple[str, str, UUID | None]]:
    """The same of `rows`."""
    made = BUILDERS[kind](integration, rows)
    return [
        (resource["id"], versioned(resource)[0], _patient_of(row))
        for row, resource in zip(rows, made, strict=True)
    ]


class PersonView(FhirView):
    def get(self, request: Request, kind: str, key: str) -> HttpResponse:
        pk = uuid_of(key)
        found = resources(self.integration, kind, [pk]) if pk else []
        if not found:
            self.note_missing(kind, key)
            raise not_found()
        _, text, patient = found[0]
        etag = etag_in(text)
        if same := unchanged(request, etag):
            return same
        self.note("api.fhir_read", kind, [key], patients=[patient])
        return resource_response(text, etag=etag)


class PersonSearchView(FhirView):
    """GET Patient?_id=… and POST Patient/_search; without an _id, everybody, page by page."""

    permission = "s"

    def get(self, request: Request, kind: str) -> HttpResponse:
        asked = search(
            given(request), filters_of(kind), strict=strict(request), filters_too=not lenient(request)
        )
        if kind == "Device":
            return self._devices(request, asked)
        rows = rows_of(self.integration, kind).filter(asked.where)
        total = rows.count() if asked.total or not asked.count else None
        if after := paging.read_cursor(self.integration.practice_id, kind, asked):
            rows = rows.filter(pk__gt=after)
        found = list(rows.order_by("pk")[: asked.count + 1]) if asked.count else []
        page = found[: asked.count]
        made = texts(self.integration, kind, page)
        if page:
            self.note(
                "api.fhir_searched", kind, [key for key, _, _ in made], patients=[who for _, _, who in made]
            )
        entries = [paging.entry(kind, key, text) for key, text, _ in made]
        more = len(found) > len(page)
        cursor = paging.write_cursor(self.integration.practice_id, kind, page[-1].pk, asked) if more else ""
        return bundle_response(paging.searchset(kind, asked, entries, cursor=cursor, total=total))

    def post(self, request: Request, kind: str) -> HttpResponse:
        return self.get(request, kind)

    def _devices(self, request: Request, asked: Any) -> HttpResponse:
        wanted = [value for name, value in given(request) if name == "_id"]
        ids = [device_id(engine) for engine in builders.DEVICES]
        ids = [key for key in ids if all(key in values.alternatives("_id", value) for value in wanted)]
        entries = [
            paging.entry("Device", key, text) for key, text, _ in resources(self.integration, "Device", ids)
        ]
        total = len(entries) if asked.total or not asked.count else None
        shown = entries if asked.count else []
        return bundle_response(paging.searchset("Device", asked, shown, total=total))


def etag_in(text: str) -> str:
    """The entity tag of a resource made just now."""
    version = text.split('"versionId":"', 1)[1].split('"', 1)[0]
    return f'W/"{version}"'


def _build_patients(integration: Integration, rows: list[Any]) -> list[Resource]:
    practice = organization_part(integration.practice)
    return [builders.patient(patient_part(row), practice) for row in rows]


def _build_encounters(integration: Integration, rows: list[Any]) -> list[Resource]:
    practice = str(integration.practice_id)
    return [builders.encounter(encounter_part(row), str(row.patient_id), practice) for row in rows]


def _build_organizations(_integration: Integration, rows: list[Any]) -> list[Resource]:
    return [builders.organization(organization_part(row)) for row in rows]


def _build_practitioners(integration: Integration, rows: list[Any]) -> list[Resource]:
    """By name as they are known now, with the credentials that they have in this practice."""
    members = Membership.objects.filter(
        practice_id=integration.practice_id, role=Role.PROVIDER, user__in=[row.pk for row in rows]
    )
    known = {member.user_id: member for member in members}
    return [builders.practitioner(_practitioner_part(row, known.get(row.pk))) for row in rows]


def _practitioner_part(user: Any, member: Any) -> dict[str, Any]:
    return {
        "id": str(user.pk),
        "name": str(user),
        "credentials": member.credentials if member else "",
        "npi": (member.npi if member else "") or None,
    }


def _patient_of(row: Any) -> UUID | None:
    found: UUID | None = row.pk if isinstance(row, Patient) else getattr(row, "patient_id", None)
    return found


BUILDERS: dict[str, Builder] = {
    "Patient": _build_patients,
    "Encounter": _build_encounters,
    "Organization": _build_organizations,
    "Practitioner": _build_practitioners,
}
