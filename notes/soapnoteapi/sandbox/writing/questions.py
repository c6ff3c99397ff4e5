"""A question and its answer as one statement, where nothing about either can be taken two ways.

Only plain questions to the patient, only answers from a closed list, only close together. A negated, tagged, double
or either/or question, an answer with anything more to it, and whatever speaks of allergies or medicines stay as
they were said: question beside answer.
"""

from __future__ import annotations

import re

from notes.soapnoteapi.sandbox.writing.guard import says_no_more
from notes.soapnoteapi.sandbox.writing.patients import Patient
from notes.soapnoteapi.sandbox.writing.phrases import any_of
from notes.soapnoteapi.sandbox.writing.spoken import cleaned, joined
from notes.soapnoteapi.sandbox.writing.subjects import is_guarded
from notes.soapnoteapi.sandbox.writing.verbs import BASES, PASTS, gerund

LONGEST_GAP = 3.0  # seconds from the end of the question to the answer
OVERLAP = 0.5  # seconds an answer may begin early; times of two channels are no closer than this
LONGEST_QUESTION = 160  # characters
LONGEST_ANSWER = 60

YES = r"(?:yes|yeah|yep|yup)"
NO = r"(?:no|nope|nah)"
HESITATION = re.compile(r"^(?:(?:u[hm]+|oh|well)[,.]? )+", re.IGNORECASE)
ADDRESS = r"(?:,? (?:sir|ma'?am|doctor|doc))?"
AGREED = re.compile(rf"{YES}(?:[,.]? {YES}){{0,2}}(?:[,.]? i (?P<verb>do|did|have|am|was))?{ADDRESS}")
DENIED = re.compile(
    rf"(?:{NO}(?:[,.]? {NO}){{0,2}}(?:[,.]? i (?P<verb>do|did|have|am|was)(?:n't| not)|[,.]? i'm not|[,.]? not at all)?"
    rf"|i (?P<alone>do|did|have|was)(?:n't| not)|i'm not|not at all|none(?: at all)?){ADDRESS}"
)
TWOFOLD = any_of(
    """
    or|nor|and|either|neither|both|versus|but|if|except|besides|other than|other then|otherwise|instead|because
    """
)
NEGATED = re.compile(
    r"n't\b|\b(?:no|not|never|none|nothing|without|den(?:y|ies|ied)|nobody|cannot|hardly|barely|rarely|free)\b",
    re.IGNORECASE,
)
TAGGED = re.compile(
    r"\b(?:right|correct|okay|ok|yeah|yes|huh|true|you know|you said|you mentioned"
    r"|is (?:it|that)|(?:is|are|do|does|did|have|has|was|were|wo|would|could)n't (?:it|you|he|she|they|that"
    r"|there))\W*$",
    re.IGNORECASE,
)
OTHERS = any_of(
    """
    he|she|him|his|her|they|them|their|we|us|our|i|me|my|wife|husband|mother|father|mom|dad|parents?|brothers?|sisters?
    siblings?|sons?|daughters?|kids?|child(?:ren)?|friends?|partner|family|families|relatives?|anyone|anybody|someone
    somebody|everyone|everybody|people
    """
)
# Asked to arrange something or to be followed, not to learn about the patient.
REQUESTED = any_of(
    "mind|questions?|want me|like me|ready|understand|remember|know|think|sense|sound|mean|hear|see"
)
LEAD = re.compile(r"^(?:(?:and|so|but|now|then|okay|also|any chance)[,.]? )*", re.IGNORECASE)

EVER = r"(?P<ever>(?:ever|still|currently|also|recently|already|normally|usually|typically) )?"
BEING = r"(?:[a-z]+ing|able to|sexually active|married|diabetic|pregnant|retired|(?:right|left)[- ]handed)"
HAVING, ANY, HAVE_YOU, DO_YOU, ARE_YOU = (
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?:do|are) you {EVER}(?:have|having|get|getting|experiencing) (?P<thing>.+)",
        r"(?:(?:is|are) there )?(?P<thing>any .+)",
        rf"have you {EVER}(?P<verb>[a-z]+)(?P<rest> .+)?",
        rf"do you {EVER}(?P<verb>[a-z]+)(?P<rest> .+)?",
        rf"are you {EVER}(?P<rest>{BEING}\b.*)",
    )
)
NO_REPORT = frozenset({"want", "need", "like", "have", "get"})
JUST_ANY = re.compile(r"\bany (?!more\b)", re.IGNORECASE)
ANY_KIND = re.compile(r"\bany (?:kind|sort|type)\b", re.IGNORECASE)
AT_ALL = re.compile(r" at all$", re.IGNORECASE)
YOUR = re.compile(r"\byour\b", re.IGNORECASE)
END = re.compile(r"[?.!\s]+$")

# Questions whose short answer needs no more than a label.
LABELS = tuple(
    (re.compile(pattern, re.IGNORECASE), label)
    for pattern, label in (
        (r"how old are you(?: now)?", "Age"),
        (r"how long have you had (?:this|that|it)", "Duration"),
        (r"how long has (?:this|that|it) been (?:going on|happening|bothering you)(?: for)?", "Duration"),
        (r"how long have you had (?P<of>(?:the|this|that|these|those) [a-z]+(?: [a-z]+)?)", "Duration of {of}"),
        (r"when did (?:this|that|it|all this|all of this) (?:first )?(?:start|begin|happen)", "Onset"),
        (r"when did (?P<of>(?:the|this|that) [a-z]+(?: [a-z]+)?) (?:first )?(?:start|begin)", "Onset of {of}"),
        (r"where (?:is|was) (?P<of>(?:the|this|that) [a-z]+)(?: located)?", "Location of {of}"),
        (r"which (?P<of>[a-z]+) (?:is it|was it|is bothering you|hurts)", "Which {of}"),
        (r"what do you do for (?:work|a living)", "Occupation"),
        (r"how tall are you", "Height"),
        (r"how much do you weigh", "Weight"),
        (r"how would you rate (?:the|this|that|your) pain(?: on a scale of (?:one|1) to (?:ten|10))?", "Pain rating"),
    )
)  # fmt: skip
# An answer that is only an amount, a time, a place or a name: no verb of its own, no yes or no, nobody in it.
NO_LABEL = any_of(
    """
    i|i'm|i've|my|me|your|you|we|it|it's|he|she|they|that|that's|yes|yeah|no|not|nope|don't|do|does|did|is|was|are
    were|has|have|had
    and|but|or|well|okay|depends|sure|what|why|how|when|where|which|who|because|if|think|guess|just|so
    """
)
LONGEST_LABELLED = 6  # words


