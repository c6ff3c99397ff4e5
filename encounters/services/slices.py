"""Taking in the bytes of a recording, slice by slice, each sealed before it counts.

A row per slice is the receipt. `Recording.bytes` is the place where the upload stands and moves only from the value
that the writer saw, so two senders of the same file can't both place the same bytes. Being killed at any line
leaves at most an object without a row, which is deleted together with the recording.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import accumulate, chain

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from consent.audit import Acting
from consent.transitions import StaleState
from encounters.audio.errors import UnusableAudio
from encounters.audio.formats import HEAD_SIZE, identify
from encounters.audio.probe import check_size
from encounters.audio.store import (
    SLICE_SIZE,
    StoredSlice,
    delete_slice,
    new_storage_key,
    slice_aad,
    unwrap_key,
    write_slice,
)
from encounters.models import Recording, RecordingPart, RecordingSlice
from encounters.services.erasing import recording_reject
from encounters.services.permission import ask_gate_again
from encounters.services.uploads import Unusable, UploadOver, UploadProblem, WrongOffset
from encounters.states import TAKEN, RecordingState

FIRST_PART = 1


def recording_append(
    *,
    recording: Recording,
    offset: int,
    length: int,
    chunks: Iterable[bytes],
    actor: Acting,
    part_number: int = FIRST_PART,
) -> int:
    """Store the next slice (`length` bytes, at most SLICE_SIZE) and return where the upload then stands.

    `offset` counts over all parts, which are sent one after the other; a part that is not there yet is begun.

    A slice that is stored already is compared and accepted again. Raises WrongOffset, UploadOver, GateShut, Unusable
    (the upload is then over), UploadProblem (bad_slice, file_changed), and whatever `chunks` raises; short `chunks`
    store nothing.
    """
    recording.refresh_from_db()
    if recording.state != RecordingState.RECEIVING:
        raise over(recording)
    ask_gate_again(recording, actor)
    whole = exactly(chunks, length)
    if offset < recording.bytes:
        return _compare(recording, offset, length, whole, actor)
    if offset > recording.bytes:
        raise WrongOffset(recording.bytes)
    _check_slice(recording, offset, length, actor)
    part, _ = recording.parts.get_or_create(number=part_number)
    if not part.bytes:
        whole = _recognised(recording, whole, actor)
    number = part.slices.count()
    key = new_storage_key(recording.pk, part.number, number)
    stored = write_slice(
        storage_key=key,
        key=unwrap_key(bytes(recording.wrapped_key), recording.pk),
        aad=slice_aad(recording.pk, part.number, number),
        chunks=whole,
    )
    return _receipt(recording, part, number, key, stored)


def _check_slice(recording: Recording, offset: int, length: int, actor: Acting) -> None:
    declared = recording.declared_bytes
    if not 0 < length <= SLICE_SIZE or (declared and offset + length > declared):
        raise UploadProblem(
            "bad_slice", "These bytes don't fit the upload.", "Choose the file again.", status=400
        )
    if offset == 0 and declared and length < min(HEAD_SIZE, declared):
        raise UploadProblem(
            "bad_slice", "The first piece is too small to recognise.", "Send a larger one.", status=400
        )
    try:
        check_size(offset + length)
    except UnusableAudio as found:
        raise refuse(recording, found, actor) from None


def _recognised(recording: Recording, chunks: Iterator[bytes], actor: Acting) -> Iterator[bytes]:
    """The chunks again, once their beginning has been recognised as audio."""
    head: list[bytes] = []
    size = 0
    for chunk in chunks:
        head.append(chunk)
        size += len(chunk)
        if size >= HEAD_SIZE:
            break
    try:
        identify(b"".join(head)[:HEAD_SIZE])
    except UnusableAudio as found:
        raise refuse(recording, found, actor) from None
    return chain(head, chunks)


def refuse(recording: Recording, found: UnusableAudio, actor: Acting) -> Unusable:
    """Reject the recording for what was found in it; returns what to raise."""
    with suppress(StaleState):  # another tab sent the same and was told first
        recording_reject(recording=recording, code=found.code, problem=found.message, actor=actor)
    return Unusable(found)


def _receipt(recording: Recording, part: RecordingPart, number: int, key: str, stored: StoredSlice) -> int:
    """Count the stored slice, unless somebody else placed one there meanwhile or the upload is over."""
    try:
        with transaction.atomic():
            stands = Recording.objects.filter(
                pk=recording.pk, state=RecordingState.RECEIVING, bytes=recording.bytes
            )
            won = stands.update(bytes=F("bytes") + stored.size, touched_at=timezone.now())
            if won:
                RecordingSlice.objects.create(
                    part=part, number=number, bytes=stored.size, sha256=stored.sha256, storage_key=key
                )
                RecordingPart.objects.filter(pk=part.pk).update(bytes=F("bytes") + stored.size)
    except BaseException:
        delete_slice(key)
        raise
    if not won:
        delete_slice(key)
        return _after_lost_race(recording, part, number, stored)
    recording.bytes += stored.size
    return recording.bytes


def _after_lost_race(recording: Recording, part: RecordingPart, number: int, stored: StoredSlice) -> int:
    recording.refresh_from_db()
    if recording.state != RecordingState.RECEIVING:
        raise over(recording)
    if part.slices.filter(number=number, sha256=stored.sha256).exists():
        return recording.bytes
    raise WrongOffset(recording.bytes)


def _compare(recording: Recording, offset: int, length: int, chunks: Iterator[bytes], actor: Acting) -> int:
    """Accept a slice that was sent before; other bytes at its place mean that the file is another one now."""
    pieces = list(RecordingSlice.objects.filter(part__recording=recording).order_by("part__number", "number"))
    starts = dict(zip(accumulate([0, *(piece.bytes for piece in pieces)]), pieces, strict=False))
    known = starts.get(offset)
    if known is None or known.bytes != length:
        raise WrongOffset(recording.bytes)
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(chunk)
    if digest.hexdigest() == known.sha256:
        return recording.bytes
    changed = "The file changed while it was being sent, so what had arrived was deleted. Choose it again."
    with suppress(StaleState):
        recording_reject(recording=recording, code="file_changed", problem=changed, actor=actor)
    raise UploadProblem("file_changed", changed, status=409)


def exactly(chunks: Iterable[bytes], length: int) -> Iterator[bytes]:
    """The chunks; raises UploadProblem if they end early, so that nothing is stored of a cut connection."""
    seen = 0
    for chunk in chunks:
        seen += len(chunk)
        yield chunk
    if seen != length:
        raise UploadProblem(
            "cut_short", "The connection ended early; what was stored before is kept.", status=400
        )


def over(recording: Recording) -> UploadProblem:
    if recording.state in TAKEN:
        return UploadOver(
            "The recording has been received completely.", "Open the encounter to see its progress."
        )
    if recording.problem:
        return UploadOver(recording.problem, "")
    return UploadOver("This upload was deleted.", "Choose the file again to start over.")
