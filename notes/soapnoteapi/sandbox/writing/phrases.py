"""Lists of words and phrases, written for reading: parted by "|" or new lines."""

from __future__ import annotations

import re

LINES = re.compile(r"\s*\n\s*")


def alternatives(text: str) -> str:
    """The phrases of the list as one group of a regular expression."""
    return f"(?:{'|'.join(LINES.split(text.strip()))})"


def any_of(text: str) -> re.Pattern[str]:
    """Finds any phrase of the list as whole words, whatever their case."""
    return re.compile(rf"\b{alternatives(text)}\b", re.IGNORECASE)


def word_set(text: str) -> frozenset[str]:
    return frozenset(text.split())
