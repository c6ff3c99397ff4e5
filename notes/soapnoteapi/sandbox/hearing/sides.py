"""Which side of a stereo recording is whose: the left one the provider's, unless the words clearly say otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from notes.soapnoteapi.sandbox.sentences import from_segments
from notes.soapnoteapi.sandbox.transcript import PATIENT, PROVIDER, Segment
from notes.soapnoteapi.sandbox.writing.roles import with_roles

OTHER = {PROVIDER: PATIENT, PATIENT: PROVIDER}
# Labels that tell nothing, so that only the words do.
NEUTRAL = {PROVIDER: "speaker 1", PATIENT: "speaker 2"}


def seated(segments: Sequence[Segment]) -> tuple[Segment, ...]:
    """The segments, the two speakers exchanged where all that each says sounds like the other's part."""
    if {segment.speaker for segment in segments} != set(NEUTRAL):
        return tuple(segments)
    said = with_roles(
        [replace(sentence, speaker=NEUTRAL[sentence.speaker]) for sentence in from_segments(segments)]
    )
    sounding = {one.sentence.speaker: one.role for one in said}
    if all(sounding.get(NEUTRAL[speaker]) == OTHER[speaker] for speaker in NEUTRAL):
        return tuple(replace(segment, speaker=OTHER[segment.speaker]) for segment in segments)
    return tuple(segments)
