"""What a reference note says about a dialogue: which of its parts each unit's words turn up in."""

from __future__ import annotations

import re
from collections.abc import Iterator

SECTION_HEADS = {
    "subjective": "chief complaint|history of present illness|hpi|review of systems|ros|social history|family history"
    "|past history|past medical history|medical history|surgical history|past surgical history|medications"
    "|current medications|allergies|birth history|subjective",
    "exam": "physical exam|physical examination|exam|examination|vitals|vitals reviewed|vital signs|procedure",
    "results": "results|imaging|labs",
    "assessment": "assessment|impression|assessment and plan",
    "plan": "plan|instructions",
}
SECTION_OF = {head: section for section, heads in SECTION_HEADS.items() for head in heads.split("|")}
HEAD = re.compile(r"^\s*(?P<head>[A-Za-z ]{2,40}?)\s*:?\s*$")
PLANNED = re.compile(
    r"^\W*(?:medical treatment|additional testing|patient education|patient agreements|specialist referrals|follow"
    r"|procedures|treatment|counseling|instructions|plan)",
    re.IGNORECASE,
)
INTENDED = re.compile(
    r"\b(?:will|going to|recommend|continue|prescri|order|refer|follow|advise|discuss|start|initiate|schedule|return"
    r"|increase|decrease|repeat)",
    re.IGNORECASE,
)
WEIGHED = re.compile(r"^\W*(?:medical reasoning|assessment)", re.IGNORECASE)


def parts(note: str) -> dict[str, str]:
    """The note's text by the sections of `sections.CLASSES`, headings left out."""
    found = dict.fromkeys(SECTION_HEADS, "")
    for section, line in _lines(note):
        found[section] += line + "\n"
    return found


def _lines(note: str) -> Iterator[tuple[str, str]]:
    section, joint = "subjective", False
    for line in note.splitlines():
        match = HEAD.match(line)
        head = match["head"].lower() if match else ""
        if (
            match
            and head in SECTION_OF
            and (line.strip().isupper() or line.strip().endswith(":") or head == "plan")
        ):
            section, joint = SECTION_OF[head], head == "assessment and plan"
        elif joint:
            yield ("plan" if _is_planned(line) else "assessment"), line
        elif line.strip():
            yield section, line


def _is_planned(line: str) -> bool:
    return bool(PLANNED.match(line) or (not WEIGHED.match(line) and INTENDED.search(line)))
