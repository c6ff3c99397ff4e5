"""Which stretches of a sentence say that the patient has something now.

After NegEx (Chapman and others, 2001): a trigger turns off what follows it, up to a word that ends its reach.
Doubtful diagnoses count as unsaid: outpatient visits are not coded from "probable", "suspected" or "rule out"
(ICD-10-CM Official Guidelines, section IV.H).
"""

from __future__ import annotations

import re

NEGATED = (
    r"no|not|n['’ ]?t|without|never|none|neither|nor|den(?:y|ies|ied|ying)|negative|absent|absence of|free of|lacks?"
    r"|rather than|instead of|unremarkable for|cannot|nothing"
)
DOUBTFUL = (
    r"rul(?:e|ed|es|ing) (?:it )?out|r/o|concern(?:s|ed|ing)?|possib(?:le|ly|ility)|probabl[ey]|likel(?:y|ihood)"
    r"|unlikely|suspect(?:s|ed|ing)?|suspicio(?:us|n)|may|maybe|might|could|would|questionable|differential|worr(?:y|ied)"
    r"|whether|either|versus|vs|consistent with|compatible with|looks? like|seems? like|appears to be|presumed"
    r"|evaluat\w+|assess for|look(?:ing)? for|check(?:ing)?|test(?:s|ed|ing)?|screen(?:s|ed|ing)?|work ?up"
)
NOT_NOW = (
    r"if|in case|unless|when|should you|until|so that|prevent\w*|avoid\w*|risks?|chances?|develop(?:s|ed|ing)?|lead to"
    r"|cause[sd]?|history of|h/o|hx of|status post|s/p|prior|previous(?:ly)?|used to|past|resolved|vaccin\w+|protect\w*"
    r"|complications?|side effects?|symptoms of|signs of|ago|as a child"
)
BEFORE = re.compile(rf"\b(?:{DOUBTFUL}|{NOT_NOW}|{NEGATED})(?=\W|$)|n['’ ]t\b", re.IGNORECASE)
AFTER = re.compile(
    r"\b(?:(?:is|was|are|were|been|be|has|have|had|come|came|comes)(?: \w+)? "
    r"(?:ruled out|negative|unlikely|excluded|resolved|gone|absent|cured)"
    r"|vaccin\w+|shots?|screen\w*|tests?|panel|immuni[sz]ation|prophylaxis|precautions|clinic|risk|in the literature"
    r"|in the past|as a child|years ago|versus|vs)\b",
    re.IGNORECASE,
)
RELATIVES = re.compile(
    r"\b(?:family (?:history|hx)|fh|fhx|runs in (?:the|your|my) family"
    r"|(?:grand)?(?:mother|father|parents?|mom|dad|ma|pa)|brothers?|sisters?|siblings?|aunts?|uncles?|cousins?"
    r"|sons?|daughters?|husband|wife|relatives?)\b",
    re.IGNORECASE,
)
QUESTION = re.compile(
    r"\?\s*$|^(?:(?:ok|okay|alright|all right|and|so|um|uh)[ ,]+)*"
    r"(?:do|does|did|have|has|are|is|were|was|any|what|how|why) (?:you|he|she|your|there|any|other)\b"
    r"|\bhave you (?:ever|had|been)\b",
    re.IGNORECASE,
)
ENDS = re.compile(
    r"[;:.]\s|\b(?:but|however|although|though|except|because|since|which|apart from"
    r"|and (?=(?:i|you|he|she|we|it|they)\b))"
    r"|,\s*(?:and |so |then )?(?=(?:i|you|he|she|we|it|they|this|that|there|let)(?:['’ ]|\b))",
    re.IGNORECASE,
)


def asserted(sentence: str) -> list[str]:
    """The stretches that state something of this patient, now and without doubt; none of a question."""
    if QUESTION.search(sentence) or RELATIVES.search(sentence):
        return []
    kept = []
    for stretch in ENDS.split(sentence):
        if AFTER.search(stretch):
            continue
        trigger = BEFORE.search(stretch)
        before = stretch[: trigger.start()] if trigger else stretch
        if before.strip():
            kept.append(before)
    return kept
