from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notes.diff import ADDED, REMOVED, SAME, Piece, merged_text, word_diff

WORDS = st.lists(
    st.sampled_from(["knee", "pain", "400 mg", "no", ". ", "\n", " ", "ألم", "a, "]), max_size=40
)
TEXT = st.one_of(WORDS.map("".join), st.text(max_size=80))


@settings(max_examples=200, deadline=None)
@given(TEXT, TEXT)
def test_the_pieces_make_up_both_texts_exactly(old: str, new: str) -> None:
    pieces = word_diff(old, new)
    assert "".join(piece.text for piece in pieces if piece.op != ADDED) == old
    assert "".join(piece.text for piece in pieces if piece.op != REMOVED) == new


@settings(max_examples=200, deadline=None)
@given(TEXT, TEXT)
def test_a_merged_text_holds_every_word_of_both(theirs: str, mine: str) -> None:
    merged = merged_text(theirs, mine)
    for text in (theirs, mine):
        rest = iter(merged)
        assert all(character in rest for character in text)


def test_a_changed_dose_is_one_changed_word() -> None:
    assert word_diff("Take 2.5 mg daily.", "Take 25 mg daily.") == [
        Piece(SAME, "Take "),
        Piece(REMOVED, "2.5"),
        Piece(ADDED, "25"),
        Piece(SAME, " mg daily."),
    ]


def test_words_with_nothing_in_common_are_not_chopped_up() -> None:
    assert word_diff("Refer to physiotherapy", "Rest for a week") == [
        Piece(REMOVED, "Refer to physiotherapy"),
        Piece(ADDED, "Rest for a week"),
    ]


def test_merging_keeps_shared_sentences_once() -> None:
    assert merged_text("Knee pain. Worse on stairs.", "Knee pain. Better with rest.") == (
        "Knee pain. Worse on stairs.\nBetter with rest."
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("\n" * 200_000, "x\n" * 100_000),
        ("a" * 200_000, "b" * 200_000),
        ("a " * 100_000, "a " * 90_000 + "b"),
        (". " * 100_000, ". " * 50_000 + "x"),
        ("." * 200_000, "!" * 200_000),
        (" ".join(map(str, range(30_000))), " ".join(map(str, range(30_000, 0, -1)))),
    ],
    ids=["lines", "one-word", "same-words", "dots", "marks", "numbers"],
)
def test_long_and_repetitive_texts_are_still_compared(old: str, new: str) -> None:
    pieces = word_diff(old, new)
    assert "".join(piece.text for piece in pieces if piece.op != ADDED) == old
    assert "".join(piece.text for piece in pieces if piece.op != REMOVED) == new
