"""The headings of each specialty's note. What the vendor's templates contain is unpublished; these are ours."""

from __future__ import annotations

import re
from dataclasses import dataclass

Sections = dict[str, "tuple[Heading, ...]"]


@dataclass(frozen=True)
class Heading:
    """`cue` speaks for the heading; the one without a cue takes every other line. `most` caps its lines."""

    name: str
    cue: re.Pattern[str] | None = None
    most: int | None = None


def _heading(name: str, words: str = "", most: int | None = None) -> Heading:
    return Heading(name, re.compile(rf"\b(?:{words})\b", re.IGNORECASE) if words else None, most)


COMPLAINT = _heading(
    "Chief complaint",
    r"here (?:today )?(?:for|because|to)|came in|come in|brings? (?:you|me|him|her|the patient) (?:in|here)|presents?(?: \w+)? (?:for|with|to)|chief complaint|complains of",
    1,
)
MEDICATIONS = _heading(
    "Medications and allergies",
    r"allerg\w+|medications?|medicines?|meds|tak(?:e|es|ing) \w+(?: \w+)? (?:for|daily|every|once|twice)|milligrams?|mg|inhaler|pills?|tablets?|prescriptions?|vitamins?|insulin",
)
HISTORY = _heading(
    "Past medical history",
    r"past medical history|history of|surger(?:y|ies)|surgical|diagnosed with|hospitali[sz]ed|operation|had (?:my|his|her|the patient's) \w+ (?:removed|out)",
)
FAMILY = _heading(
    "Family history",
    r"family (?:medical )?history|(?:my|his|her|patient's) (?:mother|father|mom|dad|parents|brothers?|sisters?|grand\w+|aunt|uncle) (?:had|has|have|was|is|died|passed)|runs in the family",
)
SOCIAL = _heading(
    "Social history",
    r"smok\w+|alcohol|drinks?|drinking|tobacco|vap(?:e|es|ing)|marijuana|recreational drugs?|lives? (?:with|alone)|works? (?:as|at|in)|retired|occupation|married|divorced",
)
SYSTEMS = _heading("Review of systems", r"denies|reports? (?:no|any)")
PRESENT = _heading("History of present illness")
VITALS = _heading(
    "Vital signs",
    r"blood pressure|heart rate|pulse|temperature|oxygen|saturation|respiratory rate|vitals?(?: signs)?|bmi|weighs?",
)
RESULTS = _heading(
    "Results",
    r"labs?|lab (?:results?|work)|blood ?work|x-?rays?|ct|mri|ultrasound|echo(?:cardiogram)?|ekg|ecg|biopsy|cultures?|a1c|hemoglobin|creatinine|cholesterol|tests? (?:results?|came|was|were|showed|shows)|results?",
)
EXAM = _heading("Physical exam")
ASSESSMENT = _heading("Assessment")
TREATMENT = _heading("Plan")
FOLLOW_UP = _heading(
    "Follow-up",
    r"follow(?:ing)?[- ]?up|come back|see (?:you|her|him|the patient|patient) (?:back|again|in)|return|in (?:\w+|\d+) (?:days?|weeks?|months?)",
)
ORDERS = _heading(
    "Tests and referrals",
    r"refer\w*|order\w*|labs?|blood ?work|x-?rays?|ct|mri|ultrasound|echo\w*|ekg|biopsy|physical therapy|specialist|consult\w*",
)
PRESCRIBED = _heading(
    "Medications",
    r"prescri\w+|milligrams?|mg|medications?|medicines?|antibiotics?|inhaler|insulin|refills?|dose|tablets?|pills?|cream|steroids?",
)

STANDARD: Sections = {
    "subjective": (COMPLAINT, MEDICATIONS, FAMILY, PRESENT, SYSTEMS, HISTORY, SOCIAL),
    "objective": (VITALS, RESULTS, EXAM),
    "assessment": (ASSESSMENT,),
    "plan": (PRESCRIBED, ORDERS, FOLLOW_UP, TREATMENT),
}


def template_of(specialty: str, template: str) -> Sections:
    """The headings by section for a specialty id and a template name; an unknown name means "standard"."""
    return STANDARD
