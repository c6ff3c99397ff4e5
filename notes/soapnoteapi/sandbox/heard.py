"""What a recording adds to the answer: timed words, warnings where something may be missing, doubtful names.

`warnings` are `{"start", "end", "reason", "message"}`, `annotations` `{"heard", "perhaps", "start", "end"}`.
Both stand in the draft as well, in square brackets, because a reader may never see anything else.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from notes.soapnoteapi.sandbox.hearing.medicines import Doubt, marked, within
from notes.soapnoteapi.sandbox.transcript import HearingWarning, Segment
from notes.soapnoteapi.sandbox.writing.placed import Line


def spoken(segment: Segment) -> dict[str, object]:
    """A segment of the transcript as it is answered; typed text has neither times nor `words`."""
    timed = segment.end > 0
    said: dict[str, object] = {
        "speaker": segment.speaker or None,
        "start": round(segment.start, 2) if timed else None,
        "end": round(segment.end, 2) if timed else None,
        "text": segment.text.strip(),
    }
    if segment.words:
        said["words"] = [
            {"start": word.start, "end": word.end, "word": word.text, "probability": word.probability}
            for word in segment.words
        ]
    return said


def reported(warnings: Iterable[HearingWarning], doubts: Iterable[Doubt]) -> dict[str, object]:
    """The keys of the answer that say what may be missing and what was perhaps misheard."""
    return {
        "warnings": [
            {
                "start": warning.start,
                "end": warning.end,
                "reason": warning.reason,
                "message": warning.message,
            }
            for warning in warnings
        ],
        "annotations": [
            {"heard": doubt.heard, "perhaps": doubt.perhaps, "start": doubt.start, "end": doubt.end}
            for doubt in doubts
        ],
    }


def with_doubts(lines: Iterable[Line], doubts: Sequence[Doubt]) -> list[Line]:
    """Lines with each doubtful name marked; the sentences they rest on stay as they were heard."""
    return [
        replace(line, text=marked(line.text, [d for said in line.sources for d in within(said, doubts)]))
        for line in lines
    ]


def with_warnings(section: str, warnings: Iterable[HearingWarning]) -> str:
    """A section with the warnings above it."""
    above = [f"[Sandbox: {warning.message}]" for warning in warnings]
    return "\n".join([*above, *([section] if section else [])])
