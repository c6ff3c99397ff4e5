"""English or not. The base model hears 99 languages and would write any of them down as English."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from notes.soapnoteapi.sandbox.errors import JobFailed
from notes.soapnoteapi.sandbox.hearing.audio import RATE
from notes.soapnoteapi.sandbox.hearing.recogniser import Phrase
from notes.soapnoteapi.sandbox.hearing.voice import Span

FOREIGN = 0.6
ENGLISH = 0.25
# The same for a passage of an English recording, which is short; only what the recogniser is unsure of is asked.
FOREIGN_PASSAGE = 0.4
ENGLISH_PASSAGE = 0.1
DOUBTFUL = 0.7
AT_LEAST_SECONDS = 1.5


def require_english(model: Any, samples: Any, voiced: Sequence[Span]) -> None:
    """Raise `JobFailed` where the first minute of voice is clearly something else."""
    language, probability, english = _language(model, _cut(samples, voiced), pieces=2)
    if language != "en" and probability >= FOREIGN and english < ENGLISH:
        raise JobFailed("LANGUAGE_NOT_SUPPORTED", "The recording does not seem to be in English.")


def is_doubtful(phrase: Phrase) -> bool:
    return phrase.sureness < DOUBTFUL


def is_foreign(model: Any, samples: Any, passages: Sequence[Span]) -> bool:
    """Whether a passage of an English recording is in another language."""
    if sum(part.seconds for part in passages) < AT_LEAST_SECONDS:
        return False
    language, probability, english = _language(model, _cut(samples, passages), pieces=1)
    return language != "en" and probability >= FOREIGN_PASSAGE and english < ENGLISH_PASSAGE


def _cut(samples: Any, spans: Sequence[Span]) -> Any:
    import numpy as np  # noqa: PLC0415

    return np.concatenate([samples[int(part.start * RATE) : int(part.end * RATE)] for part in spans])


def _language(model: Any, samples: Any, *, pieces: int) -> tuple[str, float, float]:
    """The likeliest language with its probability, and that of English."""
    language, probability, all_probabilities = model.detect_language(
        samples, language_detection_segments=pieces
    )
    return str(language), float(probability), float(dict(all_probabilities).get("en", 0.0))
