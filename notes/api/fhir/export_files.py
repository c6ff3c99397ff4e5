"""The files of an export, as NDJSON: read batch by batch while they are sent, and noted batch by batch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.http import HttpResponseBase, StreamingHttpResponse
from rest_framework.request import Request

from config import requests
from notes.api.fhir.base import FhirView, refuse_scope
from notes.api.fhir.exporting import IsIntegration, export_of
from notes.api.fhir.outcomes import not_found
from notes.api.fhir.people import resources, texts
from notes.fhir.filed import device_id
from notes.fhir.people import DEVICES
from notes.models import Export, FhirDocument, Integration
from notes.selectors.fhir import exported
from notes.selectors.fhir.address import addressed
from notes.services.access.scopes import allows

BATCH = 500
_FIELDS: dict[str, Any] = {
    exported.DOCUMENTS: FhirDocument._meta.get_field("body"),
    exported.PROVENANCE: FhirDocument._meta.get_field("provenance"),
}


class ExportOver(Exception):
    """The export was deleted or the key revoked while a file was under way: it ends in the middle, and visibly."""


class ExportFileView(FhirView):
    permission_classes = (IsIntegration,)
    http_method_names = ["get"]

    def accept(self, _request: Request) -> None:
        """NDJSON, whatever is asked for."""

    def get(self, _request: Request, pk: UUID, number: int) -> HttpResponseBase:
        export = export_of(self.integration, pk)
        if not export.open or number >= len(export.files):
            raise not_found()
        file = export.files[number]
        if not allows(self.integration, file["type"], "r"):
            refuse_scope(self.integration, f"system/{file['type']}.r")
        return StreamingHttpResponse(
            self._noted(export, file, requests.current()),
            content_type="application/fhir+ndjson",
            headers={"Cache-Control": "private, no-store"},
        )

    def _noted(self, export: Export, file: dict[str, Any], origin: requests.Origin) -> Iterator[bytes]:
        """Each batch is in the trail before it is sent, by which time the request itself is over."""
        for lines in batches(export, file):
            if not _still_open(export):
                raise ExportOver
            with requests.serving(origin):
                self.note(
                    "api.fhir_exported",
                    file["type"],
                    [key for key, _, _ in lines],
                    patients=[patient for _, _, patient in lines],
                    export=str(export.pk),
                )
            yield "".join(f"{text}\n" for _, text, _ in lines).encode()


def batches(export: Export, file: dict[str, Any]) -> Iterator[list[tuple[str, str, Any]]]:
    """Lists of (id, text, patient)."""
    kind = file["type"]
    if kind in _FIELDS:
        yield from _stored(export, file)
    elif kind == exported.DEVICE:
        yield resources(export.integration, kind, [device_id(engine) for engine in DEVICES])
    else:
        yield from _made(export, kind)


def _stored(export: Export, file: dict[str, Any]) -> Iterator[list[tuple[str, str, Any]]]:
    kind = file["type"]
    is_document = kind == exported.DOCUMENTS
    rows = (exported.documents if is_document else exported.provenances)(export).order_by("position")
    column, start = "body" if is_document else "provenance", file["first"] - 1
    while True:
        found = list(
            rows.filter(position__gt=start, position__lte=file["last"]).values_list(
                "pk", "document_id", "version", "patient_id", "position", column
            )[:BATCH]
        )
        if not found:
            return
        yield [
            (
                f"{entry}/_history/{version}" if is_document else str(pk),
                addressed(_FIELDS[kind].unseal(pk, sealed)),
                patient,
            )
            for pk, entry, version, patient, _, sealed in found
        ]
        start = found[-1][4]


def _made(export: Export, kind: str) -> Iterator[list[tuple[str, str, Any]]]:
    rows, last = exported.people(export, kind).order_by("pk"), None
    while True:
        found = list((rows.filter(pk__gt=last) if last else rows)[:BATCH])
        if not found:
            return
        yield texts(export.integration, kind, found)
        last = found[-1].pk


def _still_open(export: Export) -> bool:
    now = Export.objects.filter(pk=export.pk).first()
    holder = Integration.objects.filter(pk=export.integration_id).first()
    return bool(now and now.open and holder and holder.usable)
