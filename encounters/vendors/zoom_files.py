"""Which of a Zoom meeting's files is its sound.

A pause leaves one file; each stop and start begins another set of files (audio, video, chat, transcript), alike in
``recording_start``. "Record an audio only file" is a setting of the Zoom account. Without it the sound is in the video.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from encounters.vendors.protocol import Found


@dataclass(frozen=True)
class ZoomFile:
    id: str
    kind: str
    type: str
    start: datetime | None
    end: datetime | None
    bytes: int
    ready: bool


def files_of(meeting: Mapping[str, Any]) -> list[ZoomFile]:
    """Everything of the meeting that holds what was said, transcripts and each participant's own audio included."""
    return [*_files(meeting, "recording_files"), *_files(meeting, "participant_audio_files")]


def sound_of(meeting: Mapping[str, Any]) -> list[ZoomFile]:
    """One file for each stretch that was recorded, in order; empty while Zoom still works on any of them."""
    files = _files(meeting, "recording_files")
    if not all(each.ready for each in files):
        return []
    for wanted in (_audio_only, _audio, _video):
        if found := [each for each in files if wanted(each)]:
            return _one_each(found)
    return []


def found_in(meeting: Mapping[str, Any]) -> tuple[Found, ...]:
    """The sound, in the words of the services. Zoom hands over a meeting's files all at once, when it has ended."""
    uuid = text(meeting, "uuid")
    return tuple(
        Found(
            id=each.id,
            started_at=each.start,
            position=position,
            duration=(each.end - each.start).total_seconds() if each.start and each.end else None,
            bytes=each.bytes or None,
            media_type="video/mp4" if _video(each) else "audio/mp4",
            locator={"meeting": uuid},
        )
        for position, each in enumerate(sound_of(meeting))
    )


def moment(value: object) -> datetime | None:
    """Zoom writes times as ISO 8601, and ``event_ts`` as milliseconds."""
    try:
        if isinstance(value, int) and not isinstance(value, bool):
            return datetime.fromtimestamp(value / 1000, tz=UTC)
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
    except (ValueError, OverflowError, OSError):
        return None
    return at.replace(tzinfo=UTC) if at and at.tzinfo is None else at


def text(content: Mapping[str, Any], key: str) -> str:
    """A text or a whole number as text: the same number comes as either."""
    value = content.get(key)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) else ""


def part(content: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """A nested object; an empty one where there is none."""
    value = content.get(key)
    return value if isinstance(value, Mapping) else {}


def _files(meeting: Mapping[str, Any], key: str) -> list[ZoomFile]:
    listed = meeting.get(key)
    entries = listed if isinstance(listed, list) else []
    return [_file(entry) for entry in entries if isinstance(entry, Mapping) and text(entry, "id")]


def _file(entry: Mapping[str, Any]) -> ZoomFile:
    size = text(entry, "file_size")
    return ZoomFile(
        id=text(entry, "id"),
        kind=text(entry, "file_type").upper(),
        type=text(entry, "recording_type"),
        start=moment(entry.get("recording_start")),
        end=moment(entry.get("recording_end")),
        bytes=int(size) if size.isdecimal() else 0,
        ready=text(entry, "status") in {"", "completed"},
    )


def _audio_only(file: ZoomFile) -> bool:
    return file.type == "audio_only"


def _audio(file: ZoomFile) -> bool:
    return file.kind == "M4A"


def _video(file: ZoomFile) -> bool:
    return file.kind == "MP4"


def _one_each(files: Iterable[ZoomFile]) -> list[ZoomFile]:
    """Of files that began together, the smallest: views of the same stretch differ in their pictures only."""
    smallest: dict[datetime | None, ZoomFile] = {}
    for each in sorted(files, key=lambda file: file.bytes):
        smallest.setdefault(each.start, each)
    return sorted(smallest.values(), key=lambda file: file.start.timestamp() if file.start else math.inf)
