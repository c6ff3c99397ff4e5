"""The forms of a chart entry, each made once when it is filed: plain text, XHTML, PDF, and what others register.

A form is a name and a function from the filing to bytes. The function runs inside the filing transaction, before the
change number is taken: it reads nothing from outside, is quick, and gives the same bytes for the same filing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from notes.models import FiledDocument, Note, Rendering
from notes.services.documents.page import xhtml
from notes.services.documents.pdf import pdf
from notes.services.plaintext import Block
from notes.services.rendering import Payload


@dataclass(frozen=True)
class Filing:
    """What is being filed: the JSON without its change number, and the blocks that the readable forms are made of.

    `note` comes with encounter, provider, patient, practice, signature and revision loaded.
    """

    document_id: UUID
    note: Note
    payload: Payload
    blocks: list[Block]
    filed_at: datetime
    replaces: FiledDocument | None

    @property
    def title(self) -> str:
        return f"{self.payload['type']['display']}, version {self.payload['version']}"


Renderer = Callable[[Filing], bytes]

RENDERERS: dict[str, Renderer] = {
    "text": lambda filing: str(filing.payload["text"]).encode(),
    "xhtml": lambda filing: xhtml(filing.blocks, title=filing.title),
    "pdf": lambda filing: pdf(filing.blocks, title=filing.title),
}


def renderer(name: str) -> Callable[[Renderer], Renderer]:
    """Decorator that adds a form; the module that uses it is imported by ``notes.wiring``."""

    def register(function: Renderer) -> Renderer:
        assert RENDERERS.get(name, function) is function, f"two renderers for {name}"
        RENDERERS[name] = function
        return function

    return register


def renderings(filing: Filing) -> list[Rendering]:
    """Every form of what is being filed, unsaved, in the order of registration."""
    return [_rendering(filing, name, function(filing)) for name, function in RENDERERS.items()]


def _rendering(filing: Filing, name: str, body: bytes) -> Rendering:
    return Rendering(
        document_id=filing.document_id,
        format=name,
        body=body,
        size=len(body),
        sha256=hashlib.sha256(body).hexdigest(),
    )
