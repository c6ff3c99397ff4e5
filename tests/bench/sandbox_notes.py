"""How near the sandbox's notes come to notes that people wrote, and how long one takes.

Trains the weights afresh on the `train` part of ACI-BENCH (and MTS-Dialog) alone, writes notes for the `valid` part,
and prints ROUGE-1/2/Lsum (F, in per cent; all sections joined, as the service answers them) by the kind of dialogue,
the share of sentences in the section that the reference tells them in, and seconds a note. The shipped weights
know the `valid` part and are not measured here.

    python -m tests.bench.sandbox_notes [--data ../shared/text]
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path

from rouge_score.rouge_scorer import RougeScorer

from notes.soapnoteapi.sandbox.note import from_typed
from notes.soapnoteapi.sandbox.options import NoteOptions
from notes.soapnoteapi.sandbox.training.corpora import Visit, excerpts, visits
from notes.soapnoteapi.sandbox.training.learning import dialogue_units, rarity, targets
from notes.soapnoteapi.sandbox.training.making import make
from notes.soapnoteapi.sandbox.writing import sections
from notes.soapnoteapi.sandbox.writing.language import content
from notes.soapnoteapi.sandbox.writing.model import decode, use
from notes.soapnoteapi.sandbox.writing.placed import SECTIONS

SHARED = Path(__file__).resolve().parent.parent.parent.parent / "shared" / "text"
KINDS = ("rouge1", "rouge2", "rougeLsum")
TOLD = 0.6  # share of a sentence that the reference has to tell before its section is held against ours
SAYS_LITTLE = (
    "ROUGE counts words in common: another patient's note from the same clinic scores 44/18/41, so a figure says\n"
    "little about whether a note is right. The dialogues are role-played, their notes follow one house style, and\n"
    "references were partly made by software. Section accuracy is against labels guessed from shared words. No\n"
    "clinician has judged these notes."
)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=SHARED)
    data = parser.parse_args().data
    if not data.is_dir():
        sys.exit(f"The dialogues are not on this machine: {data.name} is no folder. Name it with --data.")
    known, unseen = (visits(data / "aci-bench", part) for part in ("train", "valid"))
    began = time.monotonic()
    models = dict(make(known, excerpts(data / "mts-dialog")))
    print(
        f"trained on {len(known)} visits in {time.monotonic() - began:.0f} s; measured on {len(unseen)} others"
    )
    with ExitStack() as stack:
        for name, text in models.items():
            stack.enter_context(use(name, decode(text)))
        measure(known, unseen)
    print(SAYS_LITTLE)


def measure(known: Sequence[Visit], unseen: Sequence[Visit]) -> None:
    scorer = RougeScorer(KINDS)
    scores: dict[str, list[dict[str, float]]] = defaultdict(list)
    took = []
    for visit in unseen:
        began = time.perf_counter()
        note = from_typed(visit.dialogue, NoteOptions("physician"))
        took.append(time.perf_counter() - began)
        joined = "\n".join(str(note[section]) for section in SECTIONS if note[section])
        found = {kind: 100 * score.fmeasure for kind, score in scorer.score(visit.note, joined).items()}
        scores["all"].append(found)
        scores[visit.source].append(found)
    for source, found in scores.items():
        means = "/".join(f"{statistics.mean(one[kind] for one in found):.1f}" for kind in KINDS)
        print(f"ROUGE-1/2/Lsum {means}  {source} ({len(found)})")
    print(f"sections right {accuracy(known, unseen):.0%}")
    print(f"seconds a note: median {statistics.median(took):.3f}, longest {max(took):.3f}")


def accuracy(known: Iterable[Visit], unseen: Iterable[Visit]) -> float:
    """Of the units that a reference plainly tells, how many stand in the same section of ours."""
    weigh = rarity([list(content(visit.dialogue)) for visit in known])
    right = []
    for visit in unseen:
        units = dialogue_units(visit.dialogue)
        wanted = targets(units, visit.note, weigh)
        for unit, share, target in zip(units, sections.shares(units), wanted, strict=True):
            if 1 - target[0] >= TOLD:
                told_in = max(range(1, len(target)), key=target.__getitem__)
                right.append(sections.part_of(unit, share) == sections.CLASSES[told_in])
    return statistics.mean(right)


if __name__ == "__main__":
    main()
