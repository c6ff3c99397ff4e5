"""What a note may not lack however long it gets, and which sentences would mislead without the one beside them."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from notes.soapnoteapi.sandbox.transcript import PATIENT, PROVIDER
from notes.soapnoteapi.sandbox.writing.language import words
from notes.soapnoteapi.sandbox.writing.phrases import alternatives, any_of
from notes.soapnoteapi.sandbox.writing.placed import Unit
from notes.soapnoteapi.sandbox.writing.subjects import of_allergies, of_medications
from notes.soapnoteapi.sandbox.writing.units import asks

DANGER = any_of(
    r"""
    suicid\w*|(?:kill|hurt|harm|cut|burn)(?:ing)? (?:my|your|him|her|them)sel\w+|want(?:ed)? to die|better off dead
    wish(?:ing|ed)? (?:i|you|he|she) (?:was|were|wasn't|weren't)|overdos\w+|guns?|rifles?|pistols?|firearms?
    abus(?:e|ed|ive|ing)|(?:hits?|hurts|threatens) me|afraid of (?:him|her|my)|safe at home|crisis line|988|911
    """
)
PLANNED = any_of(
    r"""
    (?<!to )see you (?:again|back|in (?!here)|next|on|\w+day)|follow(?:ing)?[- ]?up|come back|call (?:me|us|you)
    let (?:me|us) know|refer\w*|schedul\w+|meet (?:again|every)|i want (?:you|a|an|another)
    i(?:'d| would) like (?:us|you (?!to (?:lay|lie|sit|stand|look|turn|take a deep)))
    (?:i'm|i am|we're|we are) (?:\w+ )?(?:going to|gonna|gon na) (?:order|send|start|prescribe|put|refer|get)
    (?:i|we)'ll (?:\w+ )?(?:order|send|start|prescribe|refer|call|check|ask|give)
    if (?:you|it|he|she|that|this|your|his|her|the)\b.*\b(?:worse|emergency|call|return|hospital|right away|same day)
    """
)
BEFORE_ORDER = alternatives(
    r"""
    okay|ok|so|and|then|also|now|but|please|first|second|third|finally|you (?:should|can|need to|have to|must)
    he (?:should|can|needs to|has to|must)|she (?:should|can|needs to|has to|must)|try to|make sure (?:you |to )?
    never|always
    """
)
ORDERED = alternatives(
    r"""
    take (?!a |an |care|look)|stop|start|continue|keep (?!you)|finish|use (?!my)|avoid|hold (?:off|the|that)|rinse|rest
    elevate|ice|apply|eat|limit|cut down|check|write (?:it|them|down)|wear|change it|drive|go (?:to|straight)|call
    come back|return|schedule|follow[- ]?up|swap|lower the|increase|decrease|switch|lock
    """
)
INSTRUCTED = re.compile(rf"^(?:{BEFORE_ORDER}[,. ]+)*{ORDERED}", re.IGNORECASE)
FORBIDDEN = re.compile(
    r"^(?:(?:so|and|but|please),? )*(?:don't|do not|never) (?!worry|know|think|have|see|feel|hear)",
    re.IGNORECASE,
)
CONCLUDED = any_of(
    r"""
    (?:this|it|that) (?:is|looks|sounds|seems) (?:most |very )?(?:likely|probably|consistent)|diagnosis|consistent with
    (?:this|it|that) (?:looks|sounds|seems) like (?!fun|a good|a plan|a great|you(?:'re| are) doing)
    i (?:think|believe|suspect) (?:this|it|that|he|she|the|you (?!would|should|can))|concerned (?:about|for|that)
    assessment is|rule out|is also possible
    """
)
# A speaker corrects or narrows what he has just said.
QUALIFIES = re.compile(
    r"^(?:oh|no|well|sorry|wait|actually|i mean|or|not|none|correction|scratch that|make that|at least|except|only)\b"
    r"(?! (?:problem|worries|thank|i see|good|great|i think that))",
    re.IGNORECASE,
)
OF_SOMEBODY = re.compile(r"^(?:he|she|they|his|her|their)\b", re.IGNORECASE)
LONGEST_QUALIFYING = 16  # words
LOOKED_AT = 1000  # characters; more is no sentence
SHORTEST_OBJECTION = 4  # words of another speaker; less only agrees


def is_needed(unit: Unit) -> bool:
    """Whether the note would mislead without it, however often it was said: an allergy, a danger."""
    return bool(of_allergies(unit.text) or DANGER.search(unit.text))


def is_weighty(unit: Unit) -> bool:
    """Whether it is what the provider concludes or plans, a medicine included."""
    said = unit.statement
    if unit.question is not None:
        return unit.question.role != PATIENT and is_planned(unit.question.text)
    if said.role == PATIENT:
        return False
    if is_planned(said.text) or CONCLUDED.search(said.text[:LOOKED_AT]):
        return True
    return said.role == PROVIDER and not asks(said) and of_medications(said.text)


def is_planned(text: str) -> bool:
    """Whether a provider who says it arranges, orders, forbids or warns."""
    return any(pattern.search(text[:LOOKED_AT]) for pattern in (PLANNED, INSTRUCTED, FORBIDDEN))


def leaning(units: Sequence[Unit], kept: Collection[int]) -> set[int]:
    """Which neighbours the kept units need: a correction and what it corrects, and who "he" is."""
    found: set[int] = set()
    for at in range(1, len(units)):
        before, here = units[at - 1], units[at]
        if here.question is not None:
            continue
        text = here.statement.text
        known = at - 1 in kept or at - 1 in found
        qualifies = len(words(text)) <= LONGEST_QUALIFYING and QUALIFIES.match(text)
        if not _goes_on(before, here):
            found |= {at} if known and qualifies and len(words(text)) >= SHORTEST_OBJECTION else set()
        elif qualifies and (at in kept or known):
            found |= {at - 1, at}
        elif at in kept and here.statement.role != PROVIDER and OF_SOMEBODY.match(text):
            found.add(at - 1)
    return found


def _goes_on(before: Unit, here: Unit) -> bool:
    """Whether the same speaker goes on, as far as anybody knows."""
    last, said = before.statement, here.statement
    if "" in (last.role, said.role):
        return last.sentence.speaker == said.sentence.speaker and not asks(last)
    return (last.role, last.sentence.speaker) == (said.role, said.sentence.speaker)
