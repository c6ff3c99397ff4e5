"""A linear model over words, read from a text file that anyone can inspect; no library at run time."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path

WEIGHTS = Path(__file__).with_name("weights")
STEP = 0.1  # what one unit of a stored weight stands for
ZERO = ord("P")  # each weight is one printable character: its distance from "P"
REACH = 41  # "'" to "y"


class LinearModel:
    """Scores of the classes for a bag of features: the sum of their weights."""

    def __init__(self, classes: Sequence[str], weights: dict[str, bytes]) -> None:
        """`weights` by feature: a character for each class, as they are stored."""
        self.classes = tuple(classes)
        self._weights = weights

    def scores(self, features: Iterable[str]) -> list[float]:
        rows = [row for feature in features if (row := self._weights.get(feature))]
        if not rows:
            return [0.0] * len(self.classes)
        return [(sum(column) - ZERO * len(rows)) * STEP for column in zip(*rows, strict=True)]

    def shares(self, features: Iterable[str]) -> dict[str, float]:
        """How likely each class is, taken together 1."""
        scores = self.scores(features)
        highest = max(scores)
        likely = [math.exp(score - highest) for score in scores]
        return {name: part / sum(likely) for name, part in zip(self.classes, likely, strict=True)}


def encode(classes: Sequence[str], weights: dict[str, tuple[int, ...]]) -> str:
    """The weights as text: the classes, then a feature and its weights a line, in alphabetical order."""
    rows = (f"{name}\t{''.join(chr(ZERO + weight) for weight in weights[name])}" for name in sorted(weights))
    return "\n".join([" ".join(classes), *rows]) + "\n"


def decode(text: str) -> LinearModel:
    head, *rows = text.splitlines()
    pairs = (row.split("\t") for row in rows)
    return LinearModel(head.split(), {name: codes.encode("ascii") for name, codes in pairs})


def trained(name: str) -> LinearModel:
    """The model of that name: the one in `use`, else the one that comes with the product."""
    return _in_use.get(name) or _shipped(name)


@contextmanager
def use(name: str, model: LinearModel) -> Iterator[None]:
    """Another model in place of the shipped one, to train the next on it or to measure."""
    before = _in_use.get(name)
    _in_use[name] = model
    try:
        yield
    finally:
        _in_use.pop(name)
        if before:
            _in_use[name] = before


_in_use: dict[str, LinearModel] = {}


@cache
def _shipped(name: str) -> LinearModel:
    return decode((WEIGHTS / f"{name}.tsv").read_text(encoding="utf-8"))
