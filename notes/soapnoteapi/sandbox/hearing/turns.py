"""Words of one or two channels to segments in the order in which they were spoken."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from notes.soapnoteapi.sandbox.transcript import Segment, Word

PAUSE = 1.5
# A breath; where the other person begins to speak in it, what follows is said after them.
BREATH = 0.3
LONGEST = 30.0
SENTENCE_END = (".", "?", "!", "…")


def turns(spoken: Mapping[str, Sequence[Word]]) -> tuple[Segment, ...]:
    """Segments of a sentence or less, by their start. An answer stands after its question also where the
    person who asked goes on at once."""
    found = [
        Segment(part[0].start, part[-1].end, " ".join(word.text for word in part), speaker, tuple(part))
        for speaker, words in spoken.items()
        for part in _utterances(words, _starts(spoken, speaker))
    ]
    return tuple(sorted(found, key=lambda segment: (segment.start, segment.end)))


def _starts(spoken: Mapping[str, Sequence[Word]], speaker: str) -> list[float]:
    return [word.start for other, words in spoken.items() if other != speaker for word in words]


def _utterances(words: Sequence[Word], others: Sequence[float]) -> Iterator[list[Word]]:
    held: list[Word] = []
    for word in sorted(words, key=lambda word: word.start):
        if held and _ends(held, word, others):
            yield held
            held = []
        held.append(word)
    if held:
        yield held


def _ends(held: Sequence[Word], following: Word, others: Sequence[float]) -> bool:
    last = held[-1]
    gap = following.start - last.end
    return (
        last.text.rstrip("\"'”’)").endswith(SENTENCE_END)
        or gap > PAUSE
        or following.end - held[0].start > LONGEST
        or (gap > BREATH and any(last.end <= start < following.start for start in others))
    )
