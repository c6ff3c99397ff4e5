from __future__ import annotations

from encounters.audio.store import PlainReader, SliceRef, slice_aad, unwrap_key
from encounters.models import Recording, RecordingPart


def open_recording(recording: Recording) -> PlainReader:
    """The plaintext of a recording, to read and seek in. Only for recordings in one part.

    Raises ValueError for several parts, whose bytes put together would not be a file, and for one whose audio is gone.
    """
    parts = list(recording.parts.order_by("number")[:2])
    if len(parts) > 1:
        raise ValueError("A recording in several parts has to be joined before it can be read as one file.")
    if not parts or not recording.wrapped_key:
        raise ValueError("The audio of this recording has been deleted or never arrived.")
    return open_part(recording, parts[0])


def open_part(recording: Recording, part: RecordingPart) -> PlainReader:
    """The plaintext of one part, a file of its own."""
    refs = [
        SliceRef(piece.storage_key, piece.bytes, slice_aad(recording.pk, part.number, piece.number))
        for piece in part.slices.order_by("number")
    ]
    return PlainReader(refs, unwrap_key(bytes(recording.wrapped_key), recording.pk))
