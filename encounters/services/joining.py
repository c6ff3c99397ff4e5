"""Recordings that come in several parts: put together, or begun anew."""

from __future__ import annotations

from contextlib import ExitStack, suppress

from django.db import transaction

from consent.audit import Acting
from encounters.audio.errors import UnusableAudio
from encounters.audio.joining import join
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
from encounters.services.reading import open_part
from encounters.services.slices import over, refuse
from encounters.states import RecordingState


class _Writer:
    """Seals what is written to it, slice by slice, as a part that no row knows of yet."""

    def __init__(self, recording: Recording, number: int) -> None:
        self.number = number
        self.stored: list[tuple[str, StoredSlice]] = []
        self._recording = recording
        self._key = unwrap_key(bytes(recording.wrapped_key), recording.pk)
        self._held = bytearray()

    def take(self, data: bytes) -> None:
        self._held += data
        while len(self._held) >= SLICE_SIZE:
            self._seal(bytes(self._held[:SLICE_SIZE]))
            del self._held[:SLICE_SIZE]

    def close(self) -> None:
        if self._held:
            self._seal(bytes(self._held))
            self._held.clear()

    def forget(self) -> None:
        for key, _ in self.stored:
            delete_slice(key)

    def _seal(self, data: bytes) -> None:
        pk, place = self._recording.pk, len(self.stored)
        key = new_storage_key(pk, self.number, place)
        aad = slice_aad(pk, self.number, place)
        self.stored.append((key, write_slice(storage_key=key, key=self._key, aad=aad, chunks=[data])))


def recording_join(recording: Recording, actor: Acting) -> None:
    """Make one part of several, in their order; nothing happens to a recording in one part.

    Raises Unusable (the recording is then rejected), and UploadOver where it ended meanwhile.
    """
    parts = list(recording.parts.filter(bytes__gt=0).order_by("number"))
    if len(parts) < 2:
        return
    writer = _Writer(recording, parts[-1].number + 1)
    try:
        with ExitStack() as opened:
            sources = [opened.enter_context(open_part(recording, part)) for part in parts]
            join(sources, writer.take)
        writer.close()
        old = _replace(recording, writer)
    except UnusableAudio as found:
        writer.forget()
        raise refuse(recording, found, actor) from None
    except BaseException:
        writer.forget()
        raise
    for key in old:
        delete_slice(key)


def recording_rewind(recording: Recording) -> None:
    """Forget what was received so far, so that the sender can begin again. Raises UploadOver if it is past that."""
    with transaction.atomic():
        receiving = Recording.objects.filter(pk=recording.pk, state=RecordingState.RECEIVING)
        if not receiving.update(bytes=0):
            recording.refresh_from_db()
            raise over(recording)
        slices = RecordingSlice.objects.filter(part__recording=recording)
        old = list(slices.values_list("storage_key", flat=True))
        recording.parts.all().delete()
    recording.refresh_from_db()
    for key in old:
        with suppress(OSError):
            delete_slice(key)


def _replace(recording: Recording, writer: _Writer) -> list[str]:
    """Put the joined part in the place of the others, if those still stand; returns the objects to delete."""
    total = sum(stored.size for _, stored in writer.stored)
    with transaction.atomic():
        standing = Recording.objects.filter(
            pk=recording.pk, state=RecordingState.RECEIVING, bytes=recording.bytes
        )
        if not standing.update(bytes=total):
            recording.refresh_from_db()
            raise over(recording)
        old = list(
            RecordingSlice.objects.filter(part__recording=recording).values_list("storage_key", flat=True)
        )
        recording.parts.all().delete()
        part = RecordingPart.objects.create(recording=recording, number=writer.number, bytes=total)
        RecordingSlice.objects.bulk_create(
            RecordingSlice(part=part, number=place, bytes=stored.size, sha256=stored.sha256, storage_key=key)
            for place, (key, stored) in enumerate(writer.stored)
        )
    recording.bytes = total
    return old
