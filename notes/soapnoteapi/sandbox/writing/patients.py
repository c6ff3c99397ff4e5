"""How the note speaks of the patient: by gender where it is known, else without one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

Gender = Literal["female", "male", ""]

FEMALE_WORDS = frozenset({"female", "f", "woman", "girl", "lady", "she", "she/her"})
MALE_WORDS = frozenset({"male", "m", "man", "boy", "gentleman", "he", "he/him"})


@dataclass(frozen=True)
class Patient:
    """`gender` is "" where nobody said it. `speaks` is False where somebody else speaks for the patient."""

    gender: Gender = ""
    age: int | None = None
    speaks: bool = True

    @property
    def subject(self) -> str:
        return {"female": "she", "male": "he", "": "the patient"}[self.gender]

    @property
    def object(self) -> str:
        return {"female": "her", "male": "him", "": "the patient"}[self.gender]

    @property
    def possessive(self) -> str:
        return {"female": "her", "male": "his", "": "the patient's"}[self.gender]

    @property
    def reflexive(self) -> str:
        return {"female": "herself", "male": "himself", "": "themself"}[self.gender]


AGED = r"\b(?:\d{1,3}|\w+(?:[- ]\w+)?)[- ]?(?:years?|months?|weeks?|days?)[- ]old(?: [\w-]+){0,3}? "
DESCRIBED = {
    "female": re.compile(AGED + r"(?:female|woman|girl|lady)\b", re.IGNORECASE),
    "male": re.compile(AGED + r"(?:male|man|boy|gentleman)\b", re.IGNORECASE),
}
# Dictated: "She is a new patient", "he presents with".
PRESENTED = {
    gender: re.compile(
        rf"\b{pronoun} (?:is a (?:new|returning|established|(?:very )?pleasant)\b|presents?\b|denies\b|reports\b"
        r"|endorses\b"
        r"|has a (?:past medical |medical |surgical |family )?history)",
        re.IGNORECASE,
    )
    for gender, pronoun in (("female", "she"), ("male", "he"))
}
GREETED = r"(?:^|[,.!?]\s*|\b(?:hi|hello|hey|morning|afternoon|yes|no|thanks|thank you) )"
ADDRESSED = {
    "female": re.compile(rf"{GREETED}(?:ma'?am|mrs\.?|ms\.?|miss)\b", re.IGNORECASE),
    "male": re.compile(rf"{GREETED}(?:sir|mr\.?|mister)\b", re.IGNORECASE),
}
SPEAKS_FOR = re.compile(
    r"\b(?:your (?:son|daughter|little (?:one|guy|girl|boy)|baby|child)"
    r"|(?:is|does|has|did|can|how's|how has) (?:he|she)"
    r"|(?:he|she)'s (?:your|eating|sleeping|feeding|walking|talking)|mom and dad)\b",
    re.IGNORECASE,
)
SPOKEN_FOR = 2  # mentions by the provider before somebody else counts as speaking for the patient


def known(
    patient_info: Mapping[str, object] | None,
    said: Iterable[tuple[str, str]] = (),
    *,
    accompanied: bool = False,
) -> Patient:
    """The patient of a request.

    `patient_info` is the request's `context.patient_info`; `said` the dialogue as (role, text), asked only for
    what the request leaves out. Contradicting words ("sir", "45-year-old female") leave the gender unknown, and so
    does a "Mrs." where the patient is `accompanied`: it may be the mother's.
    """
    info = patient_info or {}
    age = info.get("age")
    spoken = [(role, text) for role, text in said]
    return Patient(
        gender=_gender(info.get("gender", info.get("sex"))) or _heard(spoken, accompanied=accompanied),
        age=age if isinstance(age, int) and not isinstance(age, bool) else None,
        speaks=sum(len(SPEAKS_FOR.findall(text)) for role, text in spoken if role == "provider") < SPOKEN_FOR,
    )


def _gender(value: object) -> Gender:
    word = value.strip().lower() if isinstance(value, str) else ""
    if word in FEMALE_WORDS:
        return "female"
    return "male" if word in MALE_WORDS else ""


def _heard(said: Iterable[tuple[str, str]], *, accompanied: bool) -> Gender:
    by_provider = [text for role, text in said if role == "provider"]
    for patterns in (DESCRIBED, PRESENTED) if accompanied else (DESCRIBED, ADDRESSED, PRESENTED):
        female, male = (
            any(patterns[gender].search(text) for text in by_provider) for gender in ("female", "male")
        )
        if female != male:
            return "female" if female else "male"
        if female and male:
            return ""
    return ""
