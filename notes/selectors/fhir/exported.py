"""What belongs to an export: everything as it was when the export was asked for."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from django.db.models import Q, QuerySet

from notes.models import Export, FhirDocument, FiledDocument
from notes.selectors.fhir.criteria import DOCUMENT_FILTERS, search
from notes.selectors.fhir.people import PEOPLE
from notes.selectors.fhir.values import bad_value

DOCUMENTS, PROVENANCE, DEVICE = "DocumentReference", "Provenance", "Device"
TYPES = (DOCUMENTS, PROVENANCE, *PEOPLE, DEVICE)


def filters_of(texts: list[str]) -> Q:
    """The documents that any of the ``_typeFilter`` values finds. Raises BadParameter."""
    found = Q()
    for text in texts:
        kind, _, query = text.partition("?")
        if kind != DOCUMENTS:
            raise bad_value("_typeFilter", f"Only {DOCUMENTS} can be filtered.")
        found |= search(parse_qsl(query, keep_blank_values=True), DOCUMENT_FILTERS, strict=True).where
    return found


def documents(export: Export) -> QuerySet[FhirDocument]:
    """The versions of DocumentReferences that it holds."""
    return _changed(export).filter(filters_of(export.asked["filters"]))


def provenances(export: Export) -> QuerySet[FhirDocument]:
    """The rows whose Provenance it holds: each is made with its document's first version and never changes."""
    visible = FhirDocument.objects.pulled_by(export.integration).telling().filter(position__lte=export.until)
    return _since(export, _of_patients(export, visible))


def people(export: Export, kind: str) -> QuerySet[Any]:
    """Whom the documents that it could hold are about, as they are known now."""
    entries = _changed(export).values("document_id")
    return PEOPLE[kind](FiledDocument.objects.pulled_by(export.integration).filter(pk__in=entries))


def _changed(export: Export) -> QuerySet[FhirDocument]:
    visible = FhirDocument.objects.pulled_by(export.integration).standing(until=export.until)
    return _since(export, _of_patients(export, visible))


def _since(export: Export, rows: QuerySet[FhirDocument]) -> QuerySet[FhirDocument]:
    since = export.asked["since"]
    return rows.filter(updated_at__gt=datetime.fromisoformat(since)) if since else rows


def _of_patients(export: Export, rows: QuerySet[FhirDocument]) -> QuerySet[FhirDocument]:
    patients = export.asked["patients"]
    return rows if patients is None else rows.filter(patient_id__in=patients)
