"""Text as XHTML for narratives: escaped, one paragraph per line, nothing that XML can't hold."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

NOTHING = "Nothing recorded."
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def narrative(*texts: str, status: str = "generated") -> dict[str, str]:
    """A Narrative with the lines of `texts` as paragraphs; one that says so when there are none."""
    lines = [line for text in texts for line in _NOT_XML.sub("\ufffd", text).split("\n") if line.strip()]
    paragraphs = "".join(f"<p>{escape(line, quote=False)}</p>" for line in lines or [NOTHING])
    return {"status": status, "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{paragraphs}</div>'}


def table(rows: Iterable[Sequence[str]]) -> dict[str, Any]:
    """A Narrative that is one table."""
    cells = "".join(
        "<tr>"
        + "".join(f"<td>{escape(_NOT_XML.sub(chr(0xFFFD), cell), quote=False)}</td>" for cell in row)
        + "</tr>"
        for row in rows
    )
    div = f'<div xmlns="http://www.w3.org/1999/xhtml"><table><tbody>{cells}</tbody></table></div>'
    return {"status": "generated", "div": div}
