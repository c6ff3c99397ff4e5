"""Bundle (the document) and Binary (its XHTML and PDF), as they were stored at filing."""

from __future__ import annotations

import base64
import json
from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from notes.api.fhir.base import JSON_FORMS, FhirView, etag_of, resource_response, unchanged
from notes.api.fhir.outcomes import FhirError, not_found
from notes.models import FiledDocument, Rendering
from notes.selectors.fhir.address import uuid_of
from notes.services.fhir import MEDIA_TYPES

DOCUMENT = "fhir"


class StoredView(FhirView):
    """What is stored never changes, so its first version is its only one."""

    def stored(self, key: str, entry: str, form: str) -> Rendering:
        pk = uuid_of(entry)
        seen = FiledDocument.objects.pulled_by(self.integration).filter(pk__in=[pk] if pk else [])
        found = Rendering.objects.filter(document__in=seen, format=form).select_related("document").first()
        if found is None:
            self.note_missing(self.resource, key)
            raise not_found()
        return found

    def note_read(self, key: str, found: Rendering) -> None:
        self.note("api.fhir_read", self.resource, [key], patients=[found.document.patient_id])


class BundleView(StoredView):
    resource = "Bundle"

    def get(self, request: Request, key: str) -> HttpResponse:
        found = self.stored(key, key, DOCUMENT)
        etag = etag_of(1)
        if same := unchanged(request, etag):
            return same
        self.note_read(key, found)
        return resource_response(found.body.decode(), etag=etag, modified=found.document.filed_at)


class BinaryView(StoredView):
    """The bytes themselves, or a Binary resource with them where FHIR's JSON is asked for."""

    resource = "Binary"

    def accept(self, request: Request) -> None:
        """Which form it can be depends on what is stored."""

    def get(self, request: Request, key: str) -> HttpResponse:
        entry, _, form = key.rpartition("-")
        if form not in MEDIA_TYPES:
            self.note_missing(self.resource, key)
            raise not_found()
        found = self.stored(key, entry, form)
        media_type = MEDIA_TYPES[form]
        as_json = self._wants_json(request, media_type)
        etag = etag_of(1)
        if same := unchanged(request, etag):
            return same
        self.note_read(key, found)
        if as_json:
            return resource_response(json.dumps(_binary(key, found, media_type)), etag=etag)
        headers = {"ETag": etag, "Cache-Control": "private, no-cache", "Content-Disposition": "attachment"}
        return HttpResponse(found.body, content_type=media_type, headers=headers)

    @staticmethod
    def _wants_json(request: Request, media_type: str) -> bool:
        wanted = request.query_params.get("_format") or request.headers.get("Accept") or "*/*"
        forms = [part.split(";")[0].strip().lower().replace(" ", "+") for part in wanted.split(",")]
        for form in forms:
            if form in {media_type, "*/*", f"{media_type.partition('/')[0]}/*"}:
                return False
            if form in JSON_FORMS:
                return True
        raise FhirError(406, f"This is {media_type}: ask for that, or for application/fhir+json.")


def _binary(key: str, found: Rendering, media_type: str) -> dict[str, Any]:
    return {
        "resourceType": "Binary",
        "id": key,
        "meta": {"versionId": "1"},
        "contentType": media_type,
        "securityContext": {"reference": f"DocumentReference/{found.document_id}"},
        "data": base64.b64encode(found.body).decode(),
    }
