"""Every address that the URL conf knows, and how a test asks for it."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.urls import URLPattern, get_resolver, reverse

from tests import authorization_table as table
from tests.world import World


@dataclass(frozen=True)
class Address:
    name: str
    route: str
    arguments: tuple[str, ...]

    def __str__(self) -> str:
        return self.name or self.route


def _patterns(resolver: Any, prefix: str = "", space: str = "") -> Iterator[tuple[str, str, tuple[str, ...]]]:
    for each in resolver.url_patterns:
        route = prefix + str(each.pattern)
        if isinstance(each, URLPattern):
            name = (f"{space}:" if space else "") + (each.name or "")
            yield name, route, tuple(each.pattern.regex.groupindex)
        else:
            yield from _patterns(each, route, space or each.namespace or "")


def _addresses() -> list[Address]:
    """Every address by name; some packages give one name to two patterns, which then lead to the same view."""
    found: dict[str, Address] = {}
    for name, route, arguments in _patterns(get_resolver()):
        key = route if name in {"", "admin:"} else name
        found.setdefault(key, Address(key, route, arguments))
    return list(found.values())


ALL = _addresses()
OWN = [each for each in ALL if not each.route.startswith("admin/") or each.name in table.ADMIN_OWN]
WITH_ID = [each for each in OWN if "<uuid:" in each.route]
MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label_lower)


# Arguments that name no object: which one is all the same.
FURTHER: dict[str, Any] = {"segment": 0, "number": 0, "version": 1, "kind": "pdf"}


def url_of(scene: World, address: Address, *, of: Any = None, random: bool = False) -> str:
    if address.name in table.FREE_ARGUMENTS:
        return reverse(address.name, args=table.FREE_ARGUMENTS[address.name])
    if not address.arguments:
        nowhere = {"api-not-found": "/api/nowhere", "fhir-not-found": "/fhir/r4/nowhere"}
        return nowhere.get(address.name) or reverse(address.name)
    objects = (of or scene.ours).objects
    if address.name.startswith("fhir-"):
        return reverse(address.name, args=_fhir_arguments(address, objects, random=random))
    ids = [objects[table.SUBJECTS[address.name]].pk]
    ids += [objects["upload"].pk] if "recording" in address.arguments else []
    numbers = [FURTHER[each] for each in address.arguments if each in FURTHER]
    return reverse(address.name, args=[*([uuid.uuid4() for _ in ids] if random else ids), *numbers])


def _fhir_arguments(address: Address, objects: dict[str, Any], *, random: bool) -> list[Any]:
    document = objects["filed"].documents.get()
    keys = {"fhir-person": objects["filed"].patient_id, "fhir-provenance": document.fhir.get().pk}
    key = uuid.uuid4() if random else keys.get(address.name, document.pk)
    if address.name == "fhir-export-group":
        key = uuid.uuid4() if random else objects["practice"].pk
    export = uuid.uuid4() if random else objects["export"].pk
    if address.name == "fhir-binary":
        key = f"{key}-pdf"
    known = {"pk": export, "number": 0, "kind": "Patient", "key": key, "version": "1"}
    return [known[name] for name in address.arguments]


def code_of(response: Any) -> str:
    if response.status_code not in {301, 302}:
        return str(response.status_code)
    where = response["Location"]
    if re.match(r"/(accounts|admin)/login/", where):
        return "in"
    return "2f" if re.match(r"/accounts/2fa/(reauthenticate|totp/activate)/\?next", where) else "go"
