"""What was said: segments as heard, sentences as arranged."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Segment:
    """A run of speech; times in seconds from the start of the recording."""

    start: float
    end: float
    text: str
    speaker: str = ""


@dataclass(frozen=True)
class Transcript:
    segments: tuple[Segment, ...]
    seconds: float

    @property
    def text(self) -> str:
        return " ".join(segment.text for segment in self.segments)


@dataclass(frozen=True)
class Sentence:
    """One sentence, verbatim. Typed text has no times; `heading` is a section the writer named."""

    text: str
    speaker: str = ""
    start: float | None = None
    end: float | None = None
    heading: str = ""
