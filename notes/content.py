"""The content of a note as plain data: its shape, its canonical bytes and its hash.

``{"sections": {"subjective": str, "objective": str, "assessment": str, "plan": str},
"billing_codes": [{"system": str, "code": str, "description": str}], "patient_summary": str}``
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

SECTIONS = ("subjective", "objective", "assessment", "plan")
SECTION_LABELS = {name: name.capitalize() for name in SECTIONS}
CODE_KEYS = ("system", "code", "description")

Content = dict[str, Any]
_LONE_SURROGATES = re.compile("[\ud800-\udfff]")


def empty_content() -> Content:
    return {"sections": dict.fromkeys(SECTIONS, ""), "billing_codes": [], "patient_summary": ""}


def clean_content(given: Mapping[str, Any]) -> Content:
    """`given` in the shape above: unknown keys dropped, missing ones empty, line ends as \\n, no NUL."""
    sections = given.get("sections") or {}
    codes = given.get("billing_codes") or []
    return {
        "sections": {name: clean_text(sections.get(name)) for name in SECTIONS},
        "billing_codes": [{key: clean_text(code.get(key)) for key in CODE_KEYS} for code in codes],
        "patient_summary": clean_text(given.get("patient_summary")),
    }


def clean_text(value: Any) -> str:
    text = "" if value is None else str(value)
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "").rstrip()
    return _LONE_SURROGATES.sub("\ufffd", text)


def is_blank(content: Mapping[str, Any]) -> bool:
    """Whether all four sections are empty."""
    return not any(str(content["sections"].get(name, "")).strip() for name in SECTIONS)


def canonical_bytes(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def content_hash(content: Mapping[str, Any]) -> str:
    """SHA-256 of the canonical JSON: what a signature covers and a sign form posts back."""
    return hashlib.sha256(canonical_bytes(content)).hexdigest()


def read_canonical(text: str, sha256: str) -> Content | None:
    """The content whose canonical JSON is `text`, or None when it is not what `sha256` says."""
    if hashlib.sha256(text.encode(errors="replace")).hexdigest() != sha256:
        return None
    try:
        return clean_content(json.loads(text))
    except (ValueError, TypeError, AttributeError):
        return None


def part_hashes(content: Mapping[str, Any]) -> dict[str, str]:
    """A short hash per section and other part: enough to tell later which of them somebody changed."""
    parts = {**content["sections"], "patient_summary": content.get("patient_summary", "")}
    parts["billing_codes"] = content.get("billing_codes", [])
    return {
        name: hashlib.sha256(canonical_bytes({"": part})).hexdigest()[:16] for name, part in parts.items()
    }
