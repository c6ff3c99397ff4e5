"""The dialogues and notes that the weights are made from, as their authors published them (CSV)."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

MTS_FILES = ("MTS-Dialog-TrainingSet.csv",)
MTS_LABELS = {"Doctor": "provider", "Patient": "patient"}


@dataclass(frozen=True)
class Visit:
    """A whole visit of ACI-BENCH: `source` is "aci", "virtassist" or "virtscribe"."""

    source: str
    dialogue: str
    note: str


@dataclass(frozen=True)
class Excerpt:
    """A part of a visit from MTS-Dialog with the part of the note that was written from it."""

    header: str
    dialogue: str
    note: str


def visits(folder: Path, part: str) -> list[Visit]:
    """`part` is "train" or "valid"."""
    return [Visit(row["dataset"], row["dialogue"], row["note"]) for row in _rows(folder / f"{part}.csv")]


def excerpts(folder: Path) -> list[Excerpt]:
    return [
        Excerpt(row["section_header"], row["dialogue"], row["section_text"])
        for name in MTS_FILES
        for row in _rows(folder / name)
    ]


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))
