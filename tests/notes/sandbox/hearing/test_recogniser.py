"""What the recogniser makes up is dropped, its loops are cut, and what people say stays."""

from __future__ import annotations

import pytest

from notes.soapnoteapi.sandbox.hearing.recogniser import Phrase, believable, without_loops
from notes.soapnoteapi.sandbox.hearing.voice import Span
from tests.notes.sandbox.hearing.spoken import words

VOICE = [Span(0, 60)]


def kept(text: str, *, logprob: float = -0.3, no_speech: float = 0.1, probability: float = 0.9) -> str:
    phrase = Phrase(tuple(words(text, probability=probability)), logprob, no_speech)
    return " ".join(word.text for word in believable([phrase], VOICE))


@pytest.mark.parametrize(
    "text",
    [
        "Thank you for watching!",
        "Thanks for watching.",
        "Please subscribe to my channel.",
        "Subtitles by the community",
        "www.example.org",
        "♪ ♪",
        "...",
    ],
)
def test_subtitles_are_nothing_that_was_said(text: str) -> None:
    assert kept(text) == ""


@pytest.mark.parametrize(
    "text", ["Thank you, doctor.", "Thank you for seeing me.", "No.", "Okay, watch the salt."]
)
def test_thanks_and_short_answers_stay(text: str) -> None:
    assert kept(text) == text


@pytest.mark.parametrize(
    "sure", [{"logprob": -1.3}, {"logprob": -0.9, "no_speech": 0.8}, {"probability": 0.3}]
)
def test_mere_guesses_are_dropped(sure: dict[str, float]) -> None:
    assert kept("I think it is a sprain.", **sure) == ""


def test_words_where_nobody_speaks_are_dropped() -> None:
    phrase = Phrase(tuple(words("I think so.", 30.0)), -0.2, 0.0)

    assert believable([phrase], [Span(0, 20), Span(40, 50)]) == []


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("so I I I I I I I I took it", "so I took it"),
        ("the pain is the pain is the pain is the pain is bad", "the pain is bad"),
        ("I have a cough. " * 5, "I have a cough."),
        ("no no no it is very very sore", "no no no it is very very sore"),
        ("Take it twice a day. Twice a day.", "Take it twice a day. Twice a day."),
    ],
)
def test_loops_are_cut_and_repeating_oneself_is_allowed(text: str, left: str) -> None:
    assert " ".join(word.text for word in without_loops(words(text))) == left
