"""What every resource about a chart entry is made from, and how resources point at each other."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Resource = dict[str, Any]
Refer = Callable[[str, str], str]
# Stands in stored resources where the address of this server belongs, and is replaced when they are served: a
# server may move, and what is stored never changes.
BASE = "https://base.invalid/fhir/r4"
_NAMES = uuid.UUID("6d1f3c52-51f4-4b0e-9d0e-3c5a4b7f2b10")


@dataclass(frozen=True)
class Rendition:
    """The same document in another format, at Binary/<entry>-<name>."""

    name: str
    media_type: str
    size: int
    sha1: str  # base64, as FHIR wants it


@dataclass(frozen=True)
class Filed:
    """A chart entry. ``note`` is the JSON that the plain API serves; ``replaces`` the entry before it."""

    id: str
    note: dict[str, Any]
    replaces: str | None = None
    label_ai: bool = False
    renditions: tuple[Rendition, ...] = ()

    @property
    def amended(self) -> bool:
        return self.replaces is not None

    @property
    def retracted(self) -> bool:
        return bool(self.note["state"] == "entered_in_error")

    @property
    def signers(self) -> list[dict[str, Any]]:
        """Who signed the note, then who signed each addition."""
        return [self.note["signed_by"], *(each["signed_by"] for each in self.note["addenda"])]

    @property
    def engine(self) -> str | None:
        """The kind of engine that drafted the note, if one did."""
        found = self.note["provenance"]
        return (found["engine"] or "soapnoteapi") if found["ai_generated"] else None

    @property
    def title(self) -> str:
        return str(self.note["type"]["display"])


def by_type(kind: str, key: str) -> str:
    """A reference on this server: Patient/<id>."""
    return f"{kind}/{key}"


def inside_document(_kind: str, key: str) -> str:
    """A reference inside a document Bundle, whose entries are known by their ids alone."""
    return f"urn:uuid:{key}"


def part_id(entry: str, part: str) -> str:
    """The id of a resource that has no row of its own, always the same for the same entry."""
    return str(uuid.uuid5(_NAMES, f"{entry}/{part}"))


def device_id(engine: str) -> str:
    return part_id("device", engine)
