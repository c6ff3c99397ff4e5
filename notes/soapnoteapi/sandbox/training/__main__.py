"""Make the weights again: `python -m notes.soapnoteapi.sandbox.training --aci-bench DIR --mts-dialog DIR`.

DIR are folders with the published CSV files (`train.csv`, `valid.csv`; `MTS-Dialog-TrainingSet.csv`). The same files
give the same bytes on every machine.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from notes.soapnoteapi.sandbox.training.corpora import excerpts, visits
from notes.soapnoteapi.sandbox.training.making import make
from notes.soapnoteapi.sandbox.writing.model import WEIGHTS


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m notes.soapnoteapi.sandbox.training", description=__doc__)
    parser.add_argument("--aci-bench", type=Path, required=True)
    parser.add_argument("--mts-dialog", type=Path, required=True)
    parser.add_argument("--to", type=Path, default=WEIGHTS)
    chosen = parser.parse_args()
    chosen.to.mkdir(exist_ok=True)
    whole = [visit for part in ("train", "valid") for visit in visits(chosen.aci_bench, part)]
    for name, text in make(whole, excerpts(chosen.mts_dialog)):
        (chosen.to / f"{name}.tsv").write_text(text, encoding="utf-8", newline="\n")
        sys.stdout.write(f"{name}.tsv: {text.count(chr(10)) - 1} features, {len(text):,} characters\n")


main()
