"""The shipped table of ICD-10-CM categories, read on first use and kept: about 29,000 terms."""

from __future__ import annotations

import gzip
import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from sys import intern

from notes.soapnoteapi.sandbox.codes.synonyms import SYNONYMS
from notes.soapnoteapi.sandbox.codes.words import words

PATH = Path(__file__).parent / "data" / "icd10cm-categories.txt.gz"
LAST_CHAPTERS = "OPQ"  # pregnancy, newborn, congenital: meant only where their own words are said


@dataclass(frozen=True, slots=True)
class Term:
    """Words that name a category. `rank` puts the likelier of two categories with the same words first."""

    words: tuple[str, ...]
    code: str
    rank: int


@dataclass(frozen=True)
class Table:
    release: str
    titles: dict[str, str]
    # Every term once, under its rarest word: a look-up touches only the terms that it could complete.
    by_rarest: dict[str, list[Term]]
    weights: dict[str, float]

    def weight(self, found: Iterable[str]) -> float:
        """How telling these words are: the sum of their inverse document frequencies."""
        return sum(self.weights.get(word, 0.0) for word in found)


@cache
def table() -> Table:
    head, *lines = gzip.decompress(PATH.read_bytes()).decode().splitlines()
    titles: dict[str, str] = {}
    terms = [Term(tuple(words(said)), code, 0) for said, code in SYNONYMS.items()]
    for line in lines:
        code, title, written = line.split("\t")
        titles[code] = title
        terms += [_term(code, text) for text in written.split("|") if text]
    frequency = Counter(word for term in terms for word in set(term.words))
    weights = {word: math.log(1 + len(terms) / count) for word, count in frequency.items()}
    by_rarest: dict[str, list[Term]] = {}
    for term in terms:
        by_rarest.setdefault(max(term.words, key=weights.__getitem__), []).append(term)
    return Table(head.split("\t")[0], titles, by_rarest, weights)


def _term(code: str, text: str) -> Term:
    default = text.startswith("*")
    rank = (1 if default else 2) + (4 if code[0] in LAST_CHAPTERS else 0)
    return Term(tuple(map(intern, text.removeprefix("*").split(" "))), code, rank)
