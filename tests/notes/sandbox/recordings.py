"""Recordings made on the fly, in every format of the contract."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np

RATE = 48_000
# container, codec and channel layout by file name ending
FORMATS = {
    "mp3": ("mp3", "libmp3lame", "mono"),
    "m4a": ("ipod", "aac", "mono"),
    "wav": ("wav", "pcm_s16le", "stereo"),
    "ogg": ("ogg", "libopus", "mono"),
    "webm": ("webm", "libopus", "stereo"),
    "flac": ("flac", "flac", "mono"),
    "mp4": ("mp4", "aac", "stereo"),
}


def write_tone(path: Path, *, seconds: float, level: float = 0.2) -> Path:
    """A quiet hum: sound that is a recording, and no speech."""
    time = np.arange(int(seconds * RATE)) / RATE
    return write(path, (np.sin(2 * np.pi * 220 * time) * level * 32767).astype(np.int16), RATE)


def write(path: Path, samples: np.ndarray, rate: int) -> Path:
    """Mono 16-bit samples as whatever the file name says; WebM without a duration, as browsers record it."""
    container_format, codec, layout = FORMATS[path.suffix[1:]]
    options = {"live": "1"} if container_format == "webm" else {}
    with av.open(str(path), "w", format=container_format, options=options) as container:
        stream = container.add_stream(codec, rate=RATE)
        stream.layout = layout
        resampler = av.AudioResampler(format=stream.format.name, layout=layout, rate=RATE)
        frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate = rate
        fifo = av.AudioFifo()
        for out in [*resampler.resample(frame), *resampler.resample(None)]:
            fifo.write(out)
        size = stream.codec_context.frame_size or 1024
        while block := fifo.read(size, partial=True):
            block.pts = None
            container.mux(stream.encode(block))
        container.mux(stream.encode(None))
    return path
