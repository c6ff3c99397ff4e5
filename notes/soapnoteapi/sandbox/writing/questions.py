"""A question and its answer as one statement, where nothing about either can be taken two ways.

Only plain questions to the patient, only answers from a closed list, only close together. A negated, tagged, double
or either/or question, an answer with anything more to it, and whatever speaks of allergies or medicines stay as
they were said: question beside answer.
"""

from __future__ import annotations

import re

from notes.soapnoteapi.sandbox.writing.patients import Patient
from notes.soapnoteapi.sandbox.writing.spoken import cleaned, joined
from notes.soapnoteapi.sandbox.writing.subjects import is_guarded
from notes.soapnoteapi.sandbox.writing.verbs import BASES, PASTS, gerund

LONGEST_GAP = 3.0  # seconds from the end of the question to the answer
OVERLAP = 0.5  # seconds an answer may begin early; times of two channels are no closer than this
LONGEST_QUESTION = 160  # characters
LONGEST_ANSWER = 60

YES = r"(?:yes|yeah|yep|yup)"
NO = r"(?:no|nope|nah)"
ADDRESS = r"(?:,? (?:sir|ma'am|maam|doctor|doc))?"
AGREED = re.compile(
    rf"(?:{YES}[,.]? ?){{1,3}}(?:i (?P<verb>do|did|have|am|was)|(?:it|that) (?P<it>is|does|was|did))?{ADDRESS}"
)
DENIED = re.compile(
    rf"(?:{NO}[,.]? ?){{1,3}}(?:i (?P<verb>do|did|have|am|was|had)(?:n't| not)|(?:it|that) (?P<it>is|does|was|did)(?:n't| not)"
    rf"|i'm not|not at all|none(?: at all)?)?{ADDRESS}"
)
TWOFOLD = re.compile(
    r"\b(?:or|nor|and|either|neither|both|versus|but|if|except|besides|other than|otherwise|instead)\b|[/;:]",
    re.IGNORECASE,
)
NEGATED = re.compile(
    r"n't\b|\b(?:no|not|never|none|nothing|without|deny|denies|denied|nobody|neither|cannot)\b", re.IGNORECASE
)
TAGGED = re.compile(
    r"\b(?:right|correct|okay|ok|yeah|yes|huh|true|is that it|is that (?:right|correct|true|fair|accurate)|am i right|you said"
    r"|you mentioned|(?:is|are|do|does|did|have|has|was|were|wo|would|could)n't (?:it|you|he|she|they|that|there))\b\W*$",
    re.IGNORECASE,
)
OTHERS = re.compile(
    r"\b(?:he|she|him|his|her|they|them|their|we|us|our|i|me|my|wife|husband|mother|father|mom|dad|parents?|brothers?"
    r"|sisters?|siblings?|sons?|daughters?|kids?|child(?:ren)?|friends?|partner|family|families|relatives?|anyone|anybody|someone"
    r"|somebody|everyone|everybody|people)\b",
    re.IGNORECASE,
)
REQUESTED = re.compile(r"\b(?:mind|questions?|want me|like me|ready|understand|sense|sound)\b", re.IGNORECASE)
LEAD = re.compile(r"^(?:(?:and|so|but|now|then|okay|also|any chance|any of those)[,.]? )*", re.IGNORECASE)
LAST = re.compile(r"(?:,? (?:at all|today|currently|right now|recently|lately))$")

EVER = r"(?P<ever>(?:ever|still|currently|also|recently|already|normally|usually|typically) )?"
PLAIN = (
    re.compile(rf"(?:do|are) you {EVER}(?:have|having|get|getting) (?:any |a |an )?(?P<thing>.+)"),
    re.compile(r"(?:any|is there any|are there any) (?P<thing>.+)"),
)
HAVE_YOU = re.compile(rf"have you {EVER}(?P<verb>[a-z]+)(?P<rest> .+)?")
DO_YOU = re.compile(rf"do you {EVER}(?P<verb>[a-z]+)(?P<rest> .+)?")
ARE_YOU = re.compile(
    rf"are you {EVER}(?P<rest>(?:[a-z]+ing|able to|sexually active|married|diabetic|pregnant|retired)\b.*)"
)


def merged(question: str, answer: str, *, seconds_apart: float | None, patient: Patient) -> str | None:
    """One line for both, or None where they have to stand side by side.

    `seconds_apart` is the time from the end of the question to the start of the answer; None for typed text.
    """
    if seconds_apart is not None and not -OVERLAP <= seconds_apart <= LONGEST_GAP:
        return None
    if not patient.speaks or len(question) > LONGEST_QUESTION or len(answer) > LONGEST_ANSWER:
        return None
    asked, said = _plain(question), joined(answer).lower()
    if is_guarded(asked) or is_guarded(said):
        return None
    return _yes_or_no(asked, said, patient)


def _plain(question: str) -> str:
    asked = cleaned(question).lower().rstrip(" ?.!")
    return LEAD.sub("", asked)


def _yes_or_no(asked: str, said: str, patient: Patient) -> str | None:
    polarity = _polarity(said)
    if polarity is None or "?" in asked or _is_twofold(asked):
        return None
    statement = _statement(asked, patient)
    return f"{'Reports' if polarity else 'Denies'} {statement}." if statement else None


def _is_twofold(asked: str) -> bool:
    return (
        any(pattern.search(asked) for pattern in (TWOFOLD, NEGATED, TAGGED, OTHERS, REQUESTED))
        or "," in asked
    )


def _polarity(said: str) -> bool | None:
    said = re.sub(r"^(?:(?:um|uh|oh|well)[,.]? )+", "", said).strip(" .!,")
    if AGREED.fullmatch(said):
        return True
    return False if DENIED.fullmatch(said) else None


def _statement(asked: str, patient: Patient) -> str:
    """What is reported or denied; "" where no pattern fits the whole question."""
    asked = re.sub(r"\byour\b", patient.possessive, asked)
    for pattern in PLAIN:
        if (found := pattern.fullmatch(asked)) and "you" not in found["thing"].split():
            ever = found.groupdict().get("ever") or ""
            return f"{ever}having {found['thing']}" if ever else found["thing"]
    if (
        (found := HAVE_YOU.fullmatch(asked))
        and found["verb"] in PASTS
        and "you" not in (found["rest"] or "").split()
    ):
        return f"{found['ever'] or ''}having {found['verb']}{found['rest'] or ''}"
    if (
        (found := DO_YOU.fullmatch(asked))
        and found["verb"] in BASES
        and "you" not in (found["rest"] or "").split()
    ):
        return f"{found['ever'] or ''}{gerund(found['verb'])}{found['rest'] or ''}"
    if (found := ARE_YOU.fullmatch(asked)) and "you" not in found["rest"].split():
        being = "" if re.match(r"[a-z]+ing\b", found["rest"]) else "being "
        return f"{found['ever'] or ''}{being}{found['rest']}"
    return ""
