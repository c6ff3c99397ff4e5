"""Under which heading of its section a line stands."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from notes.soapnoteapi.sandbox.writing.templates import Headings, template_of

T = TypeVar("T")


def under_headings(
    lines: Iterable[T], *, section: str, specialty: str, template: str, text: Callable[[T], str]
) -> list[tuple[str, list[T]]]:
    """The section's lines in the order of its headings, each heading with at least one line.

    `text` gives the words of a line to go by. A line that speaks for no heading stands under the section's general
    one, and lines keep their order under each. Headings come without a colon: "Past medical history". An unknown
    specialty or template means "generic" and "standard".
    """
    headings = template_of(specialty, template)[section]
    placed: dict[str, list[T]] = {heading.name: [] for heading in headings}
    for line in lines:
        placed[_heading(text(line), headings, placed)].append(line)
    return [(name, found) for name, found in placed.items() if found]


def _heading(text: str, headings: Headings, placed: dict[str, list[T]]) -> str:
    for heading in sorted(headings, key=lambda heading: heading.weak):
        full = heading.most is not None and len(placed[heading.name]) >= heading.most
        if not full and heading.fits(text):
            return heading.name
    return next(heading.name for heading in headings if heading.cue is None)
