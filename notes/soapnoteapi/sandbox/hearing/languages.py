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
DOUBTFUL = -0.5
AT_LEAST_SECONDS = 2.0


def require_english(model: Any, samples: Any, voiced: Sequence[Span]) -> None:
    """Raise `JobFailed` where the first minute of voice is clearly something else."""
    import numpy as np  # noqa: PLC0415

    spoken = np.concatenate([samples[int(part.start * RATE) : int(part.end * RATE)] for part in voiced])
    if _is_foreign(model, spoken, pieces=2):
        raise JobFailed("LANGUAGE_NOT_SUPPORTED", "The recording does not seem to be in English.")


def is_foreign(model: Any, samples: Any, phrase: Phrase) -> bool:
    """Whether a phrase that the recogniser was unsure of is in another language than it was written down in."""
    if phrase.logprob > DOUBTFUL or not phrase.words:
        return False
    start, end = phrase.words[0].start, phrase.words[-1].end
    if end - start < AT_LEAST_SECONDS:
        return False
    return _is_foreign(model, samples[int(start * RATE) : int(end * RATE)], pieces=1)


def _is_foreign(model: Any, samples: Any, *, pieces: int) -> bool:
    language, probability, all_probabilities = model.detect_language(
        samples, language_detection_segments=pieces
    )
    english = dict(all_probabilities).get("en", 0.0)
    return bool(language != "en" and probability >= FOREIGN and english < ENGLISH)
