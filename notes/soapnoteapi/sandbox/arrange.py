"""Which section a sentence belongs to: cue phrases, the question it answers, and what came just before.

Every sentence ends in exactly one section, word for word. Where nothing speaks for another section it stays
under Subjective, small talk included: leaving nothing out comes before tidiness.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from notes.soapnoteapi.sandbox.cues import CUES, GREETING
from notes.soapnoteapi.sandbox.transcript import Sentence

SECTIONS = ("subjective", "objective", "assessment", "plan")
CARRY = 0.7
ANSWER = 2.0
ANSWER_WORDS = 8
GREETING_WORDS = 6
SCORED = 1000  # characters; more is no sentence
REPLY = re.compile(
    r"^(?:yes|yeah|yep|no|nope|okay|ok|sure|right|correct|uh-huh|mm-hmm|not really|i did|i do|i don't)\b",
    re.I,
)


@dataclass(frozen=True)
class Line:
    """One line of the note and the sentence it rests on."""

    section: str
    sentence: Sentence

    @property
    def text(self) -> str:
        said = self.sentence
        return f"{said.speaker}: {said.text}" if said.speaker else said.text


def arrange(sentences: Iterable[Sentence]) -> list[Line]:
    """Each sentence with its section, in the order spoken."""
    lines: list[Line] = []
    for sentence in sentences:
        section = sentence.heading or _section(sentence, lines[-1] if lines else None)
        lines.append(Line(section, sentence))
    return lines


def _section(sentence: Sentence, previous: Line | None) -> str:
    text = (f"{sentence.speaker}: {sentence.text}" if sentence.speaker else sentence.text)[:SCORED]
    if GREETING.search(sentence.text) and len(sentence.text.split()) <= GREETING_WORDS:
        return "subjective"
    scores = {
        section: sum(weight for cue, weight in CUES[section] if cue.search(text)) for section in SECTIONS
    }
    scores["subjective"] += 0.5
    if previous:
        scores[previous.section] += ANSWER if _answers(sentence, previous.sentence) else CARRY
    return max(
        SECTIONS, key=lambda section: (scores[section], previous is not None and section == previous.section)
    )


def _answers(sentence: Sentence, previous: Sentence) -> bool:
    if not previous.text.endswith("?") or sentence.text.endswith("?"):
        return False
    return bool(REPLY.search(sentence.text)) or len(sentence.text.split()) <= ANSWER_WORDS


def render(lines: Iterable[Line], section: str) -> str:
    """The section's text, a sentence a line; an answer without a label stays with its question."""
    paragraphs: list[str] = []
    previous: Sentence | None = None
    for line in lines:
        sentence = line.sentence
        if line.section == section:
            if previous and not sentence.speaker and _answers(sentence, previous):
                paragraphs[-1] += f" {line.text}"
            else:
                paragraphs.append(line.text)
        previous = sentence if line.section == section else None
    return "\n".join(paragraphs)
