"""Clinical words and shorthand in plain words, by a closed list, and the guard that proves that no fact changed."""

from __future__ import annotations

import re
from collections import Counter

SHORTHAND = {
    r"b\.?i\.?d\.?": "twice a day",
    r"t\.?i\.?d\.?": "three times a day",
    r"q\.?i\.?d\.?": "four times a day",
    r"q\.?d\.?": "once a day",
    r"q\.?o\.?d\.?": "every other day",
    r"q\.?h\.?s\.?": "at bedtime",
    r"q\.?a\.?m\.?": "every morning",
    r"q\.?p\.?m\.?": "every evening",
    r"q\.? ?(\d{1,2}) ?h(?:rs?)?\.?": r"every \1 hours",
    r"p\.?r\.?n\.?": "as needed",
    r"p\.?o\.?": "by mouth",
    r"f/u": "follow up",
    r"w/": "with",
    r"pt\.?": "patient",
    r"tabs?": "tablets",
    r"caps": "capsules",
    r"hrs": "hours",
    r"otc": "over-the-counter",
}
CLINICAL = {
    r"(?<!pulmonary )(?<!portal )(?<!intracranial )(?<!ocular )(?<!venous )hypertension": "high blood pressure",
    r"hyperlipidemia": "high blood fats",
    r"hypercholesterolemia": "high cholesterol",
    r"hyperglycemia": "high blood sugar",
    r"hypoglycemia": "low blood sugar",
    r"hyperkalemia": "high potassium",
    r"hypokalemia": "low potassium",
    r"myocardial infarction": "heart attack",
    r"edema": "swelling",
    r"dyspnea": "shortness of breath",
    r"syncope": "fainting",
    r"emesis": "vomiting",
    r"pruritus": "itching",
    r"erythema": "redness",
    r"epistaxis": "nosebleed",
    r"cephalgia": "headache",
    r"analgesics": "pain medicines",
    r"analgesic": "pain medicine",
    r"discontinue": "stop",
    r"ambulate": "walk",
    r"gerd": "acid reflux",
    r"uti": "urinary tract infection",
    r"bp": "blood pressure",
    r"gonna": "going to",
    r"wanna": "want to",
    r"gotta": "have to",
}
REQUEST_TO_YOU = "Please "
REQUESTS = {
    r"^(?:i|we)(?: would|['’]d)? (?:want|like|need) you to (?!not\b|never\b)": REQUEST_TO_YOU,
    r"^(?:the )?(?:patient|pt\.?) (?:is )?to (?!not\b|never\b)": "You are to ",
    r"^(?:the )?(?:patient|pt\.?) needs to ": "You need to ",
    r"^order (?=(?:an?|the|some)\b|\w+ \d)": "To be ordered: ",
    r"^(?:the )?(?:patient|pt\.?) (?=(?:should|must|will|may|can)\b)": "You ",
}
# Only what nobody but the clinic does: "we'll take that for a week" is for the patient to do.
PROMISE = re.compile(
    r"^(?:i|we)(?:(?: am| are|['’](?:m|re)) going to| will|['’]ll) "
    r"(?=(?:order|prescribe|schedule|arrange|refer|recheck|(?:send|give|get|put|start|call|see) you)\b)",
    re.IGNORECASE,
)
PROMISED = "Your clinician will "
REPLACEMENTS = [
    *(
        (re.compile(rf"(?<![\w./'’-]){said}(?![\w/'’-])", re.IGNORECASE), plain)
        for said, plain in SHORTHAND.items()
    ),
    *((re.compile(rf"(?<![\w-]){said}(?![\w-])", re.IGNORECASE), plain) for said, plain in CLINICAL.items()),
]
THIRD_PERSON = re.compile(
    r"\b(?:he|she|they|him|her|them|his|hers|their|theirs|patient|patient['’]s|pt)\b", re.IGNORECASE
)
FIRST_PERSON = re.compile(r"\b(?:i|me|my|mine|we|us|our|ours)\b", re.IGNORECASE)

SMALL_I = re.compile(r"(?<![\w.])i(?=['’ ])")
WORD = re.compile(r"\w+(?:['’]\w+)*")
NUMBER = re.compile(r"\d+(?:[.,/:-]\d+)*")
# Words that must stay, each as often and in the same order.
MUST_STAY = re.compile(
    r"\b(?:no|not|never|none|neither|nor|without|cannot|\w+n['’]t|unless|until|if|when|except|only|but|or|stop\w*|avoid"
    r"|hold|call|return|come|emergency|911|hospital|immediately|worse\w*|before|after|left|right|both|half|double|least"
    r"|most|more|less|increase\w*|decrease\w*|may|might|could|should|must)\b",
    re.IGNORECASE,
)
_LOST = """
    order gonna wanna gotta
    i we would d want like need needs you to the patient pt is am are m re ll going will b t q o s h a p
    r n f u w po hrs tab tabs caps otc bid tid qid qd qod qhs qam qpm prn hypertension hyperlipidemia
    hypercholesterolemia hyperglycemia hypoglycemia hyperkalemia hypokalemia myocardial infarction edema
    dyspnea syncope emesis pruritus erythema epistaxis cephalgia analgesic analgesics discontinue
    ambulate gerd uti bp i'd we'd i'm we're i'll we'll c e g
"""
LOST = frozenset(_LOST.split())
GAINED = frozenset(
    word
    for plain in [*SHORTHAND.values(), *CLINICAL.values(), *REQUESTS.values(), PROMISED]
    for word in WORD.findall(plain.lower())
) | {"every", "hours"}


def in_plain_words(text: str, *, by_clinician: bool) -> str:
    """The sentence to the patient in plain words; as it is where that can't be done without touching a fact."""
    changed = _addressed(text, by_clinician=by_clinician)
    for said, plain in REPLACEMENTS:
        changed = said.sub(plain, changed)
    return SMALL_I.sub("I", changed if keeps_facts(text, changed) else text)


def keeps_facts(before: str, after: str) -> bool:
    """Whether numbers, negations, conditions and warnings are the same, and other words differ by the lists only."""
    if NUMBER.findall(before) != NUMBER.findall(after) or _fixed(before) != _fixed(after):
        return False
    old, new = (Counter(WORD.findall(text.lower().replace("’", "'"))) for text in (before, after))
    lost = {word for word in old - new if not re.fullmatch(r"q?\d{1,2}(?:h|hrs?)?", word)}
    gained = {word for word in new - old if not word.isdigit()}
    return lost <= LOST and gained <= GAINED


def _addressed(text: str, *, by_clinician: bool) -> str:
    """In the second person where the sentence opens with a request and speaks of nobody else."""
    for opening, address in REQUESTS.items():
        changed = re.sub(opening, address, text, count=1, flags=re.IGNORECASE)
        if changed != text:
            rest = changed.removeprefix(address)
            third = address != REQUEST_TO_YOU and THIRD_PERSON.search(rest)
            return text if third else changed
    promise = PROMISE.match(text)
    if by_clinician and promise and not FIRST_PERSON.search(text[promise.end() :]):
        return PROMISED + text[promise.end() :]
    return text


def _fixed(text: str) -> list[str]:
    plain = re.sub(r"\bdiscontinue\b", "stop", text.lower().replace("’", "'"))
    return MUST_STAY.findall(plain)
