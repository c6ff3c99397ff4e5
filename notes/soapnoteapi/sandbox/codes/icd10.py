"""ICD-10-CM category suggestions: only where all words of a term of the classification were said together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from notes.soapnoteapi.sandbox.codes.assertion import asserted
from notes.soapnoteapi.sandbox.codes.table import Table, Term, table
from notes.soapnoteapi.sandbox.codes.words import located


@dataclass(frozen=True)
class Match:
    """A category, the words that named it, and where they stand among the words of the text."""

    code: str
    title: str
    said: str
    places: frozenset[int]


def candidates(text: str) -> list[Match]:
    """Categories that the text names, the most telling first; several may share the same words."""
    known, placed = table(), located(text)
    said = [word for word, _, _ in placed]
    found = [(term, places) for term in _possible(known, said) if (places := _places(term.words, said))]
    found.sort(key=lambda hit: (-known.weight(hit[0].words), hit[0].rank, hit[0].code))
    kept: list[Match] = []
    for term, places in found:
        inside = any(places < other.places for other in kept)
        if not inside and all(term.code != other.code for other in kept):
            name = text[placed[min(places)][1] : placed[max(places)][2]]
            kept.append(Match(term.code, known.titles[term.code], name, places))
    return kept


def diagnoses(sentence: str) -> list[Match]:
    """One category for each diagnosis that the sentence asserts; where a disease is named, no symptom beside it."""
    found: list[Match] = []
    for stretch in asserted(sentence):
        taken: frozenset[int] = frozenset()
        for match in candidates(stretch):
            if not match.places & taken:
                taken |= match.places
                found.append(match)
    diseases = [match for match in found if not match.code.startswith("R")]
    return diseases or found


def _possible(known: Table, said: list[str]) -> Iterator[Term]:
    there = set(said)
    for word in sorted(there):
        yield from (term for term in known.by_rarest.get(word, ()) if there.issuperset(term.words))


def _places(term: tuple[str, ...], said: list[str]) -> frozenset[int]:
    """Where the words of the term stand together, in any order, or nothing."""
    wanted, reach = set(term), len(set(term))
    for start, word in enumerate(said):
        if word in wanted:
            window = said[start : start + reach]
            if wanted.issubset(window):
                return frozenset(start + window.index(each) for each in wanted)
    return frozenset()


def release() -> str:
    """Which release of the classification the table holds."""
    return table().release
