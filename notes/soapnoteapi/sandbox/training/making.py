"""From dialogues to weights, one model after the other: each sees the dialogues as the one before cuts them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from notes.soapnoteapi.sandbox.training.corpora import Excerpt, Visit
from notes.soapnoteapi.sandbox.training.fitting import fit
from notes.soapnoteapi.sandbox.training.learning import boundary_examples, role_examples, section_examples
from notes.soapnoteapi.sandbox.writing import boundaries, roles, sections
from notes.soapnoteapi.sandbox.writing.model import decode, encode, use


def make(visits: Sequence[Visit], excerpts: Sequence[Excerpt]) -> Iterator[tuple[str, str]]:
    """Each model's name and its weights as text."""
    ends = fit(list(boundary_examples(visits, excerpts)), rounds=4, rate=0.3, seen=5, least=3)
    yield "boundaries", (text := encode(boundaries.CLASSES, ends))
    with use("boundaries", decode(text)):
        dialogues = [visit.dialogue for visit in visits] + [excerpt.dialogue for excerpt in excerpts]
        voices = fit(list(role_examples(dialogues)), rounds=2, rate=0.08, seen=4, least=2)
        yield "roles", (text := encode(roles.ROLES, voices))
        with use("roles", decode(text)):
            places = fit(list(section_examples(visits, excerpts)), rounds=2, rate=0.05, seen=6, least=1)
            yield "sections", encode(sections.CLASSES, places)
