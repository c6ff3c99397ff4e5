"""What was said: words and segments as heard, sentences as arranged, and what the hearing is unsure of."""

from __future__ import annotations

from dataclasses import dataclass

PROVIDER = "provider"
PATIENT = "patient"

PASSAGE_MAY_BE_MISSING = "passage_may_be_missing"
OTHER_LANGUAGE = "other_language"
ONE_SIDE_SILENT = "one_side_silent"


@dataclass(frozen=True)
class Word:
    """One word with its punctuation; times in seconds from the start of the recording."""

    start: float
    end: float
    text: str
    probability: float


@dataclass(frozen=True)
class Segment:
    """A run of speech; times in seconds from the start of the recording.

    `speaker` is "provider" or "patient" where the recording has a channel for each, a label of the writer's in
    typed text, and empty where nobody knows. Typed text has no `words`; those of a recording, joined by spaces,
    are `text`.
    """

    start: float
    end: float
    text: str
    speaker: str = ""
    words: tuple[Word, ...] = ()


@dataclass(frozen=True)
class HearingWarning:
    """Something the reader must know about the stretch from `start` to `end`, in seconds.

    `reason` is `PASSAGE_MAY_BE_MISSING`, `OTHER_LANGUAGE` or `ONE_SIDE_SILENT`.
    """

    start: float
    end: float
    reason: str

    @property
    def message(self) -> str:
        """The warning in words, ready for a note."""
        if self.reason == ONE_SIDE_SILENT:
            return (
                "One channel of the recording is silent: one person may be missing. Listen to the recording."
            )
        when = f"from {clock(self.start)} to {clock(self.end)}"
        if self.reason == OTHER_LANGUAGE:
            return f"A passage {when} is not in English and was left out. Listen to the recording."
        return f"A passage {when} may be missing. Listen to the recording."


@dataclass(frozen=True)
class Transcript:
    """`warnings` are in the order of their start."""

    segments: tuple[Segment, ...]
    seconds: float
    warnings: tuple[HearingWarning, ...] = ()

    @property
    def text(self) -> str:
        return " ".join(segment.text for segment in self.segments)


@dataclass(frozen=True)
class Sentence:
    """One sentence, verbatim. Typed text has no times; `heading` is a section the writer named.

    `words` are those of the recording, with their times; empty for typed text.
    """

    text: str
    speaker: str = ""
    start: float | None = None
    end: float | None = None
    heading: str = ""
    words: tuple[Word, ...] = ()


def clock(seconds: float) -> str:
    """2:05, or 1:02:05 from the first hour on."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
