"""Several recordings of one visit, put together in order into one file.

Packets are copied as they are where all parts share a codec that can be streamed into a container (Opus and Vorbis
into WebM, AAC into fragmented MP4). Other mixtures are decoded and encoded once as Opus. Nothing is ever seeked in
the output, so it can be sealed while it is made, and memory does not grow with the length.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import av
import av.error

from encounters.audio.errors import UnusableAudio
from encounters.audio.formats import HEAD_SIZE, identify

if TYPE_CHECKING:
    from av.container import InputContainer

    from config.crypto.stream import SeekableSource

_WEBM = ("webm", {"cluster_time_limit": "5000"})
_FRAGMENTED = ("mp4", {"movflags": "empty_moov+default_base_moof", "frag_duration": "5000000"})
_CONTAINERS = {"opus": _WEBM, "vorbis": _WEBM, "aac": _FRAGMENTED}
_RATE = 48_000


@dataclass(frozen=True)
class _Shape:
    codec: str
    rate: int
    channels: int
    extra: bytes


class _Sink:
    """A file to write to and nothing else, so that the muxer knows it can't seek."""

    def __init__(self, take: Callable[[bytes], object]) -> None:
        self._take = take

    def write(self, data: bytes) -> int:
        self._take(bytes(data))
        return len(data)


def join(sources: Sequence[SeekableSource], take: Callable[[bytes], object]) -> None:
    """Write all `sources`, one after the other, as one recording to `take`.

    Raises UnusableAudio (damaged) where one can't be read; what `take` raises passes through.
    """
    try:
        shapes = {_shape(source) for source in sources}
        codec = next(iter(shapes)).codec
        if len(shapes) == 1 and codec in _CONTAINERS:
            _copy(sources, take, codec)
        else:
            _encode(sources, take)
    except av.error.FFmpegError:
        raise UnusableAudio(
            "damaged", "One part of the recording can't be read, so the parts could not be put together."
        ) from None


def _open(source: SeekableSource) -> Any:
    source.seek(0)
    head = source.read(HEAD_SIZE)
    source.seek(0)
    return av.open(source, mode="r", format=identify(head).demuxer, metadata_errors="replace")


def _audio(container: InputContainer) -> Any:
    if not container.streams.audio:
        raise UnusableAudio("no_audio_track", "One part of the recording has no sound in it.")
    return container.streams.audio[0]


def _shape(source: SeekableSource) -> _Shape:
    with _open(source) as container:
        stream = _audio(container)
        context = stream.codec_context
        # The head of Opus carries the encoder's delay, which differs between parts that fit together all the same.
        extra = b"" if context.name in {"opus", "libopus"} else bytes(context.extradata or b"")
        return _Shape(context.codec.canonical_name, context.sample_rate or 0, context.channels, extra)


def _copy(sources: Sequence[SeekableSource], take: Callable[[bytes], object], codec: str) -> None:
    name, options = _CONTAINERS[codec]
    with av.open(_Sink(take), mode="w", format=name, options=options) as output:
        made: Any = None
        ends = Fraction(0)
        for source in sources:
            with _open(source) as container:
                stream = _audio(container)
                made = made or output.add_stream_from_template(stream)
                ends = _copy_packets(container, stream, output, made, ends)


def _copy_packets(
    container: InputContainer, stream: Any, output: Any, made: Any, starts: Fraction
) -> Fraction:
    """Copy one part's packets, beginning at `starts`; returns where the next part begins, in seconds."""
    ends, shift = starts, None
    for packet in container.demux(stream):
        if packet.pts is None or not packet.size:
            continue
        base = packet.time_base
        if shift is None:
            shift = round(starts / base) - packet.pts
        packet.pts += shift
        packet.dts = packet.pts
        ends = max(ends, (packet.pts + (packet.duration or 0)) * base)
        packet.stream = made
        output.mux(packet)
    return ends


def _encode(sources: Sequence[SeekableSource], take: Callable[[bytes], object]) -> None:
    name, options = _WEBM
    with av.open(_Sink(take), mode="w", format=name, options=options) as output:
        made = output.add_stream("libopus", rate=_RATE, layout="mono")
        made.bit_rate = 48_000
        samples = 0
        for frame in _frames(sources):
            frame.pts = samples
            frame.time_base = Fraction(1, _RATE)
            samples += frame.samples
            for packet in made.encode(frame):
                output.mux(packet)
        for packet in made.encode(None):
            output.mux(packet)


def _frames(sources: Sequence[SeekableSource]) -> Iterator[Any]:
    """Frames of all sources in one rate and layout, in the encoder's size."""
    fifo = av.AudioFifo()
    for source in sources:
        resampler = av.AudioResampler(format="s16", layout="mono", rate=_RATE)
        with _open(source) as container:
            for frame in container.decode(_audio(container)):
                for even in resampler.resample(frame):
                    even.pts = None
                    fifo.write(even)
                yield from fifo.read_many(_RATE // 50)
            for even in resampler.resample(None):
                even.pts = None
                fifo.write(even)
    yield from fifo.read_many(_RATE // 50, partial=True)
