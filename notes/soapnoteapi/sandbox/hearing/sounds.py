"""How alike two words sound, spelling aside: "lysinopoul" and "lisinopril"."""

from __future__ import annotations

import re
from functools import lru_cache

VOWELS = frozenset("aeiou")
VOWEL = 0.4  # cost of another vowel, or of one more or less: they are what gets lost first
RELATED = 0.4
KIN = ("bp", "dt", "gk", "fv", "szj", "mn", "lr")
KINSHIP = frozenset((a, b) for group in KIN for a in group for b in group if a != b)
SPELLINGS = (
    (r"ph", "f"),
    (r"th", "t"),
    (r"sch|sh|ch(?=[eiy])", "s"),
    (r"gh(?=t|$)", ""),
    (r"ck|ch|q", "k"),
    (r"c(?=[eiy])", "s"),
    (r"c", "k"),
    (r"g(?=[eiy])", "j"),
    (r"^x", "s"),
    (r"x", "ks"),
    (r"z", "s"),
    (r"y", "i"),
    (r"w|h", ""),
    (r"([aeiou])[aeiou]+", r"\1"),
    (r"(.)\1+", r"\1"),
    (r"(?<=[^aeiou])e$", ""),
)


@lru_cache(maxsize=4096)
def sounds_of(word: str) -> str:
    """A word in small letters as it roughly sounds, a letter a sound."""
    for pattern, sound in SPELLINGS:
        word = re.sub(pattern, sound, word)
    return word


def likeness(one: str, other: str) -> float:
    """1 for the same sounds, 0 for nothing in common; vowels count less than consonants."""
    weight = max(_weight(one), _weight(other))
    if not weight or abs(len(one) - len(other)) > weight:
        return 0.0
    before = [0.0]
    for sound in other:
        before.append(before[-1] + _cost(sound))
    for heard in one:
        row = [before[0] + _cost(heard)]
        for at, sound in enumerate(other, 1):
            change = before[at - 1] + _change(heard, sound)
            row.append(min(change, before[at] + _cost(heard), row[-1] + _cost(sound)))
        before = row
    return max(0.0, 1.0 - before[-1] / weight)


def _weight(word: str) -> float:
    return sum(map(_cost, word))


def _cost(sound: str) -> float:
    return VOWEL if sound in VOWELS else 1.0


def _change(heard: str, sound: str) -> float:
    if heard == sound:
        return 0.0
    if heard in VOWELS and sound in VOWELS:
        return VOWEL / 2
    if (heard, sound) in KINSHIP:
        return RELATED
    return 1.0 if heard not in VOWELS and sound not in VOWELS else 1.2
