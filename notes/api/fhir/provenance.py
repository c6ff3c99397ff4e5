"""Provenance: read, and search by _id and target."""

from __future__ import annotations

from django.db.models import Q
from django.http import HttpResponse
from rest_framework.request import Request

from notes.api.fhir import paging
from notes.api.fhir.base import (
    FhirView,
    bundle_response,
    etag_of,
    given,
    lenient,
    resource_response,
    strict,
    unchanged,
)
from notes.api.fhir.outcomes import not_found
from notes.models import FhirDocument
from notes.selectors.fhir import values
from notes.selectors.fhir.address import base_url, uuid_of
from notes.selectors.fhir.criteria import Filter, search

KIND = "Provenance"


class ProvenanceView(FhirView):
    resource = KIND

    def get(self, request: Request, key: str) -> HttpResponse:
        pk = uuid_of(key)
        row = FhirDocument.objects.pulled_by(self.integration).telling().filter(pk=pk).first() if pk else None
        if row is None:
            self.note_missing(KIND, key)
            raise not_found()
        etag = etag_of(1)
        if same := unchanged(request, etag):
            return same
        self.note("api.fhir_read", KIND, [key], patients=[row.patient_id])
        return resource_response(str(row.provenance), etag=etag, modified=row.updated_at)


class ProvenanceSearchView(FhirView):
    resource = KIND
    permission = "s"

    def get(self, request: Request) -> HttpResponse:
        asked = search(given(request), FILTERS, strict=strict(request), filters_too=not lenient(request))
        start = int(paging.read_cursor(self.integration.practice_id, KIND, asked) or 0)
        rows = FhirDocument.objects.pulled_by(self.integration).telling().filter(asked.where)
        total = rows.count() if asked.total or not asked.count else None
        found = (
            list(rows.filter(position__gt=start).order_by("position")[: asked.count + 1])
            if asked.count
            else []
        )
        page = found[: asked.count]
        if page:
            ids = [str(row.pk) for row in page]
            self.note("api.fhir_searched", KIND, ids, patients=[row.patient_id for row in page])
        entries = [paging.entry(KIND, row.pk, str(row.provenance)) for row in page]
        more = len(found) > len(page)
        cursor = (
            paging.write_cursor(self.integration.practice_id, KIND, page[-1].position, asked) if more else ""
        )
        return bundle_response(paging.searchset(KIND, asked, entries, cursor=cursor, total=total))

    def post(self, request: Request) -> HttpResponse:
        return self.get(request)


def _id(name: str, text: str) -> Q:
    ids = [uuid_of(key) for key in values.reference_ids(name, text, KIND, base_url())]
    return Q(pk__in=[key for key in ids if key])


def _target(name: str, text: str) -> Q:
    """What speaks of these documents. Other kinds of target are none of ours, so nothing speaks of them."""
    keys = values.reference_ids(name, text, "DocumentReference", base_url())
    documents = [key for key in map(uuid_of, keys) if key]
    notes = FhirDocument.objects.filter(document_id__in=documents, version=1).values_list(
        "note_id", flat=True
    )
    return Q(pk__in=list(FhirDocument.objects.about(documents, list(notes)).values_list("pk", flat=True)))


FILTERS: dict[str, Filter] = {"_id": _id, "target": _target}
