"""Whisper over passages of one channel: words with times, without what it makes up and without its loops."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from notes.soapnoteapi.sandbox.hearing.audio import RATE
from notes.soapnoteapi.sandbox.hearing.voice import Span
from notes.soapnoteapi.sandbox.transcript import Word

# A few steps of sampling get the decoder out of a loop; more would make words up.
TEMPERATURES = (0.0, 0.2, 0.4)
NO_SPEECH = 0.6
UNSURE = -0.8
GUESSED = -1.2
# Mean probability of a phrase's words; real words in bad sound have 0.7 and more. What only a second hearing of a
# passage finds must be surer: there Whisper translates, and makes sentences out of several people at once.
LEAST_SURE, LEAST_SURE_AGAIN = 0.45, 0.65
LONGEST_LOOP = 12
# How often a run of so many words may be said in a row before it is taken for a loop of the decoder.
LOOPS = {1: 6, 2: 5, 3: 4}
MOST_REPEATS = 3
# What Whisper writes over music and silence, learned from subtitles.
SUBTITLES = re.compile(
    r"^(?:thanks?(?: you)?(?: so much| very much)? for (?:watching|listening)(?: (?:and|to) .*)?"
    r"|(?:please )?(?:like and )?subscribe\b.*|see you (?:in the )?next (?:time|video)|to be continued"
    r"|(?:subtitles|captions|transcri(?:bed|ption)) by .*|[\W_]*|(?:www|https?)\b.*)$"
)


@dataclass(frozen=True)
class Phrase:
    """A run of words and how sure the recogniser was of it: mean log probability, chance of no speech."""

    words: tuple[Word, ...]
    logprob: float
    no_speech: float

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)

    @property
    def sureness(self) -> float:
        return sum(word.probability for word in self.words) / max(1, len(self.words))


def recognise(model: Any, samples: Any, passages: Sequence[Span], *, careful: bool = False) -> list[Phrase]:
    """What is said in these passages of a channel, heard as one; `careful` costs twice the time."""
    import numpy as np  # noqa: PLC0415

    if not passages:
        return []
    cut = [samples[int(part.start * RATE) : int(part.end * RATE)] for part in passages]
    heard, _ = model.transcribe(
        np.concatenate(cut),
        language="en",
        beam_size=5 if careful else 1,
        temperature=TEMPERATURES[0] if careful else TEMPERATURES,
        condition_on_previous_text=False,
        word_timestamps=True,
    )
    return [
        Phrase(_words(part.words or (), passages), part.avg_logprob, part.no_speech_prob) for part in heard
    ]


def believable(
    phrases: Iterable[Phrase], voiced: Sequence[Span], *, least_sure: float = LEAST_SURE
) -> list[Word]:
    """The words that rest on a voice and that the recogniser did not merely guess, loops cut."""
    kept = [
        phrase for phrase in phrases if phrase.sureness >= least_sure and not _is_invented(phrase, voiced)
    ]
    words = sorted((word for phrase in kept for word in phrase.words), key=lambda word: word.start)
    return without_loops(words)


def without_loops(words: Sequence[Word]) -> list[Word]:
    """Words in order; a run that is repeated more often than people do is kept once."""
    plain = [re.sub(r"\W", "", word.text).lower() for word in words]
    kept: list[Word] = []
    at = 0
    while at < len(words):
        size, times = _loop(plain, at)
        kept += words[at : at + size]
        at += size * times
    return kept


def _loop(plain: Sequence[str], at: int) -> tuple[int, int]:
    """Length and number of repeats of the run that starts here, (1, 1) where nothing is repeated too often."""
    for size in range(1, LONGEST_LOOP + 1):
        run, times = plain[at : at + size], 1
        while plain[at + times * size : at + (times + 1) * size] == run:
            times += 1
        if times > 1 and times >= LOOPS.get(size, MOST_REPEATS):
            return size, times
    return 1, 1


def _is_invented(phrase: Phrase, voiced: Sequence[Span]) -> bool:
    if SUBTITLES.match(phrase.text.lower().strip(" .!")):
        return True
    if phrase.logprob < GUESSED or (phrase.no_speech > NO_SPEECH and phrase.logprob < UNSURE):
        return True
    return not any(
        word.start < span.end + 0.2 and span.start - 0.2 < word.end
        for word in phrase.words
        for span in voiced
    )


def _words(heard: Iterable[Any], passages: Sequence[Span]) -> tuple[Word, ...]:
    """Words with times of the channel. A piece without a space before it belongs to the word before."""
    found: list[Word] = []
    for piece in heard:
        start, end = _placed(float(piece.start), float(piece.end), passages)
        text, sure = str(piece.word).strip(), round(float(piece.probability), 2)
        if found and not str(piece.word).startswith(" "):
            before = found.pop()
            found.append(
                Word(
                    before.start,
                    max(before.end, end),
                    before.text + text,
                    min(before.probability, sure),
                )
            )
        elif text:
            found.append(Word(start, end, text, sure))
    return tuple(found)


def _placed(start: float, end: float, passages: Sequence[Span]) -> tuple[float, float]:
    """From time in the joined passages to time in the channel; a word lies in the passage of its middle."""
    middle, before = (start + end) / 2, 0.0
    for part in passages:
        if middle <= before + part.seconds or part is passages[-1]:
            begin = min(part.end, max(part.start, part.start + start - before))
            return round(begin, 2), round(max(begin, min(part.end, part.start + end - before)), 2)
        before += part.seconds
    raise AssertionError("no passages")
