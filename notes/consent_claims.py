"""What a note's text says about consent to recording, so that it can be held against the records.

Lexicon and rules, no model: a sentence counts when it speaks of consent (or its refusal) and of recording, a scribe or
software that listens, or of consent without saying to what. Consent to a procedure, a vaccine or a release of records
is another matter and is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from notes.content import SECTION_LABELS

_SENTENCE = re.compile(r"[^\n.!?]+(?:[.!?]+(?=\s|$)|[.!?]*(?=\n|$))", re.M)
_ABOUT_RECORDING = re.compile(
    r"\b(?:re-?cord(?:ed|ing|ings)?|audio|scribe|ambient|transcri\w+|artificial intelligence|AI(?=\W)|"
    r"listening software)\b",
    re.I,
)
_ABOUT_OTHER = re.compile(
    r"\b(?:procedure|surg\w+|operation|injection|biops\w+|vaccin\w+|immuni[sz]\w+|treatment|therapy|medication|"
    r"anesthe\w+|transfusion|release|medical records?|records request|testing|test|screening|study|research|trial|"
    r"imaging|contrast)\b",
    re.I,
)
_CONSENT = r"(?:consent\w*|permission|authori[sz]ation)"
_DENIES = re.compile(
    rf"\b(?:declin\w+|refus\w+|withdrew|withdrawn|withdraw\w*|revok\w+|(?:did|does) not (?:{_CONSENT}|agree|give)|"
    rf"without (?:\w+ )?{_CONSENT}|no (?:\w+ )?{_CONSENT}|not (?:give|agree|consent)\w*|"
    rf"not (?:been )?(?:recorded|transcribed))\b",
    re.I,
)
_DENIED = re.compile(
    rf"(?:\b{_CONSENT}\b.{{0,40}}?)?{_DENIES.pattern}(?:.{{0,30}}?\b(?:{_CONSENT}|obtained|given|granted)\b)?",
    re.I,
)
_AFFIRMS = re.compile(
    rf"\b(?:{_CONSENT}\b.{{0,60}}?\b(?:obtained|given|granted|provided|received|documented|confirmed|secured|on file)|"
    rf"(?:obtained|gave|given|granted|provided|received|verbal|written|informed|with)\b.{{0,40}}?\b{_CONSENT}|"
    r"consents?\b|consented|(?:agree[sd]?|okay|ok|happy|comfortable|fine)\b.{0,45}?\b\w*record\w*)\b",
    re.I,
)
_SPEAKS = re.compile(
    rf"\b(?:{_CONSENT}|agree[sd]?|declin\w+|refus\w+|withdr[ae]w\w*|okay|comfortable)\b", re.I
)


class Claim(StrEnum):
    AFFIRMS = "affirms"
    DENIES = "denies"
    BOTH = "both"


@dataclass(frozen=True)
class Said:
    """A sentence of `part` (a section's name or patient_summary) at `start`, and what it claims."""

    part: str
    label: str
    sentence: str
    start: int
    claim: Claim


def claims_in(content: Mapping[str, Any]) -> list[Said]:
    """Every sentence of the note that speaks of consent to recording, in order."""
    parts = {**content["sections"], "patient_summary": content.get("patient_summary", "")}
    return [said for part, text in parts.items() for said in _claims(part, str(text))]


def contradicts(claim: Claim, recorded: str) -> bool:
    """Whether a claim is false beside the records: granted, declined, withdrawn or not_asked (of everybody)."""
    if recorded == "granted":
        return claim != Claim.AFFIRMS
    if recorded == "withdrawn":
        return claim == Claim.AFFIRMS  # agreed first and withdrew later is what happened
    if recorded == "declined":
        return claim != Claim.DENIES
    return True


def without(text: str, sentences: list[Said], instead: str = "") -> str:
    """`text` with `sentences` taken out, the first of them replaced by `instead`."""
    for place, said in sorted(enumerate(sentences), key=lambda each: -each[1].start):
        end = said.start + len(said.sentence)
        text = text[: said.start] + (instead if place == 0 else "") + text[end:]
    lines = (re.sub(r"  +", " ", line).strip() if line.strip() else "" for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _claims(part: str, text: str) -> Iterator[Said]:
    label = SECTION_LABELS.get(part, "Patient summary")
    for found in _SENTENCE.finditer(text):
        raw = found[0]
        sentence = raw.strip()
        claim = _claim(sentence)
        if claim is not None:
            yield Said(part, label, sentence, found.start() + len(raw) - len(raw.lstrip()), claim)


def _claim(sentence: str) -> Claim | None:
    about_recording = bool(_ABOUT_RECORDING.search(sentence))
    names_consent = re.search(rf"\b{_CONSENT}\b", sentence, re.I) is not None
    if not (about_recording and _SPEAKS.search(sentence)) and not (
        names_consent and not _ABOUT_OTHER.search(sentence)
    ):
        return None
    denies = _DENIES.search(sentence)
    # "Consent was not given" affirms nothing: what is denied is taken out with the word that it denies.
    affirms = _AFFIRMS.search(_DENIED.sub(" ", sentence))
    if denies and affirms:
        return Claim.BOTH
    if denies:
        return Claim.DENIES
    return Claim.AFFIRMS if affirms else None
