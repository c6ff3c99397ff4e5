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
    ends = encode(
        boundaries.CLASSES,
        fit(list(boundary_examples(visits, excerpts)), rounds=4, rate=0.3, seen=5, least=3),
    )
    yield "boundaries", ends
    with use("boundaries", decode(ends)):
        dialogues = [v.dialogue for v in visits] + [e.dialogue for e in excerpts]
        yield (
            "roles",
            encode(roles.ROLES, fit(list(role_examples(dialogues)), rounds=3, rate=0.15, seen=4, least=2)),
        )
        yield (
            "sections",
            encode(
                sections.CLASSES,
                fit(list(section_examples(visits, excerpts)), rounds=4, rate=0.15, seen=3, least=2),
            ),
        )
