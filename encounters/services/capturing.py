"""Recordings that a browser makes and sends while it makes them.

A capture is a recording of source "browser". The browser starts a new segment whenever it starts its recorder anew (a
reload, a crash, a device that went away); each segment is a file of its own, sent as slices numbered from 0. A slice
may arrive at any time and as often as the sender likes: its row is the receipt, its hash says whether it is the same.
The bytes of a segment mean nothing before the capture is finished (encounters.services.capture_finishing).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from consent.audit import Acting
from encounters.audio.errors import UnusableAudio
from encounters.audio.formats import HEAD_SIZE, identify
from encounters.audio.probe import check_size
from encounters.audio.store import (
    StoredSlice,
    delete_slice,
    new_storage_key,
    slice_aad,
    unwrap_key,
    write_slice,
)
from encounters.models import Encounter, Recording, RecordingPart, RecordingSlice, User
from encounters.services.permission import ask_gate_again
from encounters.services.recordings import recording_begin
from encounters.services.slices import FIRST_PART, exactly, over
from encounters.services.uploads import Unusable, UploadProblem
from encounters.states import RecordingState

SLICE_SECONDS = 5
# A computer that slept may hand over minutes at once; senders split what is larger.
LARGEST_SLICE = 16 * 1024 * 1024
MOST_SEGMENTS = 1000
MOST_SLICES = 20_000


@dataclass(frozen=True, slots=True)
class SentSlice:
    """A slice as its sender describes it: its place, its length in bytes, and the SHA-256 of its bytes in hex."""

    segment: int
    number: int
    length: int
    sha256: str


def capture_begin(*, encounter: Encounter, actor: User) -> Recording:
    """The capture that this person has open in this visit, or a new one. Raises what `recording_begin` raises."""
    return recording_begin(
        encounter=encounter,
        actor=actor,
        declared_bytes=None,
        fingerprint=hashlib.sha256(f"capture by {actor.pk}".encode()).hexdigest(),
        source=Recording.Source.BROWSER,
    )


def device_key(recording: Recording) -> bytes:
    """The key (AES-256) under which the browser keeps slices on its machine.

    It is never stored there, so whoever finds the slices needs a session of the person who recorded; and it ends with
    the recording's own key, from which it is derived.
    """
    return hmac.digest(
        unwrap_key(bytes(recording.wrapped_key), recording.pk), b"slices in the browser", "sha256"
    )


def received(recording: Recording) -> dict[int, dict[int, str]]:
    """What is here: segment → slice number → SHA-256 in hex, in order."""
    found: dict[int, dict[int, str]] = {}
    rows = RecordingSlice.objects.filter(part__recording=recording).order_by("part__number", "number")
    for part, number, sha256 in rows.values_list("part__number", "number", "sha256"):
        found.setdefault(part - FIRST_PART, {})[number] = sha256
    return found


def capture_take(*, recording: Recording, sent: SentSlice, chunks: Iterable[bytes], actor: Acting) -> None:
    """Store a slice; returns once it is durable. The same slice again changes nothing.

    Raises UploadOver, GateShut, Unusable (of this slice only), UploadProblem (slice_differs, bad_slice, cut_short,
    altered), and whatever `chunks` raises; nothing is stored then.
    """
    recording.refresh_from_db()
    if recording.state != RecordingState.RECEIVING:
        raise over(recording)
    ask_gate_again(recording, actor)
    if _is_here(recording, sent):
        return
    _check(recording, sent)
    whole = exactly(chunks, sent.length)
    if sent.number == 0:
        whole = _recognised(whole)
    part, _ = recording.parts.get_or_create(number=sent.segment + FIRST_PART)
    key = new_storage_key(recording.pk, part.number, sent.number)
    stored = write_slice(
        storage_key=key,
        key=unwrap_key(bytes(recording.wrapped_key), recording.pk),
        aad=slice_aad(recording.pk, part.number, sent.number),
        chunks=whole,
    )
    _receipt(recording, part, sent, key, stored)


def _is_here(recording: Recording, sent: SentSlice) -> bool:
    known = RecordingSlice.objects.filter(
        part__recording=recording, part__number=sent.segment + FIRST_PART, number=sent.number
    ).values_list("sha256", flat=True)
    if not known:
        return False
    if known[0] == sent.sha256:
        return True
    raise UploadProblem(
        "slice_differs",
        f"Slice {sent.number} of segment {sent.segment} is here already, with other sound. Both are kept as they are.",
        "Go on with a new segment.",
        status=409,
    )


def _check(recording: Recording, sent: SentSlice) -> None:
    if sent.segment >= MOST_SEGMENTS or sent.number >= MOST_SLICES or sent.length < 1:
        raise UploadProblem(
            "bad_slice",
            "This piece doesn't fit a recording.",
            "Finish the recording and begin another.",
            status=400,
        )
    if sent.length > LARGEST_SLICE:
        raise UploadProblem(
            "bad_slice",
            f"A piece may have {LARGEST_SLICE} bytes at most.",
            "Send it in smaller ones.",
            status=413,
        )
    try:
        check_size(recording.bytes + sent.length)
    except UnusableAudio as found:
        raise Unusable(found) from None


def _recognised(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The chunks again, once they are known to begin a file. Other segments are not touched by what this one is."""
    head: list[bytes] = []
    for chunk in chunks:
        head.append(chunk)
        if sum(map(len, head)) >= HEAD_SIZE:
            break
    try:
        identify(b"".join(head)[:HEAD_SIZE])
    except UnusableAudio as found:
        raise Unusable(found) from None
    return chain(head, chunks)


def _receipt(
    recording: Recording, part: RecordingPart, sent: SentSlice, key: str, stored: StoredSlice
) -> None:
    """Count the stored slice, unless it is not what was announced, the capture is over, or it came twice at once."""
    if stored.sha256 != sent.sha256:
        delete_slice(key)
        raise UploadProblem("altered", "The piece was altered on its way.", "Send it again.", status=400)
    try:
        with transaction.atomic():
            receiving = Recording.objects.filter(pk=recording.pk, state=RecordingState.RECEIVING)
            counted = receiving.update(bytes=F("bytes") + stored.size, touched_at=timezone.now())
            if counted:
                RecordingSlice.objects.create(
                    part=part, number=sent.number, bytes=stored.size, sha256=stored.sha256, storage_key=key
                )
                RecordingPart.objects.filter(pk=part.pk).update(bytes=F("bytes") + stored.size)
    except IntegrityError:
        delete_slice(key)
        if not _is_here(recording, sent):
            raise
        return
    except BaseException:
        delete_slice(key)
        raise
    if not counted:
        delete_slice(key)
        recording.refresh_from_db()
        raise over(recording)
