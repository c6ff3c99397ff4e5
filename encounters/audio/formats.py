"""The seven formats that SOAPNoteAPI takes, and how to recognise them by their first bytes.

File names and browser-sent media types are never trusted. The media types are our own, one per format:
MP4 is `video/mp4` only when it holds pictures, which probing finds out; without them it is an M4A.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from encounters.audio.errors import UnusableAudio

# Enough to see past an ID3 tag's header, to two MPEG audio frames, or to an EBML document type.
HEAD_SIZE = 4096


@dataclass(frozen=True, slots=True)
class AudioFormat:
    """`demuxer` is FFmpeg's name of the one reader that may open the format."""

    name: str
    media_type: str
    extensions: tuple[str, ...]
    demuxer: str

    @property
    def extension(self) -> str:
        return self.extensions[0]


MP3 = AudioFormat("mp3", "audio/mpeg", (".mp3",), "mp3")
M4A = AudioFormat("m4a", "audio/mp4", (".m4a",), "mov")
WAV = AudioFormat("wav", "audio/wav", (".wav",), "wav")
OGG = AudioFormat("ogg", "audio/ogg", (".ogg", ".oga", ".opus"), "ogg")
WEBM = AudioFormat("webm", "audio/webm", (".webm",), "matroska")
FLAC = AudioFormat("flac", "audio/flac", (".flac",), "flac")
MP4 = AudioFormat("mp4", "video/mp4", (".mp4",), "mov")

FORMATS = {each.name: each for each in (MP3, M4A, WAV, OGG, WEBM, FLAC, MP4)}
ACCEPTED_EXTENSIONS = tuple(extension for each in FORMATS.values() for extension in each.extensions)

_NEXT_STEP = "Choose an MP3, M4A, WAV, OGG, WebM, FLAC or MP4 recording."
_MP4_BRAND = re.compile(rb"M4[ABV] |mp4[12]|iso[m2-9]|avc1|dash|cmf[a-z0-9]|f4[av] |mmp4|MSNV|ndxc|opus|piff")
# Things that people do send instead, so that the refusal can say what it is.
_OTHERS = (
    (re.compile(rb"\xff[\xf0\xf1\xf8\xf9]|ADIF"), "a raw AAC stream"),
    (re.compile(rb"#!AMR"), "an AMR voice recording"),
    (re.compile(rb"\x30\x26\xb2\x75\x8e\x66\xcf\x11"), "a Windows Media file"),
    (re.compile(rb"FORM....AIF[FC]", re.DOTALL), "an AIFF file"),
    (re.compile(rb"caff"), "a Core Audio file"),
    (re.compile(rb"RIFF....AVI ", re.DOTALL), "an AVI video"),
    (re.compile(rb"\x1a\x45\xdf\xa3"), "a Matroska (MKV) file"),
    (re.compile(rb"....ftypqt  |....(moov|wide|mdat|free)", re.DOTALL), "a QuickTime movie"),
    (re.compile(rb"....ftyp3g", re.DOTALL), "a 3GP recording"),
    (re.compile(rb"%PDF-"), "a PDF document"),
    (re.compile(rb"PK\x03\x04"), "a ZIP archive or an Office document"),
    (re.compile(rb"\x89PNG|\xff\xd8\xff|GIF8|....ftyp(hei|avif|mif1)", re.DOTALL), "a picture"),
    (re.compile(rb"\s*(<!doctype html|<html|<head|<script)", re.IGNORECASE), "a web page"),
    (re.compile(rb"\s*(<\?xml|<[a-z!])", re.IGNORECASE), "a text file with markup"),
    (re.compile(rb"#EXTM3U|\[playlist\]"), "a playlist that only points to audio"),
)
_BOMS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


def sniff(head: bytes) -> AudioFormat | None:
    """The format that the first HEAD_SIZE bytes of a recording belong to, or None.

    MP4 and M4A begin alike; the brand decides here and probing corrects it.
    """
    if head[:4] in {b"RIFF", b"RF64"} and head[8:12] == b"WAVE":
        return WAV
    if head[:4] == b"OggS":
        return OGG
    if head[:4] == b"fLaC":
        return FLAC
    if head[:4] == b"\x1a\x45\xdf\xa3":
        return WEBM if b"webm" in head[4:96] else None
    if head[4:8] == b"ftyp":
        return _sniff_mp4(head)
    return MP3 if _is_mp3(head) else None


def identify(head: bytes) -> AudioFormat:
    """As `sniff`, but raises UnusableAudio that says what the file seems to be."""
    if not head:
        raise UnusableAudio(
            "empty", "The file is empty. Check that the recording was saved, then choose it again."
        )
    if (found := sniff(head)) is not None:
        return found
    for pattern, name in _OTHERS:
        if pattern.match(head):
            raise UnusableAudio("not_accepted", f"This is {name}, whatever its name says. {_NEXT_STEP}")
    if _is_text(head):
        raise UnusableAudio("not_audio", f"This is a text file, whatever its name says. {_NEXT_STEP}")
    raise UnusableAudio(
        "not_audio", f"This is not a recording in a format that can be transcribed. {_NEXT_STEP}"
    )


def _sniff_mp4(head: bytes) -> AudioFormat | None:
    size = int.from_bytes(head[:4], "big")
    major = head[8:12]
    brands = [major, *(head[at : at + 4] for at in range(16, min(size, len(head)), 4))]
    if major == b"qt  " or major[:3] in {b"3gp", b"3g2", b"hei", b"avi", b"mif"}:
        return None
    if not any(_MP4_BRAND.match(brand) for brand in brands):
        return None
    return M4A if major in {b"M4A ", b"M4B "} else MP4


def _is_mp3(head: bytes) -> bool:
    if head[:3] == b"ID3":
        size = head[6:10]
        if len(size) < 4 or head[3] not in {2, 3, 4} or any(byte & 0x80 for byte in size):
            return False
        start = 10 + sum(byte << shift for byte, shift in zip(size, (21, 14, 7, 0), strict=True))
        # A tag may be longer than the head; what follows it is for the demuxer to judge.
        return start + 4 > len(head) or head[start : start + 4] != b"fLaC"
    frames = head.lstrip(b"\0")
    length = _mpeg_frame_length(frames)
    return length > 0 and (len(frames) < length + 4 or _mpeg_frame_length(frames[length:]) > 0)


_BITRATES = {  # kbit/s of layer III: MPEG 1, MPEG 2 and 2.5
    3: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_SAMPLE_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}


def _mpeg_frame_length(data: bytes) -> int:
    """The length in bytes of the MPEG layer III frame that `data` begins with; 0 if it does not."""
    if len(data) < 4 or data[0] != 0xFF or data[1] & 0xE6 != 0xE2:
        return 0
    version, rate, sampling = data[1] >> 3 & 3, data[2] >> 4, data[2] >> 2 & 3
    if version == 1 or rate in {0, 15} or sampling == 3:
        return 0
    bitrate = _BITRATES[3 if version == 3 else 2][rate] * 1000
    samples = 1152 if version == 3 else 576
    return samples // 8 * bitrate // _SAMPLE_RATES[version][sampling] + (data[2] >> 1 & 1)


def _is_text(head: bytes) -> bool:
    if head.startswith(_BOMS):
        return True
    return not any(byte < 9 or 13 < byte < 32 or byte == 127 for byte in head)
