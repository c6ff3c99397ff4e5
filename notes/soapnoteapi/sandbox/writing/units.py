"""A question and its short answer belong together; everything else stands for itself."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from notes.soapnoteapi.sandbox.transcript import PATIENT, PROVIDER
from notes.soapnoteapi.sandbox.writing.language import words
from notes.soapnoteapi.sandbox.writing.placed import Said, Unit

SHORT_ANSWER = 7  # words; a longer one says by itself what it is about
REPLY = re.compile(
    r"^\W*(?:(?:yes|yeah|yep|yup|no|nope|nah|okay|ok|sure|right|correct|absolutely|definitely|exactly|true|mm-hmm"
    r"|uh-huh|not|none|never|nothing|neither|both|maybe|sometimes|occasionally|rarely|probably|it does|it is|it did"
    r"|it has|i do|i did|i am|i have|i would|i was)\b)",
    re.IGNORECASE,
)
ASKS = re.compile(
    r"^(?:(?:okay|ok|so|and|alright|all right|now|well|um|uh|but|good|great|yeah|then|right|also|any other)\W+)*"
    r"(?:(?:do|does|did|have|has|had|are|is|was|were|can|could|would|will|any|what|where|when|which|who|how|why"
    r"|anything|ever|tell me|you (?:have|had|said|mentioned|do|did|are|taking|feel))\b)",
    re.IGNORECASE,
)


def asks(said: Said) -> bool:
    """Whether it is a question, by its mark or, where nothing is punctuated, by how it starts."""
    text = said.text.rstrip()
    return text.endswith("?") or (not text.endswith((".", "!")) and bool(ASKS.match(text)))


def units(said: Sequence[Said]) -> Iterator[Unit]:
    index = 0
    while index < len(said):
        here = said[index]
        answer = said[index + 1] if index + 1 < len(said) else None
        if answer is not None and is_answered_by(here, answer):
            yield Unit((here, answer))
            index += 2
        else:
            yield Unit((here,))
            index += 1


def is_answered_by(question: Said, answer: Said) -> bool:
    """Whether `answer` means nothing without `question`: a short reply of the other side."""
    if question.role == PATIENT and answer.role == PROVIDER:
        return False
    if question.role == answer.role and question.role:
        return False
    if not asks(question) or answer.text.rstrip().endswith("?"):
        return False
    return bool(REPLY.match(answer.text)) or len(words(answer.text)) <= SHORT_ANSWER
