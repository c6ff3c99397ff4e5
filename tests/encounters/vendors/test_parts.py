"""Several files of one call: taken in their order, put together, stored as one recording."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise

import av
import pytest
from django.utils import timezone

from consent.audit import SYSTEM
from encounters.audio.errors import UnusableAudio
from encounters.audio.joining import join
from encounters.audio.probe import probe
from encounters.models import RecordingSlice
from encounters.services.erasing import purge_abandoned_uploads
from encounters.services.expecting import recording_expect, recording_receive
from encounters.services.finishing import recording_finish
from encounters.services.joining import recording_rewind
from encounters.services.recordings import open_recording
from encounters.services.slices import recording_append
from tests.factories.encounters import EncounterFactory
from tests.fixtures_audio import wav_bytes


def encoded(
    codec: str, container: str, *, seconds: float = 6.0, tone: float = 440.0, rate: int = 48_000
) -> bytes:
    """A tone in another codec."""
    made = io.BytesIO()
    plain = io.BytesIO(wav_bytes(seconds=seconds, tone=tone))
    with av.open(plain) as source, av.open(made, "w", format=container) as output:
        stream = output.add_stream(codec, rate=rate, layout="mono")
        for frame in source.decode(audio=0):
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return made.getvalue()


def joined(*parts: bytes) -> bytes:
    taken = bytearray()
    join([io.BytesIO(part) for part in parts], taken.extend)
    return bytes(taken)


def tones(data: bytes) -> list[float]:
    """The loudest frequency of each second, roughly, by zero crossings."""
    with av.open(io.BytesIO(data)) as container:
        even = av.AudioResampler(format="s16", layout="mono", rate=8000)
        samples = [
            sample
            for frame in container.decode(audio=0)
            for out in even.resample(frame)
            for sample in memoryview(bytes(out.planes[0])[: out.samples * 2]).cast("h")
        ]
    seconds = [samples[at : at + 8000] for at in range(0, len(samples) - 8000, 8000)]
    return [sum(a < 0 <= b for a, b in pairwise(one)) for one in seconds]


MIXTURES: dict[str, Callable[[], tuple[bytes, bytes]]] = {
    "opus": lambda: (encoded("libopus", "webm"), encoded("libopus", "webm", tone=880.0)),
    "aac": lambda: (encoded("aac", "mp4"), encoded("aac", "mp4", tone=880.0)),
    "mixed": lambda: (encoded("libopus", "ogg"), encoded("aac", "mp4", tone=880.0)),
    "wav": lambda: (wav_bytes(), wav_bytes(tone=880.0)),
}


@pytest.mark.parametrize("mixture", MIXTURES)
def test_parts_sound_one_after_the_other(mixture):
    whole = joined(*MIXTURES[mixture]())
    measured = probe(io.BytesIO(whole))
    assert measured.duration_seconds == pytest.approx(12.0, abs=0.3)
    assert measured.complete
    heard = tones(whole)
    assert heard[1] == pytest.approx(440, abs=10)
    assert heard[-2] == pytest.approx(880, abs=20)


@pytest.mark.parametrize("codec", ["opus", "aac"])
def test_what_fits_together_is_not_encoded_again(codec):
    """Copied packets are as many, and as long, as those of the parts."""
    parts = MIXTURES[codec]()

    def packets(data: bytes) -> list[int]:
        with av.open(io.BytesIO(data)) as container:
            return [packet.size for packet in container.demux(audio=0) if packet.size]

    assert packets(joined(*parts)) == [size for part in parts for size in packets(part)]


def test_a_part_that_is_no_sound_is_named_as_damaged():
    with pytest.raises(UnusableAudio):
        joined(wav_bytes(), b"OggS" + b"\0" * 5000)


@pytest.fixture
def recording(db):
    visit = EncounterFactory(consented=True)
    return recording_receive(recording=recording_expect(encounter=visit, actor=SYSTEM), actor=SYSTEM)


def send(recording, number, data):
    recording.bytes = recording_append(
        recording=recording,
        offset=recording.bytes,
        length=len(data),
        chunks=[data],
        actor=SYSTEM,
        part_number=number,
    )


def test_a_recording_in_parts_is_stored_as_one_file(recording, tmp_path):
    for number, part in enumerate(MIXTURES["opus"](), start=1):
        send(recording, number, part)
    stored = recording_finish(recording=recording, actor=SYSTEM)
    assert stored.state == "stored"
    assert stored.duration_seconds == pytest.approx(12.0, abs=0.3)
    with open_recording(stored) as reader:
        assert len(reader.read()) == stored.bytes
    kept = {path.name for path in (tmp_path / "audio").rglob("*") if path.is_file()}
    assert len(kept) == RecordingSlice.objects.count(), "the parts' own objects are gone"


def test_begun_anew_nothing_of_the_first_try_is_left(recording, tmp_path):
    send(recording, 1, wav_bytes())
    recording_rewind(recording)
    assert recording.bytes == 0
    assert not [path for path in (tmp_path / "audio").rglob("*") if path.is_file()]
    send(recording, 1, wav_bytes(seconds=8.0))
    stored = recording_finish(recording=recording, actor=SYSTEM)
    assert stored.duration_seconds == pytest.approx(8.0, abs=0.1)


def test_a_vendors_recording_is_not_given_up_with_uploads_nobody_went_on_with(recording):
    assert purge_abandoned_uploads(now=timezone.now() + timedelta(days=3)) == 0
