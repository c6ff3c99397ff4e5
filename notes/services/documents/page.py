"""A chart entry as one XHTML page: strict, without style, script, image or link, for systems that take markup."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape

from notes.services.plaintext import Block

# What XML 1.0 can't hold, not even escaped.
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_PARAGRAPHS = re.compile(r"\n{2,}")


def xhtml(blocks: Iterable[Block], *, title: str) -> bytes:
    body = "\n".join(fragment(block) for block in blocks)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<!DOCTYPE html>\n<html xmlns="http://www.w3.org/1999/xhtml" lang="en" xml:lang="en">\n'
        f'<head><meta charset="UTF-8" /><title>{_text(title)}</title></head>\n<body>\n{body}\n</body>\n</html>\n'
    ).encode()


def fragment(block: Block) -> str:
    """The block as paragraphs, without anything that FHIR's narrative would refuse."""
    if block.warning:
        return f"<p><strong>{_text(block.text)}</strong></p>"
    heading = f"<h2>{_text(block.title)}</h2>\n" if block.title else ""
    return heading + paragraphs(block.text)


def paragraphs(text: str) -> str:
    """Blank lines part paragraphs; the direction of each follows its first letter."""
    found = [part for part in _PARAGRAPHS.split(text.strip("\n")) if part]
    return "\n".join(f'<p dir="auto">{_text(part).replace(chr(10), "<br />")}</p>' for part in found)


def _text(text: str) -> str:
    return escape(_NO_XML.sub("\ufffd", text), quote=False)
