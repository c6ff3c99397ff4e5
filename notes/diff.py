"""Word-level differences between two texts, in time that stays small on long notes.

Sentences and lines are aligned first; only what differs between them is compared word by word. Where even that
would take long (two long passages with little in common) the passage is shown as replaced.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

# Newlines end a unit, and so do full stops that are followed by space: "2.5 mg" stays whole.
_UNITS = re.compile(r"[^\n]*?(?:[.!?;:]\s+|\n|$)|\n", re.DOTALL)
_WORDS = re.compile(r"\w+(?:[.,'’/-]\w+)*|\s+|[^\w\s]")
# Beyond these, aligning could take seconds: equal elements multiply, and so do unequal words.
MOST_ALIGNED = 12_000
MOST_EQUAL_PAIRS = 150_000
MOST_WORD_PAIRS = 400_000

SAME, ADDED, REMOVED = "=", "+", "-"


@dataclass(frozen=True)
class Piece:
    """A stretch of text that is in both (``=``), only in the new (``+``) or only in the old text (``-``)."""

    op: str
    text: str


def word_diff(old: str, new: str) -> list[Piece]:
    """Pieces in reading order; those not added make up `old`, those not removed make up `new`, exactly."""
    return _joined(_compare(_units(old), _units(new), by_word=True))


def merged_text(theirs: str, mine: str) -> str:
    """Both texts in one, sentence by sentence: what they share once, and everything either has."""
    text = ""
    for piece in _compare(_units(theirs), _units(mine), by_word=False):
        apart = "\n" if text and piece.text and not (text[-1].isspace() or piece.text[0].isspace()) else ""
        text += apart + piece.text
    return text


def _units(text: str) -> list[str]:
    return [unit for unit in _UNITS.findall(text) if unit]


def _compare(old: list[str], new: list[str], *, by_word: bool) -> Iterator[Piece]:
    start = _common(old, new)
    end = _common(old[start:][::-1], new[start:][::-1])
    yield Piece(SAME, "".join(old[:start]))
    middle_old, middle_new = old[start : len(old) - end], new[start : len(new) - end]
    for op, gone, come in _blocks(middle_old, middle_new):
        if op == "equal":
            yield Piece(SAME, "".join(gone))
        elif by_word and gone and come:
            yield from _words("".join(gone), "".join(come))
        else:
            yield Piece(REMOVED, "".join(gone))
            yield Piece(ADDED, "".join(come))
    yield Piece(SAME, "".join(old[len(old) - end :]))


def _words(old: str, new: str) -> Iterator[Piece]:
    before, after = _WORDS.findall(old), _WORDS.findall(new)
    if len(before) * len(after) > MOST_WORD_PAIRS:
        yield Piece(REMOVED, old)
        yield Piece(ADDED, new)
        return
    gone, come, shared = "", "", ""
    for op, left, right in _blocks(before, after):
        if op == "equal" and not _says_something(left):
            # White space alone, between two changes, would only chop them up.
            shared = "".join(left)
            continue
        if op == "equal":
            yield from (Piece(REMOVED, gone), Piece(ADDED, come), Piece(SAME, shared + "".join(left)))
            gone, come, shared = "", "", ""
            continue
        between = shared if gone or come else ""
        yield Piece(SAME, "" if between else shared)
        gone, come, shared = gone + between + "".join(left), come + between + "".join(right), ""
    yield from (Piece(REMOVED, gone), Piece(ADDED, come), Piece(SAME, shared))


def _says_something(tokens: list[str]) -> bool:
    return any(character.isalnum() for token in tokens for character in token)


def _blocks(old: list[str], new: list[str]) -> Iterator[tuple[str, list[str], list[str]]]:
    counts = Counter(new)
    pairs = sum(counts[element] for element in old)
    if len(old) + len(new) > MOST_ALIGNED or pairs > MOST_EQUAL_PAIRS:
        yield "replace", old, new
        return
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    for op, i1, i2, j1, j2 in matcher.get_opcodes():
        yield op, old[i1:i2], new[j1:j2]


def _common(old: Sequence[str], new: Sequence[str]) -> int:
    """How many leading elements the two share."""
    count = 0
    for left, right in zip(old, new, strict=False):
        if left != right:
            break
        count += 1
    return count


def _joined(pieces: Iterator[Piece]) -> list[Piece]:
    found: list[Piece] = []
    for piece in pieces:
        if not piece.text:
            continue
        if found and found[-1].op == piece.op:
            found[-1] = Piece(piece.op, found[-1].text + piece.text)
        else:
            found.append(piece)
    return found
