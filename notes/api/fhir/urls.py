from __future__ import annotations

from django.urls import path, re_path, register_converter

from notes.api.fhir.attachments import BinaryView, BundleView
from notes.api.fhir.capability import CapabilityView, SmartConfigurationView
from notes.api.fhir.documents import (
    DocumentHistoryView,
    DocumentSearchView,
    DocumentView,
)
from notes.api.fhir.export_files import ExportFileView
from notes.api.fhir.exporting import ExportStatusView, ExportView
from notes.api.fhir.outcomes import fhir_not_found
from notes.api.fhir.people import PersonSearchView, PersonView
from notes.api.fhir.provenance import ProvenanceSearchView, ProvenanceView


class FhirId:
    regex = r"[A-Za-z0-9.-]{1,64}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: object) -> str:
        return str(value)


class PersonKind(FhirId):
    regex = "Patient|Practitioner|Organization|Encounter|Device"


register_converter(FhirId, "fhir")
register_converter(PersonKind, "person")

BY_POST = {"http_method_names": ["post"]}
urlpatterns = [
    path("metadata", CapabilityView.as_view(), name="fhir-metadata"),
    path(".well-known/smart-configuration", SmartConfigurationView.as_view(), name="fhir-smart"),
    path("$export", ExportView.as_view(), name="fhir-export"),
    path("Patient/$export", ExportView.as_view(), {"kind": "Patient"}, name="fhir-export-patients"),
    path("Group/<fhir:key>/$export", ExportView.as_view(), {"kind": "Group"}, name="fhir-export-group"),
    path("export/<uuid:pk>", ExportStatusView.as_view(), name="fhir-export-status"),
    path("export/<uuid:pk>/<int:number>.ndjson", ExportFileView.as_view(), name="fhir-export-file"),
    path("DocumentReference", DocumentSearchView.as_view(), name="fhir-documents"),
    path(
        "DocumentReference/_search",
        DocumentSearchView.as_view(**BY_POST),
        name="fhir-documents-search",
    ),
    path("DocumentReference/<fhir:key>", DocumentView.as_view(), name="fhir-document"),
    path("DocumentReference/<fhir:key>/_history", DocumentHistoryView.as_view(), name="fhir-history"),
    path("DocumentReference/<fhir:key>/_history/<fhir:version>", DocumentView.as_view(), name="fhir-version"),
    path("Bundle/<fhir:key>", BundleView.as_view(), name="fhir-bundle"),
    path("Binary/<fhir:key>", BinaryView.as_view(), name="fhir-binary"),
    path("Provenance", ProvenanceSearchView.as_view(), name="fhir-provenances"),
    path(
        "Provenance/_search",
        ProvenanceSearchView.as_view(**BY_POST),
        name="fhir-provenances-search",
    ),
    path("Provenance/<fhir:key>", ProvenanceView.as_view(), name="fhir-provenance"),
    path("<person:kind>", PersonSearchView.as_view(), name="fhir-people"),
    path(
        "<person:kind>/_search",
        PersonSearchView.as_view(**BY_POST),
        name="fhir-people-search",
    ),
    path("<person:kind>/<fhir:key>", PersonView.as_view(), name="fhir-person"),
    re_path("", fhir_not_found, name="fhir-not-found"),
]
