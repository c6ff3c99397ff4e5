"""Headings that notes share, with the words that speak for them. Cheap cues: a line without one stays general."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from notes.soapnoteapi.sandbox.writing.phrases import any_of
from notes.soapnoteapi.sandbox.writing.subjects import is_guarded


@dataclass(frozen=True)
class Heading:
    """`cue` speaks for the heading; the one of a section without a cue takes every other line.

    `most` caps its lines: a note has one chief complaint. A `weak` cue counts only where no other speaks. `rule` speaks
    for it where a cue would be too long a list.
    """

    name: str
    cue: re.Pattern[str] | None = None
    most: int | None = None
    weak: bool = False
    rule: Callable[[str], bool] | None = None

    def fits(self, text: str) -> bool:
        return bool(self.cue and self.cue.search(text)) or bool(self.rule and self.rule(text))


KIN = r"(?:mother|father|mom|dad|parents?|brothers?|sisters?|siblings?|sons?|daughters?|grand\w+|aunts?|uncles?)"
COMPLAINT = Heading(
    "Chief complaint",
    any_of(
        r"""
        here (?:today )?(?:for|because|to|with)|c[oa]me in (?:today )?(?:for|because|to|with)|coming in (?:today )?for
        presents?(?: \w+){0,2} (?:for|with|to)|chief complaint|complain(?:s|ing) of|reason for (?:the |this )?visit
        """
    ),
    most=1,
)
TAKEN = Heading(
    "Medications and allergies",
    any_of(
        r"""
        allerg\w+|anaphyla\w+|medications?|medicines?|meds|milligrams?|mgs?|inhalers?|pills?|tablets?|prescriptions?
        vitamins?|supplements?|insulin|tylenol|ibuprofen|aspirin|antibiotics?|over[- ]the[- ]counter|doses?|dosage
        """
    ),
    rule=is_guarded,
)
FAMILY = Heading(
    "Family history",
    any_of(
        rf"""
        family (?:medical )?history|(?:runs?|anyone|anybody) in (?:the|his|her|the patient's|my|your) family
        {KIN} (?:\w+ )?(?:had|has|have|was|died|passed)
        """
    ),
)
SOCIAL = Heading(
    "Social history",
    any_of(
        r"""
        smok\w+|cigarettes?|alcohol|drinks?|drinking|tobacco|vap(?:e|es|ing)|marijuana|cannabis|recreational drugs?
        drug use
        lives? (?:with|alone)|living (?:with|alone)|works? (?:as|at|for)|retired|occupation|married|divorced
        sexually active
        """
    ),
)
PAST = Heading(
    "Past medical history",
    any_of(
        r"""
        past (?:medical|surgical) history|medical history|history of|surger(?:y|ies)|diagnosed with|hospitali[sz]ed
        operat(?:ion|ed)|(?:diabetes|hypertension|high blood pressure|asthma|copd|arthritis) since
        """
    ),
    weak=True,
)
SYSTEMS = Heading(
    "Review of systems", re.compile(r"^Denies\b|\breview of systems\b", re.IGNORECASE), weak=True
)
PRESENT = Heading("History of present illness")
VITALS = Heading(
    "Vital signs",
    any_of(
        r"""
        blood pressures?|heart rate|pulse (?:is|was|of)|temperature|oxygen|sats?|saturation|respiratory rate
        vital signs?
        vitals|bmi|weight (?:is|was)
        """
    ),
)
RESULTS = Heading(
    "Results",
    any_of(
        r"""
        labs?|lab work|blood ?work|x-?rays?|ct|cat scan|mri|ultrasound|echo(?:cardiogram)?|ekg|ecg|biops(?:y|ies)
        cultures?
        a1c|hemoglobin|creatinine|cholesterol|results?|radiograph\w*|imaging|mammogram|urinalysis|colonoscopy|pathology
        """
    ),
)
EXAM = Heading("Physical exam")
ASSESSMENT = Heading("Assessment")
TREATMENT = Heading("Plan")
FOLLOW_UP = Heading(
    "Follow-up",
    any_of(
        r"""
        follow(?:ing)?[- ]?up|come back|see (?:you|her|him|the patient|patient) (?:back|again|in)|return
        next (?:visit|appointment)
        in (?:a|one|two|three|four|six|eight|\d+)(?: to \w+)? (?:days?|weeks?|months?)|call (?:me|us|the office)
        """
    ),
)
ORDERS = Heading(
    "Tests and referrals",
    any_of(
        r"""
        refer(?:ral|red|ring)?|labs?|blood ?work|x-?rays?|ct|cat scan|mri|ultrasound|echo\w*|ekg|biopsy|physical therapy
        specialist|consult\w*|mammogram|colonoscopy|a1c|lipid panel|urinalysis|culture|stress test|pulmonary function
        """
    ),
)
PRESCRIBED = Heading(
    "Medications",
    any_of(
        r"""
        prescri\w+|milligrams?|mgs?|medications?|medicines?|meds|antibiotics?|inhalers?|insulin|refills?|doses?
        tablets?|pills?
        creams?|ointments?|steroids?|injections?|tylenol|ibuprofen|motrin|aspirin|over[- ]the[- ]counter
        """
    ),
)
