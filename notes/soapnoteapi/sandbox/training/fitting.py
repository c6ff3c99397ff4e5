"""Fitting a linear model so that any machine gets the same bytes.

Multinomial logistic regression by AdaGrad. Only + − × ÷ and √ are used, which IEEE 754 defines exactly (a library's
exp() may differ in the last bit); the order of the examples is their own; weights are rounded at the end.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from notes.soapnoteapi.sandbox.writing.model import REACH, STEP

HALVINGS = 10


@dataclass(frozen=True)
class Example:
    """Features and how far each class is right; `weight` is how much the example counts."""

    features: tuple[str, ...]
    target: tuple[float, ...]
    weight: float = 1.0


def exponential(x: float) -> float:
    """e^x by repeated squaring, the same on every machine."""
    power = 1.0 + x / (1 << HALVINGS)
    for _ in range(HALVINGS):
        power *= power
    return power


def fit(
    examples: Sequence[Example], *, rounds: int, rate: float, seen: int, least: int, decay: float = 1e-5
) -> dict[str, tuple[int, ...]]:
    """Weights in steps of `STEP`, of the features that `seen` examples have and that weigh `least` steps."""
    counts = Counter(feature for example in examples for feature in example.features)
    names = sorted(feature for feature, count in counts.items() if count >= seen)
    number = {name: index for index, name in enumerate(names)}
    rows = [[number[f] for f in example.features if f in number] for example in examples]
    classes = len(examples[0].target)
    weights = [[0.0] * classes for _ in names]
    squares = [[1e-2] * classes for _ in names]
    order = interleaved(len(examples))
    for _ in range(rounds):
        for index in order:
            _step(rows[index], examples[index], weights, squares, rate, decay)
    rounded = {name: _rounded(row) for name, row in zip(names, weights, strict=True)}
    return {name: row for name, row in rounded.items() if max(map(abs, row)) >= least}


def interleaved(count: int) -> list[int]:
    """Every index once, far from its neighbours, in an order that needs no generator of random numbers."""
    stride = max(1, int(count * 0.618))
    while math.gcd(stride, max(1, count)) != 1:
        stride += 1
    return [index * stride % count for index in range(count)]


def _step(
    row: list[int],
    example: Example,
    weights: list[list[float]],
    squares: list[list[float]],
    rate: float,
    decay: float,
) -> None:
    scores = [sum(column) for column in zip(*(weights[i] for i in row), strict=True)] or [0.0] * len(
        example.target
    )
    highest = max(scores)
    likely = [exponential(max(score - highest, -30.0)) for score in scores]
    total = sum(likely)
    errors = [
        (part / total - wanted) * example.weight for part, wanted in zip(likely, example.target, strict=True)
    ]
    for i in row:
        ours, past = weights[i], squares[i]
        for c, error in enumerate(errors):
            slope = error + decay * ours[c]
            past[c] += slope * slope
            ours[c] -= rate * slope / math.sqrt(past[c])


def _rounded(row: list[float]) -> tuple[int, ...]:
    middle = sum(row) / len(row)
    return tuple(max(-REACH, min(REACH, round((weight - middle) / STEP))) for weight in row)
