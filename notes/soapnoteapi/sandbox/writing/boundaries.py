"""Where sentences end in speech that was written down without full stops."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from notes.soapnoteapi.sandbox.writing.model import LinearModel, trained

CLASSES = ("ends", "runs_on")
BARE = re.compile(r"[^a-z0-9']+")
MARK = re.compile(r"[.!?…;,:](?!\d)")
SHORTEST = 8  # words; less is left alone
LONGEST = 45  # from here on the next place that will do
LONGEST_OF_ALL = 75
EAGER = 0.2  # a cut too many is read over; two statements in one line are not
EDGE = "^"
NEGATION = frozenset(
    (
        "no",
        "not",
        "without",
        "never",
        "nor",
        "neither",
        "none",
        "deny",
        "denies",
        "denied",
        "n't",
        "don't",
        "didn't",
    )
)
NEGATED = 4  # words after a negation are cut off from it only where plainly a new sentence starts
CONDITION = frozenset(("if", "unless", "whether", "until", "when", "because"))
CONDITIONAL = 14  # words after a condition stay with it: what it leads to holds only under it
STARTERS = frozenset(
    (
        "okay",
        "alright",
        "so",
        "i",
        "and",
        "but",
        "your",
        "you",
        "we",
        "it",
        "he",
        "she",
        "they",
        "then",
        "now",
        "well",
    )
)
UNFINISHED = frozenset(
    (
        *(
            "a",
            "an",
            "the",
            "my",
            "your",
            "his",
            "her",
            "our",
            "their",
            "this",
            "these",
            "of",
            "to",
            "in",
            "on",
            "at",
        ),
        *(
            "for",
            "with",
            "from",
            "by",
            "about",
            "into",
            "and",
            "or",
            "but",
            "is",
            "are",
            "was",
            "were",
            "be",
            "been",
        ),
        *(
            "i",
            "i'm",
            "you're",
            "it's",
            "he's",
            "she's",
            "we're",
            "they're",
            "have",
            "has",
            "had",
            "do",
            "does",
            "can",
        ),
        *(
            "will",
            "would",
            "could",
            "should",
            "if",
            "because",
            "when",
            "that's",
            "there's",
            "any",
            "some",
            "very",
        ),
    )
)

TENS = (
    "twenty",
    "thirty",
    "forty",
    "fifty",
    "sixty",
    "seventy",
    "eighty",
    "ninety",
    "hundred",
    "thousand",
    "point",
    "over",
)
DIGITS = ("zero", "oh", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", *TENS)
NUMBER = re.compile(rf"\d+|{'|'.join(DIGITS)}|\w+teen|eleven|twelve")


def is_unpunctuated(text: str) -> bool:
    return not MARK.search(text) and len(text.split()) > SHORTEST


def cuts(text: str) -> Iterator[str]:
    """The text in pieces; joined by spaces they are the text again."""
    model = trained("boundaries")
    spoken = text.split()
    plain = [BARE.sub("", word.lower()) for word in spoken]
    start = 0
    for at in range(1, len(spoken)):
        since = at - start
        due = since >= LONGEST or _ends(model, plain, at, since)
        if since >= LONGEST_OF_ALL or (due and _may_end(plain, start, at)):
            yield " ".join(spoken[start:at])
            start = at
    if spoken:
        yield " ".join(spoken[start:])


def features(words: Sequence[str], at: int, since: int) -> list[str]:
    """What speaks for a sentence ending before `words[at]`, `since` words after the last one did."""
    first, before, after, last = (
        words[index] if 0 <= index < len(words) else EDGE for index in range(at - 2, at + 2)
    )
    return [
        "*",
        f"1{before}",
        f"2{first} {before}",
        f"3{after}",
        f"4{after} {last}",
        f"5{before} {after}",
        f"6{before} {after} {last}",
        f"7{first} {before} {after}",
        f"8{last}",
        f"0{min(since, 20)}",
        f"9{min(len(words) - at, 8)}",
    ]


def _ends(model: LinearModel, plain: Sequence[str], at: int, since: int) -> bool:
    ends, runs_on = model.scores(features(plain, at, since))
    return ends - runs_on > -EAGER


def _may_end(plain: Sequence[str], start: int, at: int) -> bool:
    """Whether neither half says something else: no "not", no "if" without what it belongs to, no half a number."""
    if NUMBER.fullmatch(plain[at - 1]) and NUMBER.fullmatch(plain[at]):
        return False
    if plain[at - 1] in UNFINISHED or any(
        word in CONDITION for word in plain[max(start, at - CONDITIONAL) : at]
    ):
        return False
    return plain[at] in STARTERS or not any(word in NEGATION for word in plain[max(start, at - NEGATED) : at])
