"""Recordings to windows of samples, whatever the container, in constant memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from notes.soapnoteapi.sandbox.errors import JobFailed

RATE = 16_000
MIN_SECONDS = 5.0
MAX_SECONDS = 4 * 3600.0
WINDOW_MIN = 120
WINDOW_MAX = 150
FRAME = RATE // 5
# Seconds for one read; half a gigabyte of zeros named WAV keeps the demuxer busy for a minute.
PATIENCE = 20.0


@dataclass(frozen=True)
class Window:
    """Samples in -1…1 as float32 (numpy, channels × samples), and where they start, in seconds."""

    start: float
    samples: Any

    @property
    def seconds(self) -> float:
        return float(self.samples.shape[1]) / RATE


def duration(path: Path) -> float:
    """Seconds of sound, from the packets themselves: live WebM carries no duration.

    Raises `JobFailed` for what is not a readable recording of 5 seconds to 4 hours.
    """
    end = 0.0
    with _opened(path) as (container, stream):
        for packet in container.demux(stream):
            if packet.pts is not None:
                end = max(end, float((packet.pts + (packet.duration or 0)) * packet.time_base))
    _check_length(end)
    return end


def windows(path: Path) -> Iterator[Window]:
    """Windows of two minutes and a little more, cut where it is quietest so that no word is split."""
    import numpy as np  # noqa: PLC0415 - comes with the speech packages, which are optional

    held: list[Any] = []
    count = start = 0
    for block in blocks(path):
        held.append(block)
        count += block.shape[1]
        if count >= WINDOW_MAX * RATE:
            samples = np.concatenate(held, axis=1)
            cut = _quietest(samples)
            yield Window(start / RATE, _as_float(samples[:, :cut]))
            start += cut
            held, count = [samples[:, cut:].copy()], count - cut
            _check_length(start / RATE, at_least=0.0)
    if count:
        yield Window(start / RATE, _as_float(np.concatenate(held, axis=1)))


def blocks(path: Path) -> Iterator[Any]:
    """Blocks of 16-bit samples at 16 kHz (channels × samples): two channels where there are two or more."""
    import av  # noqa: PLC0415

    with _opened(path) as (container, stream):
        layout = "mono" if stream.codec_context.channels == 1 else "stereo"
        resampler = av.AudioResampler(format="s16p", layout=layout, rate=RATE)
        stream.thread_type = "AUTO"
        for frame in _frames(container, stream):
            frame.pts = None  # gaps of a paused recorder are not silence
            for part in resampler.resample(frame):
                yield part.to_ndarray()
        for part in resampler.resample(None):
            yield part.to_ndarray()


def _frames(container: Any, stream: Any) -> Iterator[Any]:
    """Frames up to the end or to where the data break off: what was recorded before is still heard."""
    from av.error import EOFError as StreamEnd  # noqa: PLC0415
    from av.error import FFmpegError  # noqa: PLC0415

    for packet in container.demux(stream):
        try:
            yield from packet.decode()
        except StreamEnd:
            return
        except FFmpegError:
            continue


@contextmanager
def _opened(path: Path) -> Iterator[tuple[Any, Any]]:
    import av  # noqa: PLC0415

    try:
        with av.open(str(path), mode="r", metadata_errors="ignore", timeout=PATIENCE) as container:
            if not container.streams.audio:
                raise JobFailed("NO_AUDIO_TRACK", "The file has no sound track.")
            yield container, container.streams.audio[0]
    except (av.error.FFmpegError, ValueError) as error:
        raise JobFailed(
            "AUDIO_UNREADABLE", "The recording is damaged or incomplete and cannot be read."
        ) from error


def _check_length(seconds: float, *, at_least: float = MIN_SECONDS) -> None:
    if seconds < at_least:
        raise JobFailed("AUDIO_TOO_SHORT", "The recording is shorter than 5 seconds.")
    if seconds > MAX_SECONDS:
        raise JobFailed("AUDIO_TOO_LONG", "The recording is longer than 4 hours.")


def _quietest(samples: Any) -> int:
    """The middle of the quietest fifth of a second in the part of the window where it may end."""
    import numpy as np  # noqa: PLC0415

    tail = samples[:, WINDOW_MIN * RATE : WINDOW_MAX * RATE]
    frames = tail[:, : tail.shape[1] // FRAME * FRAME].reshape(len(tail), -1, FRAME).astype(np.float32)
    # Averaged over a second: a stop consonant is quiet as well, a pause is quiet for longer.
    loudness = np.convolve((frames**2).mean(axis=2).max(axis=0), np.ones(5) / 5, mode="same")
    return int(WINDOW_MIN * RATE + loudness.argmin() * FRAME + FRAME // 2)


def _as_float(samples: Any) -> Any:
    return samples.astype("float32") / 32768.0
