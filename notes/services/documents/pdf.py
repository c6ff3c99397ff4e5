"""A chart entry as a PDF on US Letter. The same blocks give the same bytes: no clock, no random id."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from reportlab.lib.pagesizes import letter
from reportlab.pdfgen.canvas import Canvas

from notes.services.documents.fonts import (
    BOLD,
    EAST_ASIAN,
    REGULAR,
    characters,
    printable,
    right_to_left,
    runs,
    visual,
    width,
)
from notes.services.plaintext import Block

WIDTH, HEIGHT = letter
MARGIN = 54.0
BOTTOM = 60.0
COLUMN = WIDTH - 2 * MARGIN
EAST_ASIAN_NOTICE = (
    "This note holds Chinese, Japanese or Korean text. A viewer without such typefaces leaves gaps; the plain text and "
    "XHTML forms of the note are complete everywhere."
)
LONGEST = 300  # characters of a word that are looked at together; no line holds as many


@dataclass(frozen=True)
class Style:
    font: str
    size: float
    before: float

    @property
    def leading(self) -> float:
        return self.size * 1.38


TEXT = Style(REGULAR, 10, 2)
SMALL = Style(REGULAR, 8.5, 10)
HEADING = Style(BOLD, 10, 12)
WARNING = Style(BOLD, 10, 6)


def pdf(blocks: Iterable[Block], *, title: str) -> bytes:
    characters()
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=letter, invariant=1, lang="en")
    canvas.setTitle(title)
    canvas.setCreator("Countersign")
    sheet = _Sheet(canvas, title)
    shown = list(blocks)
    if any(EAST_ASIAN.search(block.title + block.text) for block in shown):
        shown.append(Block(EAST_ASIAN_NOTICE, signature=True))
    for block in shown:
        _draw(sheet, block)
    sheet.close()
    canvas.save()
    return buffer.getvalue()


class _Sheet:
    """Where the next line goes, page after page."""

    def __init__(self, canvas: Canvas, title: str) -> None:
        self._canvas, self._title = canvas, title
        self._page, self._y = 1, HEIGHT - MARGIN

    def room(self, height: float) -> None:
        """Turn the page unless `height` is left on this one."""
        if self._y - height >= BOTTOM:
            return
        self.close()
        self._canvas.showPage()
        self._page, self._y = self._page + 1, HEIGHT - MARGIN

    def space(self, height: float) -> None:
        self._y -= height

    def line(self, text: str, style: Style) -> None:
        self.room(style.leading)
        self._y -= style.leading
        drawn = visual(text)
        x = WIDTH - MARGIN - width(drawn, style.font, style.size) if right_to_left(text) else MARGIN
        self._show(x, self._y, drawn, style)

    def close(self) -> None:
        """The foot of the page."""
        self._show(MARGIN, BOTTOM - 26, f"{self._title} · page {self._page}", SMALL)

    def _show(self, x: float, y: float, drawn: str, style: Style) -> None:
        text = self._canvas.beginText(x, y)
        for font, piece in runs(drawn, style.font):
            text.setFont(font, style.size)
            text.textOut(piece)
        self._canvas.drawText(text)


def _draw(sheet: _Sheet, block: Block) -> None:
    style = WARNING if block.warning else SMALL if block.signature else TEXT
    if block.title:
        sheet.space(HEADING.before)
        sheet.room(HEADING.leading + 2 * TEXT.leading)  # a heading stays with what follows
        for line in wrapped(block.title, HEADING):
            sheet.line(line, HEADING)
    sheet.space(style.before)
    for paragraph in block.text.split("\n"):
        for line in wrapped(paragraph, style):
            sheet.line(line, style)


def wrapped(paragraph: str, style: Style) -> Iterator[str]:
    """Lines of at most the column's width, broken at spaces; a longer word is broken inside."""
    line = ""
    taken = 0.0
    for word in _words(printable(paragraph.rstrip()), style):
        needed = width(word, style.font, style.size)
        if line and taken + width(word.rstrip(), style.font, style.size) > COLUMN:
            yield line.rstrip()
            line, taken = "", 0.0
            word = word.lstrip()  # noqa: PLW2901
        line += word
        taken += needed
    yield line.rstrip()


def _words(text: str, style: Style) -> Iterator[str]:
    """Words with the spaces after them, none wider than the column."""
    for part in text.split(" "):
        word, start = part + " ", 0
        while start < len(word):
            piece = word[start : start + LONGEST]
            if width(piece.rstrip(), style.font, style.size) > COLUMN:
                piece = piece[: _fitting(piece, style)]
            yield piece
            start += len(piece)


def _fitting(word: str, style: Style) -> int:
    """How many characters of `word` fit the column, at least one."""
    low, high = 1, len(word) - 1
    while low < high:
        middle = (low + high + 1) // 2
        if width(word[:middle], style.font, style.size) <= COLUMN:
            low = middle
        else:
            high = middle - 1
    return low
