"""Recordings that a service sends to us: whole, or piece by piece from where it was interrupted."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from django.core.signing import BadSignature

from consent.audit import SYSTEM
from consent.gate import may_record
from consent.transitions import StaleState, advance
from encounters.audio.store import SLICE_SIZE
from encounters.models import Recording, VendorRecording, VideoConnection
from encounters.services.expecting import recording_receive
from encounters.services.finishing import recording_finish
from encounters.services.joining import recording_rewind
from encounters.services.slices import over, recording_append
from encounters.services.uploads import GateShut, UploadProblem, WrongOffset
from encounters.services.video.inbox import read_inbox
from encounters.services.video.permission import permitted
from encounters.services.video.push_addresses import file_named_by
from encounters.services.video.taking import files_stored
from encounters.states import TAKEN, RecordingState, VendorRecordingState

V = VendorRecordingState


class NobodysFile(UploadProblem):
    """It belongs to no encounter yet; a person may still link it."""

    def __init__(self) -> None:
        super().__init__(
            "not_matched",
            "The recording matches no encounter yet. Nothing was taken in.",
            "Name the encounter, or try again once somebody has linked it.",
            status=409,
        )


def pushed_file(connection: VideoConnection, token: str) -> VendorRecording | None:
    """The file that an upload address names, or None where there is none. Raises NobodysFile."""
    try:
        vendor_id = file_named_by(connection, token)
    except BadSignature:
        return None
    row = _row(connection, vendor_id)
    if row is None or row.call_id is None:  # its announcement may not have been worked off yet
        read_inbox(connection.pk)
        row = _row(connection, vendor_id)
    if row is None or row.recording is None:
        raise NobodysFile
    return row


def standing(row: VendorRecording) -> int:
    """How many bytes of the file are here."""
    recording = row.recording
    assert recording is not None
    return int(row.expected_bytes or 0) if recording.state in TAKEN else recording.bytes


def file_begin_anew(row: VendorRecording) -> None:
    """Forget what came of it, for a sender that starts over. What is stored already stays."""
    recording = row.recording
    assert recording is not None
    if recording.state == RecordingState.RECEIVING and recording.bytes:
        recording_rewind(recording)


def file_receive(row: VendorRecording, *, offset: int, chunks: Iterable[bytes]) -> int:
    """Take in bytes of the file from `offset` on and return how many there are then; the last ones finish it.

    Raises GateShut, WrongOffset, Unusable, UploadOver, UploadProblem (other_bytes: it is then to be sent anew). What
    arrived before the connection broke is kept.
    """
    recording = row.recording
    assert recording is not None
    if recording.state in TAKEN:
        return standing(row)
    if not permitted(recording):
        raise GateShut(may_record(recording.encounter), kept="Nothing was taken in. Delete your copy.")
    _begin(row, recording)
    if offset != recording.bytes:
        raise WrongOffset(recording.bytes)
    for piece in _pieces(chunks):
        recording.bytes = recording_append(
            recording=recording, offset=recording.bytes, length=len(piece), chunks=[piece], actor=SYSTEM
        )
    if recording.bytes == recording.declared_bytes:
        _finish(row, recording)
    return standing(row)


def _begin(row: VendorRecording, recording: Recording) -> None:
    try:
        recording_receive(recording=recording, actor=SYSTEM)
    except StaleState:
        recording.refresh_from_db()
        raise over(recording) from None
    Recording.objects.filter(pk=recording.pk, declared_bytes__isnull=True).update(
        declared_bytes=row.expected_bytes
    )
    recording.refresh_from_db()
    with suppress(StaleState):  # begun before
        advance(row, V.DOWNLOADING, actor=SYSTEM)


def _finish(row: VendorRecording, recording: Recording) -> None:
    try:
        recording_finish(recording=recording, actor=SYSTEM, expected_sha256=row.expected_sha256)
    except UploadProblem as problem:
        if problem.code == "other_bytes":
            recording_rewind(recording)
        raise
    row.refresh_from_db()
    files_stored([row])
    recording.refresh_from_db()


def _pieces(chunks: Iterable[bytes]) -> Iterable[bytes]:
    """The chunks in pieces of our own storage's size."""
    held = bytearray()
    for chunk in chunks:
        held += chunk
        while len(held) >= SLICE_SIZE:
            yield bytes(held[:SLICE_SIZE])
            del held[:SLICE_SIZE]
    if held:
        yield bytes(held)


def _row(connection: VideoConnection, vendor_id: str) -> VendorRecording | None:
    found = VendorRecording.objects.select_related("connection", "call__encounter", "recording__encounter")
    return found.filter(connection=connection, vendor_id=vendor_id, pushed=True).first()
