"""What is wrong with a FHIR resource: by two independent validators, and by rules that neither of them knows.

The US Core package is read from the folder beside the repository. With FHIR_R4_DEFINITIONS naming a folder of R4's
own definitions, those are checked as well.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import tarfile
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

from fhir.resources.R4B import get_fhir_model_class
from fhirpathpy import evaluate
from pyrofile_validator import Validator
from pyrofile_validator.config import ValidatorConfig

US_CORE = "http://hl7.org/fhir/us/core/StructureDefinition"
PROFILES = {
    "DocumentReference": "us-core-documentreference",
    "Provenance": "us-core-provenance",
    "Patient": "us-core-patient",
    "Practitioner": "us-core-practitioner",
    "Organization": "us-core-organization",
    "Encounter": "us-core-encounter",
}
XHTML = "http://www.w3.org/1999/xhtml"
# The ten types of US Core's value set: the validator can't work out the filter over LOINC by which it is defined.
NOTE_TYPES = (
    "18842-5", "11488-4", "34117-2", "11506-3", "28570-0", "18748-4", "11502-2", "11526-1", "11504-8", "34111-5",
)  # fmt: skip
# Where we know better: without R4's own definitions the validator can't see into a Composition's sections; with
# them it overlooks targetIdentifier, and its code system of 2018 lacks what was added later.
_KNOWN_BETTER = re.compile(
    r"Unknown element Composition\.section\[\d+\]\.text"
    r"|Composition\.relatesTo\[\d+\]\.target\[x\] is required"
    r"|Code 'AIAST' is not valid in code system .*/v3-ObservationValue"
)
_CATEGORY = "http://hl7.org/fhir/us/core/CodeSystem/us-core-documentreference-category"
# Rules of R4 itself on what US Core has no profile for, in FHIRPath: they hold where the answer is true.
_R4_RULES = {
    "Bundle": {
        "bdl-1: total only on a search or history": "total.empty() or type='searchset' or type='history'",
        "bdl-9: a document has an identifier": "type!='document' or identifier.where(system.exists()"
        " and value.exists()).exists()",
        "bdl-10: a document has a timestamp": "type!='document' or timestamp.exists()",
    },
    "Composition": {
        "cmp-1: a section has text, entries or sections": "section.all(text.exists() or entry.exists()"
        " or section.exists())",
        "an attester's mode": "attester.all(mode='personal' or mode='professional' or mode='legal'"
        " or mode='official')",
    },
    "DocumentReference": {
        "how documents relate": "relatesTo.all(code='replaces' or code='transforms' or code='signs'"
        " or code='appends')",
    },
}


class Checker:
    def __init__(self, archive: Path, folder: Path) -> None:
        with tarfile.open(archive) as package:
            package.extractall(folder, filter="data")
        us_core = folder / "package"
        _enumerate_types(us_core / "ValueSet-us-core-documentreference-type.json")
        for name in ("example", "openapi", "other"):
            shutil.rmtree(us_core / name, ignore_errors=True)
        r4 = os.environ.get("FHIR_R4_DEFINITIONS", "")
        self._validator = Validator(
            ValidatorConfig.load_dict(
                {
                    "fhirVersion": "4.0.1",
                    "localPackagePaths": [*([r4] if r4 else []), str(us_core)],
                    "profiles": {kind: [f"{US_CORE}/{name}"] for kind, name in PROFILES.items()},
                    "terminology": {"mode": "local"},
                }
            )
        )

    def faults(self, resource: dict[str, Any]) -> list[str]:
        """In words; nothing when the resource is good."""
        return [*self._by_profile(resource), *by_structure(resource), *by_own_rules(resource)]

    def _by_profile(self, resource: dict[str, Any]) -> list[str]:
        with redirect_stdout(StringIO()):  # its FHIRPath engine talks
            report = self._validator.validate_resource(resource)
        found = [issue.message for issue in report.issues if issue.severity.lower() in {"error", "fatal"}]
        return [text for text in found if not _KNOWN_BETTER.fullmatch(text)]


def by_structure(resource: dict[str, Any]) -> list[str]:
    try:
        get_fhir_model_class(resource["resourceType"]).model_validate_json(json.dumps(resource))
    except ValueError as error:
        return [str(error)]
    return []


def by_own_rules(resource: dict[str, Any]) -> list[str]:
    """R4's rules, and the eight mistakes that no tool finds: in narratives, references, attachments and codes."""
    found = []
    for each in _resources(resource):
        found += [fault for narrative in _narratives(each) for fault in _narrative_faults(narrative)]
        found += [
            "att-1: data without contentType"
            for attachment in _under(each, "attachment")
            if evaluate(attachment, "data.exists() and contentType.exists().not()", []) == [True]
        ]
        rules = _R4_RULES.get(each["resourceType"], {})
        found += [words for words, rule in rules.items() if evaluate(each, rule, []) != [True]]
        if each["resourceType"] == "Provenance":
            found += [
                "provenance-1: no onBehalfOf"
                for agent in each.get("agent", [])
                if re.search("Practitioner|Device|urn:uuid", agent["who"].get("reference", ""))
                and not agent["who"].get("reference", "").startswith("Organization")
                and "onBehalfOf" not in agent
                and "transmitter" not in json.dumps(agent.get("type", {}))
            ]
        if each["resourceType"] == "DocumentReference":
            systems = evaluate(each, "type.coding.system", [])
            found += [] if "http://loinc.org" in systems else ["type is not from LOINC"]
            systems = evaluate(each, "category.coding.where(code='clinical-note').system", [])
            found += [] if _CATEGORY in systems else ["category is not from US Core"]
    return found + _dangling(resource)


def _resources(resource: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield resource
    for entry in resource.get("entry", []):
        yield entry["resource"]


def _under(value: Any, key: str) -> Iterator[Any]:
    if isinstance(value, dict):
        for name, inner in value.items():
            if name == key:
                yield inner
            elif name != "resource":
                yield from _under(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from _under(inner, key)


def _narratives(resource: dict[str, Any]) -> Iterator[str]:
    return (div for div in _under(resource, "div") if isinstance(div, str))


def _narrative_faults(div: str) -> list[str]:
    try:
        root = ET.fromstring(div)
    except ET.ParseError:
        return ["narrative is not XML"]
    if root.tag != f"{{{XHTML}}}div":
        return ["narrative is no XHTML div"]
    names = {element.tag.removeprefix(f"{{{XHTML}}}") for element in root.iter()}
    found = [
        f"narrative has {name}" for name in names & {"script", "style", "iframe", "form", "input", "object"}
    ]
    return found if "".join(root.itertext()).strip() else [*found, "narrative is empty"]


def _dangling(resource: dict[str, Any]) -> list[str]:
    if resource.get("type") != "document":
        return []
    known = {entry["fullUrl"] for entry in resource["entry"]}
    return [
        f"{each} is not in the document"
        for each in _references(resource["entry"])
        if each.startswith("urn:") and each not in known
    ]


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            if name == "reference" and isinstance(inner, str):
                yield inner
            else:
                yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)


def _enumerate_types(path: Path) -> None:
    value_set = json.loads(path.read_text())
    codes = [{"code": code} for code in NOTE_TYPES]
    value_set["compose"] = {"include": [{"system": "http://loinc.org", "concept": codes}]}
    value_set.pop("expansion", None)
    path.write_text(json.dumps(value_set))