# A second question inside the first; something pointed at rather than named; something taken, perhaps a medicine.
SECOND = re.compile(
    r"\b(?:this|that|these|those|it|here|there|them|tak(?:e|es|en|ing)|took|you|do|does|did|is|are|was"
    r"|were|has|have|can|could|would|what|where|when|who)\b",
    re.IGNORECASE,
)
SYMPTOMS = any_of(
    """
    (?:chest |back |belly |abdominal |stomach |joint |muscle |leg |knee )?pains?|aches?|fevers?|chills?|nausea|vomiting
    diarrhea|constipation|cough(?:ing)?|congestion|wheez(?:e|ing)|shortness of breath|dizziness|fatigue|headaches?
    numbness
    tingling|weakness|swelling|redness|rash(?:es)?|itching|bleeding|bruising|palpitations|sweats?|burning|cramp(?:s|ing)
    weight (?:loss|gain)|loss of appetite|blood|sore throat|runny nose|lightheadedness|bloating|stiffness|popping
    clicking
    """
)


def merged(question: str, answer: str, *, seconds_apart: float | None, patient: Patient) -> str | None:
    """One line for both, or None where they have to stand side by side.

    `seconds_apart` is the time from the end of the question to the start of the answer; None for typed text.
    """
    if seconds_apart is not None and not -OVERLAP <= seconds_apart <= LONGEST_GAP:
        return None
    if not patient.speaks or len(question) > LONGEST_QUESTION or len(answer) > LONGEST_ANSWER:
        return None
    asked, said = _asked(question), _said(answer)
    if is_guarded(joined(question)) or is_guarded(said) or _is_doubtful(asked):
        return None
    line = _yes_or_no(asked, said, patient) or _labelled(asked, said)
    return line if line and says_no_more(line, question, answer) else None


def _asked(question: str) -> str:
    return LEAD.sub("", END.sub("", cleaned(question).replace("’", "'")))


def _said(answer: str) -> str:
    return HESITATION.sub("", joined(answer).replace("’", "'")).strip(" .!,")


def _is_doubtful(asked: str) -> bool:
    """Whether the question is negated, tagged, about somebody else, a request, or more than one."""
    return any(mark in asked for mark in '?.,;:/!…"') or any(
        pattern.search(asked) for pattern in (NEGATED, TAGGED, OTHERS, TWOFOLD, REQUESTED)
    )


def _yes_or_no(asked: str, said: str, patient: Patient) -> str:
    answer = AGREED.fullmatch(said.lower()) or DENIED.fullmatch(said.lower())
    thing = YOUR.sub(patient.possessive, _statement(asked))
    if not thing or not answer or not _answers(asked.lower(), answer):
        return ""
    if answer.re is DENIED:
        return f"Denies {thing}."
    return "" if ANY_KIND.search(thing) else f"Reports {AT_ALL.sub('', JUST_ANY.sub('', thing))}."


def _answers(asked: str, answer: re.Match[str]) -> bool:
    """Whether "i do" answers a "do you", and not the question before it."""
    verbs = [verb for verb in answer.groupdict().values() if verb]
    return all(asked.startswith(f"{'are' if verb == 'am' else verb} you") for verb in verbs)


def _statement(asked: str) -> str:
    """What is reported or denied; "" where no pattern fits the whole question."""
    thing = _thing(asked)
    doubled = SECOND.search(thing) or thing.count("any ") > 1 or len(SYMPTOMS.findall(thing)) > 1
    return "" if doubled else re.sub(r"^any (?!kind|sort|type|more)", "", thing)


def _thing(asked: str) -> str:
    if found := ANY.fullmatch(asked):
        return f"any {found['thing'][4:]}"
    if found := HAVING.fullmatch(asked):
        return f"{found['ever']}having {found['thing']}" if found["ever"] else found["thing"]
    if (found := HAVE_YOU.fullmatch(asked)) and (verb := found["verb"].lower()) in PASTS:
        return f"{found['ever'] or ''}having {verb}{found['rest'] or ''}".replace(
            "having been having", "having"
        )
    if (found := DO_YOU.fullmatch(asked)) and (verb := found["verb"].lower()) in BASES - NO_REPORT:
        return f"{found['ever'] or ''}{gerund(verb)}{found['rest'] or ''}"
    if found := ARE_YOU.fullmatch(asked):
        being = "" if re.match(r"[a-z]+ing\b", found["rest"], re.IGNORECASE) else "being "
        return f"{found['ever'] or ''}{being}{found['rest']}"
    return ""


def _labelled(asked: str, said: str) -> str:
    if not said or NO_LABEL.search(said) or len(said.split()) > LONGEST_LABELLED or "?" in said:
        return ""
    for pattern, label in LABELS:
        if found := pattern.fullmatch(asked):
            return f"{label.format(**found.groupdict())}: {said}."
    return ""
