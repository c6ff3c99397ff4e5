"""The end of a capture: every slice that the browser made is here, and its segments become one recording.

A slice that is missing in the middle would be lost without any sign of it, since what follows still plays. So the
browser says how many slices each segment has and what they were, and nothing is finished before that is true.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import F

from consent.audit import Acting, record
from encounters.audio.errors import UnusableAudio
from encounters.audio.probe import probe
from encounters.audio.store import delete_slice
from encounters.models import Recording, RecordingPart
from encounters.services.capturing import received
from encounters.services.finishing import recording_finish
from encounters.services.reading import open_part
from encounters.services.slices import over
from encounters.services.uploads import UploadProblem, WrongOffset
from encounters.states import TAKEN, RecordingState

_NAMED_AT_MOST = 100


@dataclass(frozen=True, slots=True)
class Segment:
    """A segment as the browser ended it; `sha256` is `digest_of` its slices, in hex."""

    number: int
    slices: int
    sha256: str
    media_type: str
    milliseconds: int


class SlicesMissing(UploadProblem):
    """Slices that the browser made are not here; `missing` names the first of them as (segment, slice)."""

    def __init__(self, missing: Sequence[tuple[int, int]]) -> None:
        super().__init__(
            "slices_missing",
            f"{len(missing)} pieces of the recording have not arrived yet. What arrived is kept.",
            "Keep this page open until they are sent.",
            status=409,
        )
        self.missing = missing[:_NAMED_AT_MOST]

    def as_data(self) -> dict[str, object]:
        return {**super().as_data(), "missing": [list(each) for each in self.missing]}


def digest_of(slices: Iterable[str]) -> str:
    """The SHA-256 over the hex SHA-256 of each slice in order: known at both ends without reading them again."""
    return hashlib.sha256("".join(slices).encode()).hexdigest()


def capture_finish(
    *, recording: Recording, segments: Sequence[Segment], ended: str, actor: Acting
) -> Recording:
    """Check that all of `segments` is here and nothing else, and store it as one recording.

    A capture that is stored already is returned as it is. `ended` says why the recording stopped. Raises
    SlicesMissing, UploadProblem (slices_differ, nothing_recorded) and what `recording_finish` raises.
    """
    recording.refresh_from_db()
    if recording.state in TAKEN:
        return recording
    if recording.state != RecordingState.RECEIVING:
        raise over(recording)
    _check_whole(recording, segments)
    record(
        "capture.finished",
        actor=actor,
        target=recording,
        data={
            "segments": len(segments),
            "seconds": round(sum(each.milliseconds for each in segments) / 1000, 1),
            "media_types": sorted({each.media_type for each in segments}),
            "ended": ended,
        },
        **recording.audit_context(),
    )
    return recording_finish(recording=recording, actor=actor, notice=leave_out_unreadable(recording, actor))


def _check_whole(recording: Recording, segments: Sequence[Segment]) -> None:
    here = received(recording)
    if not segments:
        raise UploadProblem("nothing_recorded", "Nothing was recorded.", "Record first, then finish.")
    missing = [
        (each.number, number)
        for each in segments
        for number in range(each.slices)
        if number not in here.get(each.number, {})
    ]
    if missing:
        raise SlicesMissing(missing)
    claimed = {each.number: (each.slices, each.sha256) for each in segments}
    if claimed != {number: (len(slices), digest_of(slices.values())) for number, slices in here.items()}:
        raise UploadProblem(
            "slices_differ",
            "What arrived is not what this browser recorded. All of it is kept.",
            "If the visit was recorded on another device too, finish it there or reload this page.",
            status=409,
        )


def leave_out_unreadable(recording: Recording, actor: Acting) -> str:
    """Remove segments that hold no sound where others do: a recorder that was killed as it began leaves one.

    Returns words for the provider, empty if nothing was removed. The only segment stays: it is judged as a whole.
    """
    parts = list(recording.parts.order_by("number"))
    empty = [part for part in parts if not part.bytes]
    unreadable = [
        part
        for part in parts
        if part.bytes and len(parts) - len(empty) > 1 and not _readable(recording, part)
    ]
    if len(unreadable) + len(empty) == len(parts):
        return ""
    for part in [*empty, *unreadable]:
        _remove(recording, part, actor)
    if not unreadable:
        return ""
    return "A short piece of the recording could not be read and was left out. Compare the note with what you remember."


def _readable(recording: Recording, part: RecordingPart) -> bool:
    try:
        with open_part(recording, part) as reader:
            return probe(reader).duration_seconds > 0
    except UnusableAudio:
        return False


def _remove(recording: Recording, part: RecordingPart, actor: Acting) -> None:
    keys = list(part.slices.values_list("storage_key", flat=True))
    with transaction.atomic():
        standing = Recording.objects.filter(
            pk=recording.pk, state=RecordingState.RECEIVING, bytes=recording.bytes
        )
        if not standing.update(bytes=F("bytes") - part.bytes):
            recording.refresh_from_db()
            raise (
                WrongOffset(recording.bytes)
                if recording.state == RecordingState.RECEIVING
                else over(recording)
            )
        if keys:
            data = {"bytes": part.bytes, "slices": len(keys)}
            record(
                "capture.segment_dropped",
                actor=actor,
                target=recording,
                data=data,
                **recording.audit_context(),
            )
        part.delete()
    recording.bytes -= part.bytes
    for key in keys:
        delete_slice(key)
