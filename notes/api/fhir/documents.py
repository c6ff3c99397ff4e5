"""DocumentReference: search, read, vread and history. Bodies go out as stored: decrypted and joined, never parsed."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from notes.api.fhir import paging, people
from notes.api.fhir.base import (
    FhirView,
    bundle_response,
    etag_of,
    given,
    refuse_scope,
    resource_response,
    strict,
    unchanged,
)
from notes.api.fhir.outcomes import not_found
from notes.models import ChangeCounter, FhirDocument
from notes.selectors.fhir.address import addressed, base_url, uuid_of
from notes.selectors.fhir.criteria import DOCUMENT_FILTERS, Search, search
from notes.services.access.scopes import allows
from notes.services.rendering import stamp

KIND = "DocumentReference"
# values_list() gives ciphertext, whatever the type stubs say of it.
_BODY: Any = FhirDocument._meta.get_field("body")
_PROVENANCE: Any = FhirDocument._meta.get_field("provenance")
_ROW = ("pk", "document_id", "version", "position", "patient_id", "encounter_id", "note_id", "body")


class DocumentSearchView(FhirView):
    """GET DocumentReference?… and POST DocumentReference/_search. Pages follow the order of change: what changes
    while somebody pages comes (again) at the end, so the last that they get of each document is how it stands."""

    resource = KIND
    permission = "s"

    def get(self, request: Request) -> HttpResponse:
        asked = search(given(request), DOCUMENT_FILTERS, strict=strict(request))
        self._may_include(asked)
        start = self._start(asked)
        rows = FhirDocument.objects.pulled_by(self.integration).standing().filter(asked.where)
        total = rows.count() if asked.total or not asked.count else None
        found = list(
            rows.filter(position__gt=start).order_by("position").values_list(*_ROW)[: asked.count + 1]
            if asked.count
            else []
        )
        page = found[: asked.count]
        entries = [paging.entry(KIND, row[1], addressed(_BODY.unseal(row[0], row[7]))) for row in page]
        if page:
            self._note(page)
            entries += [*self._provenance(asked, page), *self._included(asked, page)]
        more = len(found) > len(page)
        cursor = paging.write_cursor(self.integration.practice_id, KIND, page[-1][3], asked) if more else ""
        return bundle_response(paging.searchset(KIND, asked, entries, cursor=cursor, total=total))

    def post(self, request: Request) -> HttpResponse:
        return self.get(request)

    def _start(self, asked: Search) -> int:
        """Where to go on. After a restore from backup a cursor may lie ahead of everything; waiting would skip."""
        start = int(paging.read_cursor(self.integration.practice_id, KIND, asked) or 0)
        if start:
            counter = ChangeCounter.objects.filter(pk=self.integration.practice_id)
            last = counter.values_list("value", flat=True).first() or 0
            if start >= FhirDocument.position_of(last + 1, 0):
                raise paging.invalid_cursor()
        return start

    def _may_include(self, asked: Search) -> None:
        """What is sent along needs its own scope."""
        for kind in sorted(asked.include | ({"Provenance"} if asked.provenance else set())):
            if not allows(self.integration, kind, "r"):
                refuse_scope(self.integration, f"system/{kind}.r")

    def _provenance(self, asked: Search, page: list[tuple[Any, ...]]) -> list[str]:
        if not asked.provenance:
            return []
        visible = FhirDocument.objects.pulled_by(self.integration)
        found = visible.about([row[1] for row in page], [row[6] for row in page])
        return [
            paging.entry("Provenance", pk, _PROVENANCE.unseal(pk, sealed), "include")
            for pk, sealed in found.order_by("position").values_list("pk", "provenance")
        ]

    def _included(self, asked: Search, page: list[tuple[Any, ...]]) -> list[str]:
        wanted: dict[str, set[Any]] = {}
        if "Patient" in asked.include:
            wanted["Patient"] = {row[4] for row in page}
        if "Encounter" in asked.include:
            wanted["Encounter"] = {row[5] for row in page}
        if "Organization" in asked.include:
            wanted["Organization"] = {self.integration.practice_id}
        if "Practitioner" in asked.include:
            bodies = (json.loads(_BODY.unseal(row[0], row[7])) for row in page)
            wanted["Practitioner"] = {
                author["reference"].partition("/")[2] for body in bodies for author in body["author"]
            }
        return [
            paging.entry(kind, key, text, "include")
            for kind, ids in wanted.items()
            for key, text, _ in people.resources(self.integration, kind, ids)
        ]

    def _note(self, page: list[tuple[Any, ...]]) -> None:
        ids = [f"{row[1]}/_history/{row[2]}" for row in page]
        self.note("api.fhir_searched", KIND, ids, patients=[row[4] for row in page])


class DocumentView(FhirView):
    resource = KIND

    def get(self, request: Request, key: str, version: str = "") -> HttpResponse:
        pk = uuid_of(key)
        rows = FhirDocument.objects.pulled_by(self.integration).filter(document_id=pk)
        if version:
            rows = rows.filter(version=int(version) if version.isdigit() and len(version) < 6 else 0)
        row = rows.order_by("-version").first() if pk else None
        if row is None:
            self.note_missing(KIND, key)
            raise not_found()
        etag = etag_of(row.version)
        if same := unchanged(request, etag):
            return same
        self.note(
            "api.fhir_read", KIND, [f"{row.document_id}/_history/{row.version}"], patients=[row.patient_id]
        )
        return resource_response(addressed(row.body), etag=etag, modified=row.updated_at)


class DocumentHistoryView(FhirView):
    """Every version of one document, newest first. There are a handful at most, so they are one page."""

    resource = KIND

    def get(self, _request: Request, key: str) -> HttpResponse:
        pk = uuid_of(key)
        rows = FhirDocument.objects.pulled_by(self.integration).filter(document_id=pk).order_by("-version")
        found = list(rows) if pk else []
        if not found:
            self.note_missing(KIND, key)
            raise not_found()
        ids = [f"{row.document_id}/_history/{row.version}" for row in found]
        self.note("api.fhir_read", KIND, ids, patients=[found[0].patient_id])
        url = f"{base_url()}/{KIND}/{key}"
        entries = ",".join(_history_entry(row, url) for row in found)
        links = json.dumps([{"relation": "self", "url": f"{url}/_history"}])
        return bundle_response(
            f'{{"resourceType":"Bundle","type":"history","total":{len(found)},"link":{links},"entry":[{entries}]}}'
        )


def _history_entry(row: FhirDocument, url: str) -> str:
    first = row.version == 1
    about = {
        "request": {
            "method": "POST" if first else "PUT",
            "url": KIND if first else f"{KIND}/{row.document_id}",
        },
        "response": {
            "status": "201 Created" if first else "200 OK",
            "etag": etag_of(row.version),
            "lastModified": stamp(row.updated_at),
        },
    }
    return f'{{"fullUrl":"{url}","resource":{addressed(row.body)},{json.dumps(about)[1:]}'
