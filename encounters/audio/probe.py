"""Measure a recording by reading it through: format, length, channels, codec; and hold it to the limits.

The length is found by demuxing, never taken from a header: what MediaRecorder writes carries none. Only
the demuxer of the format that the first bytes show is used, so that no file can be read as a playlist.
Memory does not grow with the length of the recording.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import av
import av.error
from av.stream import Disposition
from django.conf import settings

from encounters.audio.errors import UnusableAudio
from encounters.audio.formats import HEAD_SIZE, M4A, MP3, MP4, WAV, AudioFormat, identify

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import InputContainer

    from config.crypto.stream import SeekableSource

# Packets that may fail to decode before the whole file counts as damaged.
_DECODE_ATTEMPTS = 64
_EXPORT_AGAIN = "Play it to check it, save or export it again, and upload it again."


@dataclass(frozen=True, slots=True)
class Probe:
    """What a recording is. `complete` is False when its end is missing or can't be read; the duration is
    then that of what is there.
    """

    format: AudioFormat
    duration_seconds: float
    channels: int
    sample_rate: int
    codec: str
    complete: bool = True


@dataclass(frozen=True, slots=True)
class _Reach:
    """How far demuxing came: seconds, whether a frame was decoded, whether it ended without an error."""

    seconds: float
    decoded: bool
    ended_well: bool


def probe(fileobj: SeekableSource) -> Probe:
    """Measure the recording in a seekable binary file; leaves its position anywhere.

    Raises UnusableAudio with one of the codes empty, not_audio, not_accepted, no_audio_track, no_channels,
    unsupported_codec, truncated, damaged. Errors of the file object itself pass through.
    """
    fileobj.seek(0)
    head = _read(fileobj, HEAD_SIZE)
    found = identify(head)
    size = fileobj.seek(0, io.SEEK_END)
    fileobj.seek(0)
    try:
        with av.open(fileobj, mode="r", format=found.demuxer, metadata_errors="replace") as container:
            measured = _measure(container, found)
            trusted = found is not MP3 or b"Xing" in head or b"Info" in head
            declared = (container.duration or 0) / av.time_base if trusted else 0
    except (av.error.FFmpegError, UnicodeError):
        raise _unreadable(fileobj, found) from None
    cut = found is WAV and _riff_size(head) > size
    if cut or measured.duration_seconds < declared - max(1.0, declared / 100):
        return replace(measured, complete=False)
    return measured


def check_size(size: int) -> None:
    """Refuse what is too large before anything is read or stored."""
    if size > settings.AUDIO_MAX_BYTES:
        raise UnusableAudio(
            "too_large",
            f"The recording has {_megabytes(size)}; at most {_megabytes(settings.AUDIO_MAX_BYTES)} can be "
            "transcribed. Export it as MP3 or M4A, which needs far less room for speech.",
        )


def check_limits(measured: Probe, size: int) -> tuple[str, ...]:
    """Hold a recording to the limits of settings; returns what the sender should know about a usable one.

    Raises UnusableAudio with one of the codes too_large, too_short, too_long.
    """
    check_size(size)
    seconds = measured.duration_seconds
    if seconds < settings.AUDIO_MIN_SECONDS:
        raise UnusableAudio(
            "too_short",
            f"The recording lasts {seconds:.1f} seconds; at least {settings.AUDIO_MIN_SECONDS} are needed. "
            "Choose the full recording of the visit, or type what was said.",
        )
    if seconds > settings.AUDIO_MAX_SECONDS:
        raise UnusableAudio(
            "too_long",
            f"The recording lasts {_hours(seconds)}; at most {_hours(settings.AUDIO_MAX_SECONDS)} can be "
            "transcribed at once. Cut it to the visit itself, and upload that.",
        )
    notices = []
    if not measured.complete:
        notices.append(
            f"The end of the recording is missing. The {_hours(seconds)} that arrived are used; "
            "compare the note with what you remember, or upload the whole recording."
        )
    if size > settings.AUDIO_WARN_BYTES:
        notices.append(f"The recording has {_megabytes(size)}, so sending it takes longer than usual.")
    return tuple(notices)


def _measure(container: InputContainer, found: AudioFormat) -> Probe:
    if not container.streams.audio:
        raise UnusableAudio(
            "no_audio_track",
            "The file holds no sound. Check that the microphone was recorded, and choose that recording.",
        )
    stream = container.streams.audio[0]
    codec: Any = stream.codec_context
    if codec is None:
        raise UnusableAudio(
            "unsupported_codec",
            "The sound in this file is coded in a way that can't be read here. Export it as MP3 or M4A.",
        )
    if codec.channels < 1:
        raise UnusableAudio("no_channels", f"The file says that it has no sound channel. {_EXPORT_AGAIN}")
    reach = _read_through(container, stream)
    if not reach.decoded:
        raise UnusableAudio(
            "damaged", f"The recording is damaged: no sound in it can be read. {_EXPORT_AGAIN}"
        )
    return Probe(
        format=_refined(found, container),
        duration_seconds=reach.seconds,
        channels=codec.channels,
        sample_rate=codec.sample_rate,
        codec=codec.codec.canonical_name,
        complete=reach.ended_well,
    )


def _read_through(container: InputContainer, stream: AudioStream) -> _Reach:
    """Demux every audio packet; decode only until the first frame comes out."""
    start: int | None = None
    end = attempts = 0
    decoded = False
    try:
        for packet in container.demux(stream):
            if not decoded and attempts < _DECODE_ATTEMPTS:
                attempts += 1
                decoded = _decodes(packet)
            if packet.pts is None:
                continue
            start = packet.pts if start is None else min(start, packet.pts)
            end = max(end, packet.pts + (packet.duration or 0))
        ended_well = True
    except av.error.FFmpegError:
        ended_well = False
    seconds = float((end - max(0, start or 0)) * (stream.time_base or 0))
    return _Reach(seconds, decoded, ended_well)


def _decodes(packet: Any) -> bool:
    try:
        return bool(packet.decode())
    except av.error.FFmpegError:
        return False


def _refined(found: AudioFormat, container: InputContainer) -> AudioFormat:
    """MP4 and M4A are told apart by what is inside; a cover picture does not make a video."""
    if found not in {MP4, M4A}:
        return found
    pictures = (
        stream for stream in container.streams.video if not stream.disposition & Disposition.attached_pic
    )
    return MP4 if any(pictures) else M4A


def _unreadable(fileobj: SeekableSource, found: AudioFormat) -> UnusableAudio:
    if found in {MP4, M4A} and not _has_index(fileobj):
        return UnusableAudio(
            "truncated",
            "The end of the file is missing, and an M4A or MP4 can't be read without it. "
            "Wait until it is completely saved or copied, and upload it again.",
        )
    return UnusableAudio("damaged", f"The recording is damaged and can't be read. {_EXPORT_AGAIN}")


def _has_index(fileobj: SeekableSource) -> bool:
    """Whether an MP4 has its "moov" box, whole, among the boxes at its top level."""
    length = int(fileobj.seek(0, io.SEEK_END))
    position = 0
    for _ in range(10_000):
        fileobj.seek(position)
        box = _read(fileobj, 16)
        size = int.from_bytes(box[:4], "big")
        if size == 1:
            size = int.from_bytes(box[8:16], "big")
        if box[4:8] == b"moov":
            return position + size <= length
        if size < 8:
            return False
        position += size
    return False


def _riff_size(head: bytes) -> int:
    """The length in bytes that a WAV header promises; 0 where it makes no promise, as in a live recording."""
    size = int.from_bytes(head[4:8], "little")
    return 0 if size >= 0xFFFFFF00 else size + 8


def _read(fileobj: SeekableSource, size: int) -> bytes:
    data = b""
    while len(data) < size and (more := fileobj.read(size - len(data))):
        data += more
    return data


def _megabytes(size: int) -> str:
    return f"{size / 1024 / 1024:.0f} MB"


def _hours(seconds: float) -> str:
    minutes = round(seconds / 60)
    if minutes < 1:
        return f"{seconds:.0f} s"
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"
