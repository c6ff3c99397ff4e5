"""What this server can do: the CapabilityStatement and SMART's configuration. Both are open to everybody.

Only what works is claimed. US Core's own server statement also asks for create and $docref, which this server does
not have, so it is not instantiated; the profiles that resources follow are named.
"""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.http import HttpResponse, JsonResponse
from django.urls import reverse
from rest_framework.request import Request

from notes.api.fhir.base import FhirView, bundle_response
from notes.fhir import codes
from notes.selectors.fhir.address import base_url
from notes.services.access.scopes import RESOURCES

PUBLISHED = "2026-11-27"
_BULK = "http://hl7.org/fhir/uv/bulkdata/OperationDefinition"
_PARAMETERS = {
    "_id": "token",
    "_lastUpdated": "date",
    "patient": "reference",
    "subject": "reference",
    "identifier": "token",
    "status": "token",
    "category": "token",
    "type": "token",
    "date": "date",
    "period": "date",
    "encounter": "reference",
}
_FURTHER = {
    "Patient": {"identifier": "token"},
    "Organization": {"identifier": "token"},
    "Encounter": {"patient": "reference", "subject": "reference", "date": "date"},
}
_PROFILES = {
    "DocumentReference": "us-core-documentreference",
    "Provenance": "us-core-provenance",
    "Patient": "us-core-patient",
    "Practitioner": "us-core-practitioner",
    "Organization": "us-core-organization",
    "Encounter": "us-core-encounter",
}


class OpenView(FhirView):
    """Says nothing of anybody, so anybody may ask."""

    authentication_classes = ()
    permission_classes = ()
    throttle_classes = ()


class CapabilityView(OpenView):
    def get(self, _request: Request) -> HttpResponse:
        answer = bundle_response(json.dumps(capability_statement()))
        answer.headers["Cache-Control"] = "private, no-cache"
        return answer


class SmartConfigurationView(OpenView):
    def accept(self, _request: Request) -> None:
        """Always plain JSON, whatever is asked for."""

    def get(self, _request: Request) -> HttpResponse:
        return JsonResponse(smart_configuration())


def capability_statement() -> dict[str, Any]:
    return {
        "resourceType": "CapabilityStatement",
        "url": f"{base_url()}/metadata",
        "version": "1",
        "name": "Countersign",
        "title": "Countersign: filed notes",
        "status": "active",
        "date": PUBLISHED,
        "publisher": "Countersign",
        "description": "Notes that a clinician signed and filed, read only.",
        "kind": "instance",
        "software": {"name": "Countersign", "version": "1"},
        "implementation": {"description": "Countersign", "url": base_url()},
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json", "json"],
        "rest": [
            {
                "mode": "server",
                "documentation": "Unknown parameters are ignored unless Prefer: handling=strict, but an unknown filter "
                "of anything else than documents is refused unless Prefer: handling=lenient. The self link tells "
                "which parameters had an effect. Dates without a time zone are UTC.",
                "security": _security(),
                "resource": _resources(),
                "operation": [{"name": "export", "definition": f"{_BULK}/export"}],
            }
        ],
    }


def smart_configuration() -> dict[str, Any]:
    token = f"{settings.PUBLIC_BASE_URL}{reverse('oauth-token')}"
    return {
        "token_endpoint": token,
        "revocation_endpoint": f"{settings.PUBLIC_BASE_URL}{reverse('oauth-revoke')}",
        "grant_types_supported": ["client_credentials"],
        "token_endpoint_auth_methods_supported": ["private_key_jwt", "client_secret_basic"],
        "token_endpoint_auth_signing_alg_values_supported": ["RS384", "ES384"],
        "code_challenge_methods_supported": ["S256"],
        "scopes_supported": ["system/*.rs", *(f"system/{name}.rs" for name in RESOURCES)],
        "capabilities": ["client-confidential-asymmetric", "permission-v1", "permission-v2"],
    }


def _security() -> dict[str, Any]:
    addresses = {"token": reverse("oauth-token"), "revoke": reverse("oauth-revoke")}
    return {
        "service": [
            codes.concept("http://terminology.hl7.org/CodeSystem/restful-security-service", "SMART-on-FHIR")
        ],
        "extension": [
            {
                "url": "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris",
                "extension": [
                    {"url": name, "valueUri": f"{settings.PUBLIC_BASE_URL}{path}"}
                    for name, path in addresses.items()
                ],
            }
        ],
    }


def _resources() -> list[dict[str, Any]]:
    documents = {
        **_resource("DocumentReference", ("read", "vread", "history-instance", "search-type"), _PARAMETERS),
        "versioning": "versioned",
        "readHistory": True,
        "searchInclude": [
            f"DocumentReference:{name}"
            for name in ("patient", "subject", "encounter", "author", "authenticator", "custodian")
        ],
        "searchRevInclude": ["Provenance:target"],
    }
    provenance = _resource("Provenance", ("read", "search-type"), {"_id": "token", "target": "reference"})
    searched = [
        _resource(kind, ("read", "search-type"), {"_id": "token", **_FURTHER.get(kind, {})})
        for kind in ("Patient", "Practitioner", "Organization", "Encounter", "Device")
    ]
    patient = searched[0]
    patient["operation"] = [{"name": "export", "definition": f"{_BULK}/patient-export"}]
    group = {
        "type": "Group",
        "operation": [{"name": "export", "definition": f"{_BULK}/group-export"}],
        "documentation": "One group, whose id is the organization's: everybody of whom a note is filed.",
    }
    stored = [_resource(kind, ("read",), {}) for kind in ("Bundle", "Binary")]
    return [documents, provenance, *searched, group, *stored]


def _resource(kind: str, interactions: tuple[str, ...], parameters: dict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "type": kind,
        "interaction": [{"code": code} for code in interactions],
        "versioning": "no-version",
        "conditionalRead": "not-match",
    }
    if kind in _PROFILES:
        found["supportedProfile"] = [f"{codes.US_CORE}/{_PROFILES[kind]}"]
    if parameters:
        found["searchParam"] = [{"name": name, "type": of} for name, of in parameters.items()]
    return found
