"""What was said, from a text, a list of segments or an object around either."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from notes.soapnoteapi.reading import line, pick, seconds, text

MOST_SEGMENTS = 50_000

_LISTS = ("segments", "utterances", "turns", "entries", "items", "sentences", "results")
_TEXTS = ("text", "transcript", "content", "utterance", "sentence", "full_text", "value")
_SPEAKERS = ("speaker", "speaker_label", "speaker_name", "speaker_id", "role", "name", "channel")
_STARTS = ("start", "start_time", "start_seconds", "begin", "from", "offset", "timestamp", "time")
_ENDS = ("end", "end_time", "end_seconds", "stop", "to", "until")


@dataclass(frozen=True)
class TranscriptSegment:
    """A stretch of speech; ``speaker`` may be empty, ``start`` and ``end`` are seconds or unknown."""

    speaker: str
    start: float | None
    end: float | None
    text: str


def read_transcript(value: object) -> tuple[TranscriptSegment, ...]:
    """Segments in the order given. A plain text becomes one segment per line, without times."""
    segments: list[TranscriptSegment] = []
    for segment in _walk(value, 0):
        if len(segments) == MOST_SEGMENTS:
            break
        segments.append(segment)
    return tuple(segments)


def _walk(value: object, depth: int) -> Iterator[TranscriptSegment]:
    if depth > 4 or value is None or isinstance(value, bool):
        return
    if isinstance(value, list):
        for entry in value:
            yield from _walk(entry, depth + 1)
    elif isinstance(value, Mapping):
        yield from _object(value, depth)
    else:
        lines = text(value).split("\n")
        yield from (TranscriptSegment("", None, None, words.strip()) for words in lines if words.strip())


def _object(value: Mapping[str, object], depth: int) -> Iterator[TranscriptSegment]:
    nested = pick(value, *_LISTS)
    if isinstance(nested, list | Mapping):
        yield from _walk(nested, depth + 1)
        return
    said = pick(value, *_TEXTS)
    if isinstance(said, list | Mapping):
        yield from _walk(said, depth + 1)
        return
    words = text(said)
    if not words:
        return
    start, end = _time(value, _STARTS), _time(value, _ENDS)
    if start is None and end is None and not pick(value, *_SPEAKERS):
        yield from _walk(words, depth + 1)
        return
    yield TranscriptSegment(line(pick(value, *_SPEAKERS), 80), start, end, words)


def _time(value: Mapping[str, object], names: tuple[str, ...]) -> float | None:
    found = seconds(pick(value, *names))
    if found is not None:
        return found
    milliseconds = seconds(pick(value, *(f"{name}_ms" for name in names)))
    return None if milliseconds is None else milliseconds / 1000
