"""Bringing a vendor's bytes into our sealed storage, in constant memory, with the gate asked all the while."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError
from django.utils import timezone

from config.connections import leave_connection_usable
from config.http import Watch
from config.models import Heartbeat
from consent.audit import SYSTEM
from consent.gate import may_record
from consent.transitions import advance
from encounters.audio.errors import UnusableAudio
from encounters.audio.formats import HEAD_SIZE, identify
from encounters.audio.probe import probe
from encounters.audio.store import SLICE_SIZE
from encounters.models import Recording, VendorRecording
from encounters.services.expecting import recording_receive
from encounters.services.finishing import recording_finish
from encounters.services.joining import recording_rewind
from encounters.services.reading import open_part
from encounters.services.slices import recording_append
from encounters.services.video.connections import media_door, vendor_of
from encounters.services.video.found import call_ref, described
from encounters.states import VendorRecordingState
from encounters.vendors.errors import BadMedia
from encounters.vendors.http import fetch
from encounters.vendors.protocol import Found

LEASE = timedelta(seconds=90)
# Vendors give lengths roughly; what was cut short lacks more than that.
_SHORTEST_SHARE = 0.75
_CUT = {"truncated", "damaged"}


class LeaseLost(Exception):
    """Another worker has the recording now."""


@dataclass
class Taking:
    """One try at fetching the files of a recording."""

    recording: Recording
    rows: list[VendorRecording]
    lease: UUID

    def begin(self) -> None:
        """Move everything to where bytes are taken in. Raises GateShut, and StaleState where that is over."""
        recording_receive(recording=self.recording, actor=SYSTEM)
        for row in self.rows:
            if row.state != VendorRecordingState.DOWNLOADING:
                advance(row, VendorRecordingState.DOWNLOADING, actor=SYSTEM)
        self.hold()

    def hold(self) -> None:
        """Keep the lease, and vouch for the worker. Raises LeaseLost."""
        now = timezone.now()
        mine = VendorRecording.objects.filter(
            recording=self.recording, lease=self.lease, state=VendorRecordingState.DOWNLOADING
        )
        if mine.update(lease_until=now + LEASE) != len(self.rows):
            raise LeaseLost
        Heartbeat.objects.filter(name="worker").update(beat_at=now)

    def should_abort(self) -> bool:
        """Asked about once a second: whether everybody still agrees."""
        try:
            self.hold()
            return not may_record(self.recording.encounter).allowed
        except DatabaseError:  # the slice's own transaction will tell
            leave_connection_usable()
            return False


def download_all(taking: Taking) -> None:
    """Every file in order, each a part, and the whole checked and stored.

    Raises VendorError, GateShut, Unusable, UploadProblem, LeaseLost, Aborted.
    """
    if taking.recording.bytes or taking.recording.parts.exists():
        recording_rewind(taking.recording)
    for number, row in enumerate(taking.rows, start=1):
        _check_length(taking, number, _download(taking, row, number))
    recording_finish(recording=taking.recording, actor=SYSTEM)


def _download(taking: Taking, row: VendorRecording, number: int) -> Found:
    """Bring one file in as a part; returns the vendor's description of it."""
    vendor = vendor_of(row.connection)
    found = vendor.describe(described(row), call_ref(row))
    incoming = _Incoming(taking, number)
    answer = fetch(
        vendor,
        vendor.download(found),
        incoming.take,
        media_door=media_door(row.connection),
        max_bytes=settings.AUDIO_MAX_BYTES,
        watch=Watch(should_abort=taking.should_abort),
    )
    announced = answer.headers.get("content-length", "")
    expected = {found.bytes, int(announced) if announced.isdecimal() else None} - {None}
    if expected - {incoming.size}:
        raise BadMedia(f"{vendor.label} sent another number of bytes than it announced.")
    if found.sha256 and not hmac.compare_digest(found.sha256.lower(), incoming.digest.hexdigest()):
        raise BadMedia(f"{vendor.label} sent other bytes than it announced.")
    incoming.close()
    if not incoming.size:
        raise BadMedia(f"{vendor.label} sent an empty file.")
    return found


def _check_length(taking: Taking, number: int, found: Found) -> None:
    """Where the vendor names no size, a file that was cut short shows only by how long it sounds."""
    if found.bytes or not found.duration:
        return
    with open_part(taking.recording, taking.recording.parts.get(number=number)) as reader:
        try:
            seconds = probe(reader).duration_seconds
        except UnusableAudio as unusable:
            if unusable.code not in _CUT:  # anything else will be said when the whole is checked
                return
            seconds = 0.0
    if seconds < found.duration * _SHORTEST_SHARE:
        raise BadMedia("The video vendor sent less than the whole recording.")
    taking.hold()


class _Incoming:
    """Cuts what arrives into slices. Nothing is stored before the first bytes were recognised as a recording."""

    def __init__(self, taking: Taking, number: int) -> None:
        self.size = 0
        self.digest = hashlib.sha256()
        self._taking = taking
        self._number = number
        self._held = bytearray()
        self._recognised = False

    def take(self, data: bytes) -> None:
        self.size += len(data)
        self.digest.update(data)
        self._held += data
        if not self._recognised and len(self._held) >= HEAD_SIZE:
            self._recognise()
        while len(self._held) >= SLICE_SIZE:
            self._store(bytes(self._held[:SLICE_SIZE]))
            del self._held[:SLICE_SIZE]

    def close(self) -> None:
        """Store the rest, once the whole is known to be what was announced."""
        if not self._recognised and self._held:
            self._recognise()
        if self._held:
            self._store(bytes(self._held))
            self._held.clear()

    def _recognise(self) -> None:
        """A web page with status 200 is an answer to a bad token, and may be the recording at the next try."""
        try:
            identify(bytes(self._held[:HEAD_SIZE]))
        except UnusableAudio as found:
            raise BadMedia(
                f"The video vendor sent something else than the recording. {found.message}"
            ) from None
        self._recognised = True

    def _store(self, data: bytes) -> None:
        self._taking.hold()
        recording = self._taking.recording
        recording.bytes = recording_append(
            recording=recording,
            offset=recording.bytes,
            length=len(data),
            chunks=[data],
            actor=SYSTEM,
            part_number=self._number,
        )
