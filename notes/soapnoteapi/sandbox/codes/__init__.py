"""Billing codes: those that were said, and suggestions to check, each with the words it rests on.

ICD-10-CM at the level of the three-character category, never a billable code that nobody said; CPT by time.
`build` makes the table that is shipped in `data/`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from notes.soapnoteapi.sandbox.codes import cpt, icd10
from notes.soapnoteapi.sandbox.codes.entry import Entry, suggestion
from notes.soapnoteapi.sandbox.codes.mentioned import mentioned_codes
from notes.soapnoteapi.sandbox.transcript import PATIENT, Sentence
from notes.soapnoteapi.sandbox.writing.placed import Line
from notes.soapnoteapi.sandbox.writing.roles import with_roles

MOST_SUGGESTIONS = 12
ICD11_NOTICE = "The sandbox suggests no ICD-11 codes: it has no table of them."
# Words that make a diagnosis one of this visit, wherever the sentence stands.
STATES_PROBLEM = re.compile(
    r"\b(?:(?:first|second|third|fourth|fifth|next|last|other|primary|main) (?:\w+ )?"
    r"(?:problem|issue|diagnosis|condition)"
    r"|my (?:diagnosis|impression|assessment)|i think (?:you|he|she) (?:have|has|do have))\b"
    r"|^(?:\W*\b(?:and|so|okay|alright|then|now|uh|um)\b\W*)*"
    r"(?:for|as far as|in terms of|regarding) (?:your|his|her|the)\b",
    re.IGNORECASE,
)
# In a plan, a diagnosis is what something is done for; without such words it may be anything.
NAMES_PROBLEM = re.compile(
    r"\b(?:diagnos\w+|problem|(?:for|regarding|with|about|treat\w*|manag\w+) (?:\w+ ){0,2}?(?:your|his|her|their|the)"
    r"|(?:you|he|she|patient|pt) (?:do |does )?(?:have|has)|you(?:'ve| 've) got|assessment|impression)\b",
    re.IGNORECASE,
)


def billing_codes(
    sentences: Sequence[Sentence], lines: Iterable[Line], *, specialty: str, seconds: float | None
) -> dict[str, list[Entry]]:
    """By system. `seconds`: the length of the recording, None for typed text."""
    found = mentioned_codes(sentences)
    by_clinic = [said.sentence for said in with_roles(sentences) if said.role != PATIENT]
    known = {entry["code"][:3] for entry in found["icd10"]}
    sections = {line.sentence: line.section for line in lines}
    naming = [said for said in by_clinic if _names_diagnosis(said, sections.get(said, said.heading))]
    found["icd10"] += [entry for entry in _diagnoses(naming) if entry["code"] not in known]
    if not found["cpt"]:
        found["cpt"] = cpt.suggestions(by_clinic, specialty, seconds)
    return found


def _diagnoses(sentences: Iterable[Sentence]) -> list[Entry]:
    entries: dict[str, Entry] = {}
    for sentence in sentences:
        for match in icd10.diagnoses(sentence.text):
            reason = f"“{match.said}” names this category; release {icd10.release()}"
            meaning = f"{match.title} (category)"
            entry = suggestion(match.code, meaning, source=sentence.text, reason=reason)
            entries.setdefault(match.code, entry)
    return list(entries.values())[:MOST_SUGGESTIONS]


def _names_diagnosis(sentence: Sentence, section: str) -> bool:
    """Whether a diagnosis here is one of this visit: an assessment, or words that make it one."""
    if section == "assessment" or (section == "plan" and NAMES_PROBLEM.search(sentence.text)):
        return True
    return STATES_PROBLEM.search(sentence.text) is not None
