"""What an export is asked to hold: from the address, a form or a Parameters resource."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC
from typing import Any

from rest_framework.request import Request

from notes.api.fhir.base import FORM, given, lenient, refuse_scope
from notes.api.fhir.outcomes import FhirError
from notes.models import Integration
from notes.selectors.fhir import exported, values
from notes.selectors.fhir.address import base_url, uuid_of
from notes.selectors.fhir.criteria import UNKNOWN
from notes.selectors.fhir.values import bad_value
from notes.services.access.scopes import allows

FORMATS = {"application/fhir+ndjson", "application/ndjson", "ndjson"}
IGNORED = {"_format"}


def what_is_asked(integration: Integration, request: Request) -> dict[str, Any]:
    """Raises FhirError and BadParameter. What is not known is refused: ignoring a filter would export more than was
    asked for. With ``Prefer: handling=lenient`` the caller says that it may be."""
    loose = lenient(request)
    found: dict[str, Any] = {"types": None, "filters": [], "since": None, "patients": None}
    for name, value in _parameters(request):
        if name == "_type":
            found["types"] = [*(found["types"] or []), *_types(integration, value, loose=loose)]
        elif name in _READERS:
            _READERS[name](found, value)
        elif not loose and name not in IGNORED:
            raise bad_value(name, UNKNOWN)
    if found["types"] is None:
        found["types"] = [kind for kind in exported.TYPES if allows(integration, kind, "r")]
    return {**found, "types": list(dict.fromkeys(found["types"]))}


def _types(integration: Integration, text: str, *, loose: bool) -> list[str]:
    known = []
    for kind in values.alternatives("_type", text):
        if kind in exported.TYPES:
            if not allows(integration, kind, "r"):
                refuse_scope(integration, f"system/{kind}.r")
            known.append(kind)
        elif not loose:
            raise bad_value(
                "_type", f"{kind[:40]} is not exported here; there are {', '.join(exported.TYPES)}."
            )
    return known


def _filter(found: dict[str, Any], value: str) -> None:
    exported.filters_of([value])
    found["filters"].append(value)


def _since(found: dict[str, Any], value: str) -> None:
    found["since"] = values.span("_since", value).low.astimezone(UTC).isoformat()


def _format(_found: dict[str, Any], value: str) -> None:
    if value.replace(" ", "+") not in FORMATS:
        raise bad_value("_outputFormat", "application/fhir+ndjson.")


def _patient(found: dict[str, Any], value: str) -> None:
    keys = values.reference_ids("patient", value, "Patient", base_url())
    found["patients"] = [*(found["patients"] or []), *(key for key in keys if uuid_of(key))]


_READERS: dict[str, Callable[[dict[str, Any], str], None]] = {
    "_typeFilter": _filter,
    "_since": _since,
    "_outputFormat": _format,
    "patient": _patient,
}


def _parameters(request: Request) -> list[tuple[str, str]]:
    form = not request.body or (request.content_type or "").startswith(FORM)
    if request.method != "POST" or form:
        return given(request)
    try:
        resource = json.loads(request.body)
        sent = [(str(each["name"]), _value(each)) for each in resource["parameter"]]
    except (ValueError, KeyError, TypeError, StopIteration):
        raise FhirError(
            400, "Send a Parameters resource as application/fhir+json, or no body at all."
        ) from None
    query = ((name, value) for name, several in request.query_params.lists() for value in several)
    return [*query, *sent]


def _value(parameter: dict[str, Any]) -> str:
    value = next(value for name, value in parameter.items() if name.startswith("value"))
    return str(value["reference"] if isinstance(value, dict) else value)
