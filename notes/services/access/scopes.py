"""What an integration may ask for and do: our own scopes, and SMART's ``system/<resource>.<permissions>``.

SMART scopes are granted in version 2 form, read and search only, for the resources that exist here. Version 1
(``system/Patient.read``) is understood. A scope narrowed by a category is granted where all our documents have it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from notes.models import Integration

RESOURCES = (
    "DocumentReference", "Bundle", "Binary", "Provenance", "Patient", "Practitioner", "Organization", "Encounter",
    "Device", "Group",
)  # fmt: skip
OURS = frozenset(value for value in Integration.Scope.values if not value.startswith("system/"))
# Every document of ours is a clinical note, so a scope for those alone narrows nothing.
NOTES_ONLY = (
    "category=http://hl7.org/fhir/us/core/CodeSystem/us-core-documentreference-category|clinical-note",
    "category=clinical-note",
)
_SMART = re.compile(r"system/(\*|[A-Za-z]+)\.([a-z*]+)(?:\?(.+))?")
_V1 = {"read": "rs", "write": "", "*": "rs"}
_V2 = re.compile(r"c?r?u?d?s?")


@dataclass(frozen=True)
class SmartScope:
    """`permissions` is "r", "s" or "rs"; `resource` a name or "*"."""

    resource: str
    permissions: str
    narrowed: str = ""

    def __str__(self) -> str:
        return f"system/{self.resource}.{self.permissions}" + (f"?{self.narrowed}" if self.narrowed else "")


def smart_scope(text: str) -> SmartScope | None:
    """The readable part of a SMART scope; None where nothing of it can be granted here."""
    match = _SMART.fullmatch(text)
    if match is None:
        return None
    resource, asked, narrowed = match[1], match[2], match[3] or ""
    if resource != "*" and resource not in RESOURCES:
        return None
    if narrowed and (resource != "DocumentReference" or narrowed not in NOTES_ONLY):
        return None
    if asked in _V1:
        permissions = _V1[asked]
    else:
        permissions = "".join(letter for letter in "rs" if letter in asked) if _V2.fullmatch(asked) else ""
    return SmartScope(resource, permissions, narrowed) if permissions else None


def granted(asked: Iterable[str], allowed: Iterable[str]) -> list[str]:
    """Those of the scopes `asked` that `allowed` covers, each once, SMART ones in version 2 form."""
    given = set(allowed)
    found: dict[str, None] = {}
    for text in asked:
        if text in OURS:
            if text in given:
                found[text] = None
        elif (scope := smart_scope(text)) and _covered(scope, given):
            found[str(scope)] = None
    return list(found)


def allows(integration: Integration, resource: str, permission: str) -> bool:
    """Whether the request at hand may read ("r": read, vread, history) or search ("s") the resource over FHIR."""
    held = integration.scopes if integration.granted is None else integration.granted
    return _covered(SmartScope(resource, permission), held)


def unknown(scopes: Iterable[str]) -> list[str]:
    """Scopes that can't be given to an integration."""
    return [text for text in scopes if text not in OURS and str(smart_scope(text)) != text]


def _covered(scope: SmartScope, held: Iterable[str]) -> bool:
    parsed = [found for found in map(smart_scope, held) if found]
    return all(
        any(own.resource in ("*", scope.resource) and letter in own.permissions for own in parsed)
        for letter in scope.permissions
    )
