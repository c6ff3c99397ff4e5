"""One recording while it is heard: windows go in, what is known about the whole comes out at the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from notes.soapnoteapi.sandbox.errors import JobFailed
from notes.soapnoteapi.sandbox.hearing import channels, coverage
from notes.soapnoteapi.sandbox.hearing.audio import RATE, Window
from notes.soapnoteapi.sandbox.hearing.languages import is_doubtful, is_foreign, require_english
from notes.soapnoteapi.sandbox.hearing.recogniser import LEAST_SURE_AGAIN, Phrase, believable, recognise
from notes.soapnoteapi.sandbox.hearing.turns import turns
from notes.soapnoteapi.sandbox.hearing.voice import Span, levelled, passages, voices
from notes.soapnoteapi.sandbox.transcript import (
    OTHER_LANGUAGE,
    PASSAGE_MAY_BE_MISSING,
    PATIENT,
    PROVIDER,
    HearingWarning,
    Segment,
    Word,
)

TWICE = 0.6


class Listener:
    """Hears windows in order. `warnings` are those so far; `segments` raises `JobFailed` where nobody spoke."""

    def __init__(self, model: Any, sides: channels.Sides) -> None:
        self._model = model
        self._sides = sides
        self._words: dict[str, list[Word]] = {}
        self._warnings: list[HearingWarning] = []
        self._language_known = False

    @property
    def warnings(self) -> list[HearingWarning]:
        return sorted(self._warnings, key=lambda warning: warning.start)

    def segments(self) -> tuple[Segment, ...]:
        if not any(
            character.isalpha() for words in self._words.values() for w in words for character in w.text
        ):
            raise JobFailed("NO_SPEECH", "No speech was found in the recording.")
        return turns(self._words)

    def listen(self, window: Window) -> None:
        for speaker, samples in self._channels(window):
            voiced = voices(samples)
            if not voiced:
                continue
            if not self._language_known:
                require_english(self._model, samples, voiced)
                self._language_known = True
            words = self._hear(samples, voiced, window)
            self._words.setdefault(speaker, []).extend(
                replace(
                    word, start=round(word.start + window.start, 2), end=round(word.end + window.start, 2)
                )
                for word in words
            )

    def _channels(self, window: Window) -> list[tuple[str, Any]]:
        if self._sides.apart:
            left, right = channels.gated(window.samples)
            return [(PROVIDER, levelled(left)), (PATIENT, levelled(right))]
        return [("", levelled(channels.one_channel(window.samples, self._sides)))]

    def _hear(self, samples: Any, voiced: Sequence[Span], window: Window) -> list[Word]:
        """Words of one channel of a window; what is suspicious is heard once more, what stays so is told."""
        heard, foreign = self._english(
            samples, recognise(self._model, samples, passages(voiced, window.seconds))
        )
        words = believable(heard, voiced)
        for gap in coverage.missing(voiced, words):
            if not any(part.start < gap.end and gap.start < part.end for part in foreign):
                words, also_foreign = self._again(samples, voiced, words, gap)
                foreign += also_foreign
        for part in foreign:
            self._warn(OTHER_LANGUAGE, part, window)
        for gap in coverage.missing(coverage.outside(voiced, foreign), words):
            self._warn(PASSAGE_MAY_BE_MISSING, gap, window)
        return words

    def _english(self, samples: Any, phrases: Sequence[Phrase]) -> tuple[list[Phrase], list[Span]]:
        """The phrases without those in another language, and where these are."""
        kept: list[Phrase] = []
        foreign: list[Span] = []
        for phrase in phrases:
            if not phrase.words:
                continue
            span = Span(phrase.words[0].start, phrase.words[-1].end)
            if is_doubtful(phrase) and is_foreign(self._model, samples, [span]):
                foreign.append(span)
            else:
                kept.append(phrase)
        return kept, foreign

    def _again(
        self, samples: Any, voiced: Sequence[Span], words: list[Word], gap: Span
    ) -> tuple[list[Word], list[Span]]:
        """The words with those of a second, slower hearing of the gap in small pieces, where it found more, and
        the pieces that are in another language."""
        inside = coverage.clipped(voiced, gap)
        heard: list[Phrase] = []
        foreign: list[Span] = []
        for piece in coverage.pieces(passages(inside, len(samples) / RATE)):
            if is_foreign(self._model, samples, piece):
                foreign.append(Span(piece[0].start, piece[-1].end))
            else:
                heard += recognise(self._model, samples, piece, careful=True)
        found = [
            word
            for word in believable(heard, inside, least_sure=LEAST_SURE_AGAIN)
            if gap.start - coverage.SLACK <= word.start <= gap.end
        ]
        before = [word for word in words if gap.start <= (word.start + word.end) / 2 <= gap.end]
        better = coverage.unheard_seconds(inside, found) < coverage.unheard_seconds(inside, before)
        if not better or len(found) <= len(before):
            return words, foreign
        others = [word for word in words if word not in before]
        new = [word for word in found if not any(_same(word, other) for other in others)]
        return sorted([*others, *new], key=lambda word: word.start), foreign

    def _warn(self, reason: str, span: Span, window: Window) -> None:
        start, end = round(window.start + span.start, 2), round(window.start + span.end, 2)
        last = self._warnings[-1] if self._warnings else None
        if last and last.reason == reason and 0 <= start - last.end < 2.0:
            self._warnings[-1] = replace(last, end=end)
        else:
            self._warnings.append(HearingWarning(start, end, reason))


def _same(word: Word, other: Word) -> bool:
    """Whether a word at the edge of a passage was heard both times."""
    if word.start < other.end and other.start < word.end:
        return True
    return word.text.lower() == other.text.lower() and abs(word.start - other.start) < TWICE
