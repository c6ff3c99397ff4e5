"""How much text a note takes, and what is refused in words that keep the text on the screen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from notes.content import CODE_KEYS, SECTIONS

SECTION_BYTES = 200_000
CODES = 60
CODE_CHARACTERS = 300
PART_LABELS = {
    "subjective": "Subjective",
    "objective": "Objective",
    "assessment": "Assessment",
    "plan": "Plan",
    "patient_summary": "Patient summary",
    "billing_codes": "Billing codes",
}


class ContentRefused(Exception):
    """Text that can't be stored as it is. `part` names where, `words` say what to do."""

    def __init__(self, code: str, words: str, part: str = "") -> None:
        super().__init__(code)
        self.code, self.words, self.part = code, words, part


def check_content(content: Mapping[str, Any]) -> None:
    """Raise ContentRefused unless `content` has the shape of notes/content.py, within the limits."""
    sections, codes = content.get("sections"), content.get("billing_codes", [])
    if not isinstance(sections, Mapping) or not isinstance(codes, list):
        raise ContentRefused("shape", "The note could not be read. Copy your text, then open the page again.")
    for name in SECTIONS:
        _check_text(name, sections.get(name))
    _check_text("patient_summary", content.get("patient_summary"))
    if len(codes) > CODES:
        raise ContentRefused(
            "too_many", f"A note holds at most {CODES} billing codes. Remove some.", "billing_codes"
        )
    for code in codes:
        if not isinstance(code, Mapping) or any(
            len(str(code.get(key) or "")) > CODE_CHARACTERS for key in CODE_KEYS
        ):
            words = f"A billing code is longer than {CODE_CHARACTERS} characters. Shorten it."
            raise ContentRefused("too_long", words, "billing_codes")


def _check_text(name: str, value: object) -> None:
    if value is not None and not isinstance(value, str):
        raise ContentRefused(
            "shape", "The note could not be read. Copy your text, then open the page again.", name
        )
    size = len((value or "").encode(errors="replace"))
    if size > SECTION_BYTES:
        words = (
            f"{PART_LABELS[name]} is too long: {size // 1000} kB, and {SECTION_BYTES // 1000} kB can be saved. "
            "Your text is still here; shorten it or move part of it, and it will save."
        )
        raise ContentRefused("too_long", words, name)
