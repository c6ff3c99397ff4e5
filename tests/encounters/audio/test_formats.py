from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from encounters.audio.errors import UnusableAudio
from encounters.audio.formats import ACCEPTED_EXTENSIONS, FORMATS, HEAD_SIZE, MP3, identify, sniff

from .made import ALL_FORMATS, make_audio

FRAME = b"\xff\xfb\x90\x00" + bytes(413)  # MPEG 1 layer III, 128 kbit/s, 44.1 kHz: 417 bytes


@pytest.mark.parametrize("name", ALL_FORMATS)
def test_every_format_is_known_by_its_first_bytes(name):
    assert sniff(make_audio(name, seconds=1)[:HEAD_SIZE]).name == name


def test_the_formats_are_the_seven_of_the_service_with_our_own_media_types():
    assert {each.name: each.media_type for each in FORMATS.values()} == {
        "mp3": "audio/mpeg",
        "m4a": "audio/mp4",
        "wav": "audio/wav",
        "ogg": "audio/ogg",
        "webm": "audio/webm",
        "flac": "audio/flac",
        "mp4": "video/mp4",
    }
    assert len(set(ACCEPTED_EXTENSIONS)) == len(ACCEPTED_EXTENSIONS)


@pytest.mark.parametrize(
    "head",
    [
        FRAME * 3,
        FRAME,
        bytes(100) + FRAME * 2,
        b"ID3\x04\x00\x00\x00\x00\x00\x0a" + bytes(10) + FRAME,
        b"ID3\x03\x00\x00\x00\x7f\x7f\x7f" + bytes(4000),
        b"\xff\xf3\x58\xc0" + bytes(140) + b"\xff\xf3\x58\xc0",
    ],
    ids=["bare frames", "one frame", "zeros first", "tag", "tag longer than the head", "MPEG 2"],
)
def test_mp3_is_known_with_and_without_a_tag(head):
    assert sniff(head) is MP3


@pytest.mark.parametrize(
    ("head", "code", "words"),
    [
        (b"", "empty", "empty"),
        (b"<!DOCTYPE html><html><body>Sign in", "not_accepted", "a web page"),
        (b"\n  <HTML>", "not_accepted", "a web page"),
        (b"<?xml version='1.0'?><Error>", "not_accepted", "markup"),
        (b"Patient seen today.\nStable.", "not_audio", "a text file"),
        ("\ufeffPatient".encode("utf-16"), "not_audio", "a text file"),
        ("Grüße aus der Praxis".encode(), "not_audio", "a text file"),
        (b"%PDF-1.7\n%\xe2\xe3", "not_accepted", "PDF"),
        (b"PK\x03\x04\x14\x00", "not_accepted", "ZIP"),
        (b"\x89PNG\r\n\x1a\n", "not_accepted", "a picture"),
        (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", "not_accepted", "a picture"),
        (b"\x00\x00\x00\x14ftypqt  \x00\x00\x02\x00qt  ", "not_accepted", "QuickTime"),
        (b"\x00\x00\x00\x14ftyp3gp4\x00\x00\x02\x003gp4", "not_accepted", "3GP"),
        (b"\xff\xf1\x50\x80\x1f\xfc", "not_accepted", "AAC"),
        (b"#!AMR\n\x3c", "not_accepted", "AMR"),
        (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9", "not_accepted", "Windows Media"),
        (b"FORM\x00\x00\x10\x00AIFFCOMM", "not_accepted", "AIFF"),
        (b"caff\x00\x01\x00\x00", "not_accepted", "Core Audio"),
        (b"RIFF\x00\x10\x00\x00AVI LIST", "not_accepted", "AVI"),
        (b"\x1a\x45\xdf\xa3\xa3\x42\x82\x88matroska", "not_accepted", "MKV"),
        (b"#EXTM3U\nhttp://127.0.0.1/secret", "not_accepted", "playlist"),
        (bytes(4096), "not_audio", "not a recording"),
        (b"\x00\x01\x02\x03" * 100, "not_audio", "not a recording"),
    ],
)
def test_what_is_no_recording_is_refused_with_what_it_seems_to_be_and_what_to_do(head, code, words):
    assert sniff(head) is None
    with pytest.raises(UnusableAudio) as refusal:
        identify(head)
    assert refusal.value.code == code
    assert words in refusal.value.message
    assert "hoose" in refusal.value.message


@given(st.binary(max_size=300))
def test_any_bytes_are_either_known_or_refused(head):
    try:
        assert identify(head) is sniff(head)
    except UnusableAudio as refusal:
        assert sniff(head) is None
        assert refusal.message.endswith(".")
