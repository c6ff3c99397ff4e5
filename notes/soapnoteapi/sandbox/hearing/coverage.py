"""Where somebody speaks and nothing was written down: Whisper now and then leaves out 10 to 30 seconds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from notes.soapnoteapi.sandbox.hearing.voice import Span
from notes.soapnoteapi.sandbox.transcript import Word

# Seconds of voice without a word. A drawn-out "um", a laugh or a cough is shorter.
MISSING = 2.5
# Nobody takes a second for a word; the recogniser stretches words over what it skips.
LONGEST_WORD = 1.0
SLACK = 0.3
STRETCH = 10.0
VOICED = 6.0
# Words a second of voice. Slow speech has two; half of it is missing where there is less than one.
THIN = 1.0
PIECE = 15.0


def missing(voiced: Sequence[Span], words: Sequence[Word]) -> list[Span]:
    """Stretches of voice that have no words, or far too few, in order and without overlap."""
    gaps = list(_gaps(voiced, words))
    thin = [
        span
        for span in _thin(voiced, words)
        if not any(gap.start < span.end and span.start < gap.end for gap in gaps)
    ]
    return _joined(sorted([*gaps, *thin], key=lambda span: span.start))


def unheard_seconds(voiced: Sequence[Span], words: Sequence[Word]) -> float:
    """Seconds of voice between words."""
    return sum(within(voiced, gap) for gap in _between(voiced, words))


def within(voiced: Sequence[Span], span: Span) -> float:
    """Seconds of voice in a stretch of time."""
    return sum(max(0.0, min(part.end, span.end) - max(part.start, span.start)) for part in voiced)


def clipped(voiced: Sequence[Span], span: Span) -> list[Span]:
    """The parts of the voice that lie in a stretch of time."""
    cut = [Span(max(part.start, span.start), min(part.end, span.end)) for part in voiced]
    return [part for part in cut if part.seconds > 0]


def outside(voiced: Sequence[Span], others: Sequence[Span]) -> list[Span]:
    """The voice that lies in none of the other stretches."""
    left = list(voiced)
    for other in others:
        left = [
            part
            for span in left
            for part in (
                Span(span.start, min(span.end, other.start)),
                Span(max(span.start, other.end), span.end),
            )
            if part.seconds > 0
        ]
    return left


def pieces(passages: Sequence[Span]) -> list[list[Span]]:
    """Passages in groups of at most a quarter of a minute, to be heard apart; a long one is cut evenly."""
    groups: list[list[Span]] = []
    for passage in passages:
        count = int(passage.seconds // PIECE) + 1
        for index in range(count):
            step = passage.seconds / count
            part = Span(passage.start + index * step, passage.start + (index + 1) * step)
            if groups and sum(held.seconds for held in groups[-1]) + part.seconds <= PIECE:
                groups[-1].append(part)
            else:
                groups.append([part])
    return groups


def _gaps(voiced: Sequence[Span], words: Sequence[Word]) -> Iterator[Span]:
    for gap in _between(voiced, words):
        if within(voiced, gap) >= MISSING:
            inside = clipped(voiced, gap)
            yield Span(inside[0].start, inside[-1].end)


def _between(voiced: Sequence[Span], words: Sequence[Word]) -> Iterator[Span]:
    """The time before, between and after words, a little less on each side that has one."""
    if not voiced:
        return
    at = voiced[0].start
    for word in sorted(words, key=lambda word: word.start):
        if word.start - SLACK > at:
            yield Span(at, word.start - SLACK)
        at = max(at, min(word.end, word.start + LONGEST_WORD) + SLACK)
    if voiced[-1].end > at:
        yield Span(at, voiced[-1].end)


def _thin(voiced: Sequence[Span], words: Sequence[Word]) -> Iterator[Span]:
    if not voiced:
        return
    start = voiced[0].start
    while start < voiced[-1].end:
        stretch = Span(start, start + STRETCH)
        seconds = within(voiced, stretch)
        spoken = sum(1 for word in words if stretch.start <= (word.start + word.end) / 2 < stretch.end)
        if seconds >= VOICED and spoken < THIN * seconds:
            inside = clipped(voiced, stretch)
            yield Span(inside[0].start, inside[-1].end)
        start += STRETCH


def _joined(spans: Sequence[Span]) -> list[Span]:
    found: list[Span] = []
    for span in spans:
        if found and span.start <= found[-1].end + SLACK:
            found[-1] = Span(found[-1].start, max(found[-1].end, span.end))
        else:
            found.append(span)
    return found
