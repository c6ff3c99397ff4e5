"""What the writing hands on: who said what, what belongs together, and the lines of the note."""

from __future__ import annotations

from dataclasses import dataclass

from notes.soapnoteapi.sandbox.transcript import Sentence

SECTIONS = ("subjective", "objective", "assessment", "plan")


@dataclass(frozen=True)
class Said:
    """A sentence and who said it: "provider", "patient" or, where neither is likely, ""."""

    sentence: Sentence
    role: str = ""

    @property
    def text(self) -> str:
        return self.sentence.text


@dataclass(frozen=True)
class Unit:
    """What is kept or left out together: a sentence, or a question with its answer; `added` only completes it."""

    said: tuple[Said, ...]
    added: tuple[Said, ...] = ()

    @property
    def question(self) -> Said | None:
        return self.said[0] if len(self.said) > 1 else None

    @property
    def statement(self) -> Said:
        return self.said[-1]

    @property
    def text(self) -> str:
        return " ".join(said.text for said in (*self.said, *self.added))


@dataclass(frozen=True)
class Line:
    """One line of the note and the sentences it rests on, in the order spoken.

    `heading` names the part of the section ("History of present illness"); "" stands under the section itself.
    """

    section: str
    text: str
    sources: tuple[Sentence, ...]
    heading: str = ""

    @property
    def sentence(self) -> Sentence:
        """What was said last: the statement, or the answer to a question."""
        return self.sources[-1]


@dataclass(frozen=True)
class Draft:
    """The note's lines, section by section, and how many sentences of the dialogue are in none of them."""

    lines: tuple[Line, ...]
    omitted: int
