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

# A full stop inside "9 a.m.", "3.15" or "Doxy.me" ends no sentence; one between "pain.Verbal" does.
_SENTENCE = re.compile(r"(?:[^\n.!?]|(?<![a-z])[.!?](?=\S)|[.!?](?=[^\sA-Z]))+[.!?]*")
_RECORDING = (
    r"(?:re-?cord(?:ed|ing|ings)?|audio|scribe|ambient|transcri\w+|artificial intelligence|AI|"
    r"listening software)"
)
_ABOUT_RECORDING = re.compile(rf"\b{_RECORDING}\b", re.I)
# What patients and devices record; of the visit only where the sentence says so.
_OTHER_RECORDS = re.compile(
    r"\b(?:blood pressure|glucose|sugars?|weights?|diary|headache|mood|food|holter|ECG|EKG|EEG|ambulatory|telemetry|"
    r"audiomet\w+|audiolog\w+)\b",
    re.I,
)
_OF_THE_VISIT = re.compile(
    r"\b(?:visit|session|encounter|conversation|appointment|call|scribe|AI|ambient|be(?:ing)? recorded)\b",
    re.I,
)
_ABOUT_OTHER = re.compile(
    r"\b(?:procedure|surg\w+|operation|injection|biops\w+|vaccin\w+|immuni[sz]\w+|treatment|therapy|medication|"
    r"anesthe\w+|transfusion|release|medical records?|records request|testing|test|screening|study|research|trial|"
    r"imaging|contrast|telehealth|telemedicine|virtual|sex\w*|assault\w*|intercourse|contracept\w+|school|sports|"
    r"age of consent|to (?:speak|talk|discuss|share|leave|contact|call|send))\b",
    re.I,
)
_CONSENT = r"(?:consent\w*|permission|authori[sz]ation)"
_NAMES_CONSENT = re.compile(rf"\b{_CONSENT}\b", re.I)
_WILLING = r"(?:agree\w*|assent\w*|approv\w+|allow\w*|permit\w*|okay|ok|happy|comfortable|fine|said yes)"
_NO_REFUSAL = re.compile(
    r"\b(?:(?:(?:did|does|do) not|never) (?:declin|refus|object|mind)\w*|(?:no|without) objections?)\b", re.I
)
_DENIES = re.compile(
    rf"\b(?:declin\w+|refus\w+|object(?:s|ed)|withdr[ae]w\w*|revok\w+|rather not|(?:not|never) (?:asked|want|wish)\w*|"
    rf"(?:did|does) not (?:{_CONSENT}|agree|give)|(?:not|never) (?:\w+ )?{_WILLING}|without (?:\w+ )?{_CONSENT}|"
    rf"no (?:\w+ )?{_CONSENT}|(?:not|never) (?:give|gave|consent)\w*|not (?:been )?(?:recorded|transcribed))\b",
    re.I,
)
# What is denied goes with the consent that it denies, and no further than to the next clause.
_DENIED = re.compile(
    rf"(?:\b{_CONSENT}\b.{{0,40}}?)?{_DENIES.pattern}"
    rf"(?:(?:(?!\b(?:but|then|and)\b|[,;]).){{0,30}}?\b(?:{_CONSENT}|obtained|given|granted)\b)?",
    re.I,
)
_REFUSES = re.compile(r"\b(?:declin\w+|refus\w+)\b((?:(?!\b(?:but|then|and)\b)[^,;.])*)", re.I)
_AFFIRMS = re.compile(
    rf"\b(?:{_CONSENT}\b.{{0,60}}?\b(?:obtained|given|granted|provided|received|documented|confirmed|secured|on file)|"
    rf"(?:obtained|gave|given|granted|provided|received|verbal|written|informed|with)\b.{{0,40}}?\b{_CONSENT}|"
    rf"consents?\b|consented|{_WILLING}\b.{{0,45}}?\b{_RECORDING}|{_RECORDING}\b.{{0,45}}?\b{_WILLING})\b",
    re.I,
)
# That something was not recorded says nothing of what anybody wanted.
_SPEAKS = re.compile(
    rf"\b(?:{_CONSENT}|{_WILLING}|declin\w+|refus\w+|object(?:s|ed)|withdr[ae]w\w*|revok\w+|rather not|"
    r"(?:not|never) (?:asked|want|wish)\w*)\b",
    re.I,
)
_ROLES = {
    "patient": re.compile(r"\b(?:patient|pt)\b(?!['’]s)", re.I),
    "guardian": re.compile(r"\b(?:mother|father|mom|dad|parents?|guardian)\b", re.I),
    "interpreter": re.compile(r"\binterpreter\b", re.I),
    "trainee": re.compile(r"\b(?:trainee|student|resident)\b", re.I),
}


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


def roles_named(sentence: str) -> set[str]:
    """The roles of those whose answer the sentence tells, as far as it names them."""
    return {role for role, words in _ROLES.items() if words.search(sentence)}


def _claim(sentence: str) -> Claim | None:
    text = re.sub(r"n['’]t\b", " not", sentence)
    about_recording = _is_about_recording(text)
    if about_recording:
        text = _NO_REFUSAL.sub("consented", text)
    # "Refuses metformin" beside a sentence's consent is a finding of its own.
    text = _REFUSES.sub(_own_refusal, text)
    about_consent = _NAMES_CONSENT.search(text) is not None and not _ABOUT_OTHER.search(text)
    if not about_consent and not (about_recording and _SPEAKS.search(text)):
        return None
    denies = _DENIES.search(text)
    # "Consent was not given" affirms nothing: what is denied is taken out with the word that it denies.
    affirms = _AFFIRMS.search(_DENIED.sub(" ", text))
    if denies and affirms:
        return Claim.BOTH
    if denies:
        return Claim.DENIES
    return Claim.AFFIRMS if affirms else None


def _is_about_recording(text: str) -> bool:
    if not _ABOUT_RECORDING.search(text):
        return False
    return not _OTHER_RECORDS.search(text) or _OF_THE_VISIT.search(text) is not None


def _own_refusal(found: re.Match[str]) -> str:
    """The refusal if it is one of recording or of nothing named, else nothing."""
    what = found[1].strip()
    ours = not what or _is_about_recording(what) or _NAMES_CONSENT.search(what)
    return found[0] if ours else " "
