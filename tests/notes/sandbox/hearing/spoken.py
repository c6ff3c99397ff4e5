"""Words and sentences for tests, without a recording."""

from __future__ import annotations

from notes.soapnoteapi.sandbox.transcript import Sentence, Word


def words(text: str, start: float = 0.0, *, pace: float = 0.4, probability: float = 0.9) -> list[Word]:
    """A word each `pace` seconds, pauses between them left out."""
    return [
        Word(round(start + index * pace, 2), round(start + (index + 1) * pace - 0.05, 2), word, probability)
        for index, word in enumerate(text.split())
    ]


def sentence(text: str, *, probability: float = 0.9) -> Sentence:
    said = words(text, probability=probability)
    return Sentence(text, start=said[0].start, end=said[-1].end, words=tuple(said))
