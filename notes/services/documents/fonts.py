"""The typeface of PDFs, and which characters it can show.

FiraGO (SIL Open Font License) covers Latin, Greek, Cyrillic, Arabic, Hebrew, Thai, Devanagari and Georgian.
Chinese, Japanese and Korean are set in the typefaces that PDF viewers bring along. What neither has is written as its
code point, ``[U+1F600]``: visibly, rather than as an empty box or not at all. Devanagari and Thai vowels are placed as
they are stored, without the finer rules of those scripts.
"""

from __future__ import annotations

import io
import itertools
import re
import unicodedata
from functools import cache

import pymupdf_fonts
from arabic_reshaper import ArabicReshaper
from bidi.algorithm import get_display
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFont

REGULAR, BOLD, CHINESE, KOREAN = "chart", "chart-bold", "STSong-Light", "HYSMyeongJo-Medium"
_HANGUL = "\u1100-\u11ff\u3130-\u318f\uac00-\ud7af"
_CHINESE = "[\u2e80-\u312f\u3190-\u9fff\uf900-\ufaff\uff00-\uffef]"
EAST_ASIAN = re.compile(f"[{_HANGUL}]|{_CHINESE}")
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]")
_ARABIC = re.compile("[\u0600-\u06ff]")
_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


@cache
def characters() -> frozenset[int]:
    """Code points that FiraGO has a glyph for; the first call makes the typefaces known to the library."""
    covered = set()
    for name, source in ((REGULAR, "figo"), (BOLD, "figbo")):
        font = TTFont(name, io.BytesIO(pymupdf_fonts.myfont(source)))
        pdfmetrics.registerFont(font)
        covered = set(font.face.charToGlyph)
    for name in (CHINESE, KOREAN):
        pdfmetrics.registerFont(UnicodeCIDFont(name))
    return frozenset(covered)


@cache
def _reshaper() -> ArabicReshaper:
    return ArabicReshaper(
        {"support_ligatures": False, "delete_harakat": False, "use_unshaped_instead_of_isolated": True}
    )


def printable(text: str) -> str:
    """`text` with every character that has no glyph spelt out."""
    text = _INVISIBLE.sub("", unicodedata.normalize("NFC", text.expandtabs(4)))
    if text.isascii() and text.isprintable():
        return text
    known = characters()
    return "".join(
        char if ord(char) in known or EAST_ASIAN.match(char) else f"[U+{ord(char):04X}]" for char in text
    )


def visual(line: str) -> str:
    """The characters of `line` in the order they are drawn from left to right, Arabic letters joined."""
    if not _RIGHT_TO_LEFT.search(line):
        return line
    joined = _reshaper().reshape(line) if _ARABIC.search(line) else line
    return str(get_display(joined))


def right_to_left(line: str) -> bool:
    """Whether the first letter reads from right to left."""
    first = next((kind for kind in map(unicodedata.bidirectional, line) if kind in {"L", "R", "AL"}), "L")
    return first != "L"


def runs(text: str, font: str) -> list[tuple[str, str]]:
    """`text` cut into pieces of one typeface each."""
    if not EAST_ASIAN.search(text):
        return [(font, text)]
    pieces = re.split(f"([{_HANGUL}]+)|({_CHINESE}+)", text)
    names = itertools.cycle((font, KOREAN, CHINESE))
    return [(name, piece) for name, piece in zip(names, pieces, strict=False) if piece]


def width(text: str, font: str, size: float) -> float:
    return float(sum(pdfmetrics.stringWidth(piece, name, size) for name, piece in runs(text, font)))
