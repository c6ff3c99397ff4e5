"""Audio for tests: recordings made on the spot, and a Recording that is really stored and sealed."""

from __future__ import annotations

import io
import math
import struct
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from encounters.models import Encounter, Recording
from encounters.services.recordings import recording_append, recording_begin, recording_finish
from tests.factories.encounters import EncounterFactory

SLICE = 1024 * 1024


def wav_bytes(*, seconds: float = 6.0, rate: int = 8000, tone: float = 440.0, channels: int = 1) -> bytes:
    """A WAV file with a quiet tone; `tone=0` is silence."""
    frames = int(seconds * rate)
    one = [int(3000 * math.sin(2 * math.pi * tone * n / rate)) for n in range(rate)]
    second = b"".join(struct.pack("<h", value) * channels for value in one)
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        whole, rest = divmod(frames, rate)
        file.writeframes(second * whole + second[: rest * 2 * channels])
    return out.getvalue()


def pieces(data: bytes, size: int = 64 * 1024) -> Iterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


def upload(
    encounter: Encounter, data: bytes, *, actor: Any = None, fingerprint: str = "", step: int = SLICE
) -> Recording:
    """Send `data` through the services, as the upload page does, to the very end."""
    sender = actor or encounter.provider
    recording = recording_begin(
        encounter=encounter, actor=sender, declared_bytes=len(data), fingerprint=fingerprint
    )
    offset = recording.bytes
    while offset < len(data):
        piece = data[offset : offset + step]
        offset = recording_append(
            recording=recording, offset=offset, length=len(piece), chunks=pieces(piece), actor=sender
        )
    return recording_finish(recording=recording, actor=sender)


@pytest.fixture
def stored_recording(db: None) -> Any:
    """stored_recording(encounter=None, path=None): a Recording in state "stored" with sealed audio.

    Without a path it holds six seconds of a tone; without an encounter the gate of a new one is open.
    """

    def make(encounter: Encounter | None = None, path: Path | None = None) -> Recording:
        visit = encounter or EncounterFactory(consented=True, agreement=True)
        return upload(visit, path.read_bytes() if path else wav_bytes())

    return make
