"""Recordings made on the fly in any of the seven formats."""

from __future__ import annotations

import io
import struct
from math import sin

import av

# format name: container, audio encoder, sample rate
_RECIPES = {
    "mp3": ("mp3", "libmp3lame", 16_000),
    "m4a": ("ipod", "aac", 16_000),
    "wav": ("wav", "pcm_s16le", 16_000),
    "ogg": ("ogg", "libopus", 48_000),
    "webm": ("webm", "libopus", 48_000),
    "flac": ("flac", "flac", 16_000),
    "mp4": ("mp4", "aac", 16_000),
}
ALL_FORMATS = tuple(_RECIPES)


def make_audio(
    name: str = "wav", *, seconds: float = 6, channels: int = 1, silent: bool = False, **options: str
) -> bytes:
    """A quiet tone (or silence) as a whole file; MP4 gets a picture track too, so that it is a video."""
    container_name, encoder, rate = _RECIPES[name]
    target = io.BytesIO()
    with av.open(target, "w", format=container_name, options=options) as container:
        stream = container.add_stream(encoder, rate=rate, layout="stereo" if channels == 2 else "mono")
        picture = container.add_stream("mpeg4", rate=1, width=32, height=32) if name == "mp4" else None
        for frame in _frames(seconds, channels, rate, silent=silent):
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        if picture is not None:
            for _ in range(max(1, round(seconds))):
                container.mux(picture.encode(av.VideoFrame(32, 32, "yuv420p")))
            container.mux(picture.encode(None))
    return target.getvalue()


def make_live_webm(seconds: float = 6) -> bytes:
    """A WebM as MediaRecorder streams it: no duration anywhere, clusters of unknown size."""
    return make_audio("webm", seconds=seconds, live="1")


def make_video_without_sound() -> bytes:
    target = io.BytesIO()
    with av.open(target, "w", format="mp4") as container:
        picture = container.add_stream("mpeg4", rate=1, width=32, height=32)
        for _ in range(6):
            container.mux(picture.encode(av.VideoFrame(32, 32, "yuv420p")))
        container.mux(picture.encode(None))
    return target.getvalue()


def make_wav(
    *, seconds: float = 6, channels: int = 1, rate: int = 16_000, promised: int | None = None
) -> bytes:
    """A WAV of silence whose header says whatever the test wants; `promised` is its data size in bytes."""
    data = bytes(int(seconds * rate) * 2 * max(1, channels))
    promised = len(data) if promised is None else promised
    header = struct.pack("<HHIIHH", 1, channels, rate, rate * 2 * channels % 2**32, 2 * channels, 16)
    riff = struct.pack("<I", min(36 + promised, 2**32 - 1))
    sizes = struct.pack("<I", 16), struct.pack("<I", promised)
    return b"RIFF" + riff + b"WAVEfmt " + sizes[0] + header + b"data" + sizes[1] + data


def _frames(seconds: float, channels: int, rate: int, *, silent: bool):
    layout = "stereo" if channels == 2 else "mono"
    tone = [0 if silent else int(3000 * sin(n / 12)) for n in range(rate // 10)]
    samples = struct.pack(f"<{len(tone) * channels}h", *(value for value in tone for _ in range(channels)))
    for number in range(round(seconds * 10)):
        frame = av.AudioFrame(format="s16", layout=layout, samples=len(tone))
        frame.planes[0].update(
            samples.ljust(frame.planes[0].buffer_size, b"\0")[: frame.planes[0].buffer_size]
        )
        frame.sample_rate, frame.pts = rate, number * len(tone)
        yield frame
