"""Voice without words: found wherever it is, and not found where people only pause."""

from __future__ import annotations

import pytest

from notes.soapnoteapi.sandbox.hearing import coverage
from notes.soapnoteapi.sandbox.hearing.voice import Span
from notes.soapnoteapi.sandbox.transcript import Word
from tests.notes.sandbox.hearing.spoken import words

TALK = "word " * 25


def test_voice_with_words_all_along_is_covered() -> None:
    assert coverage.missing([Span(0, 4), Span(4.5, 10)], words(TALK)) == []


@pytest.mark.parametrize("gap", [Span(0, 12), Span(20, 32), Span(40, 52)])
def test_a_passage_without_words_is_found_at_any_place(gap: Span) -> None:
    spoken = [word for word in words("word " * 130) if not gap.start <= word.start < gap.end]

    (found,) = coverage.missing([Span(0, 52)], spoken)

    assert (found.start, found.end) == pytest.approx((gap.start, gap.end), abs=1)


def test_silence_without_words_is_nothing() -> None:
    spoken = [*words(TALK), *words(TALK, 60)]

    assert coverage.missing([Span(0, 10), Span(60, 70)], spoken) == []


def test_a_word_stretched_over_a_passage_does_not_hide_it() -> None:
    spoken = [*words("good morning"), Word(0.8, 14.0, "Maria.", 0.9), *words(TALK, 14)]

    (found,) = coverage.missing([Span(0, 24)], spoken)

    assert found.start < 3 and found.end > 13


def test_far_too_few_words_are_suspicious_although_no_gap_is_long() -> None:
    spoken = [word for at in range(0, 20, 2) for word in words("so", float(at))]

    assert coverage.missing([Span(0, 20)], spoken) == [Span(0, 20)]


def test_what_is_heard_again_is_cut_into_short_pieces() -> None:
    groups = coverage.pieces([Span(0, 4), Span(5, 12), Span(20, 60)])

    assert groups[0] == [Span(0, 4), Span(5, 12)]
    assert all(sum(part.seconds for part in group) <= coverage.PIECE for group in groups)
    assert sum(part.seconds for group in groups for part in group) == pytest.approx(51)


def test_other_languages_are_not_also_reported_missing() -> None:
    assert coverage.outside([Span(0, 10)], [Span(2, 4)]) == [Span(0, 2), Span(4, 10)]
