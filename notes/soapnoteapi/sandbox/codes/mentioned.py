"""Codes that were written or read out. They stay as they are; nothing is derived from them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from notes.soapnoteapi.sandbox.codes.entry import Entry, mention
from notes.soapnoteapi.sandbox.transcript import Sentence

ICD10_DOTTED = re.compile(r"\b[A-TV-Z]\d[0-9AB]\.[0-9A-Z]{1,4}\b")
ICD10_NAMED = re.compile(r"\b(?:icd(?:-?10)?|diagnosis code)\b[^.;]*?\b([A-TV-Z]\d[0-9AB])\b", re.IGNORECASE)
CPT_NAMED = re.compile(r"\b(?:cpt|billing code|procedure code)\b[^.;]*?\b(\d{5})\b", re.IGNORECASE)
HCPCS_NAMED = re.compile(r"\b(?:hcpcs)\b[^.;]*?\b([A-V]\d{4})\b", re.IGNORECASE)
SYSTEMS = {"icd10": (ICD10_DOTTED, ICD10_NAMED), "cpt": (CPT_NAMED,), "hcpcs": (HCPCS_NAMED,)}


def mentioned_codes(sentences: Iterable[Sentence]) -> dict[str, list[Entry]]:
    """By system, each code once with the first sentence that names it."""
    found: dict[str, dict[str, Entry]] = {system: {} for system in SYSTEMS}
    for sentence in sentences:
        for system, patterns in SYSTEMS.items():
            for code in (match.upper() for pattern in patterns for match in pattern.findall(sentence.text)):
                found[system].setdefault(code, mention(code, sentence.text))
    return {system: list(entries.values()) for system, entries in found.items()}
