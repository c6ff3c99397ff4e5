"""Words of a diagnosis as both sides of the comparison see them: the table's terms and what was said."""

from __future__ import annotations

import re
from collections.abc import Iterator

LONGEST_TERM = 6
WORD = re.compile(r"[a-z0-9]+")
POSSESSIVE = re.compile(r"['’]s\b| 's\b|s['’](?=\s|$)")
NUMBERS = {"one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "ii": "2", "iii": "3"}
_UNSAID = """
    a an the of in on at by to for and or with due other specified unspecified nos nec elsewhere
    classified not right left bilateral multiple mellitus type initial subsequent encounter sequela site
    level my your his her their this that is um uh
"""
UNSAID = frozenset(_UNSAID.split())
ENDINGS = re.compile(
    r",? (?:initial|subsequent) encounter.*$|, sequela$|,? without .*$|,? not (?:elsewhere|otherwise|specified).*$"
    r"|, unspecified(?: \w+)*$|,? (?:NOS|NEC)$"
)
ASIDE = re.compile(r"\([^)]*\)|\[([^\]]*)\]")
# One word alone names a disease only if it is built like one, or is among these.
DISEASE = re.compile(
    r"(?:itis|osis|emia|oma|pathy|algia|uria|iasis|plegia|penia|phobia|rrhea|ectasis|trophy|lithiasis|paresis"
    r"|ension|oidism|ectomy|orrhagia|cele|philia|rexia|ism|edema|pnea|phagia|cardia)$"
)
_ALONE = """
    acne allergy alopecia amenorrhea amnesia anaphylaxis angina anxiety aphasia appendicitis arrhythmia
    asthma ataxia bulimia bunion cataract chickenpox cholera colic concussion constipation cough croup
    deafness dehydration delirium dementia depression diarrhea dvt eczema emphysema epilepsy fatigue
    fever fibromyalgia frailty gangrene glaucoma goiter gout headache heartburn hemorrhoid hepatitis
    hfpef hfref hiv hive hypothermia impetigo impotence indigestion influenza insomnia jaundice keloid
    laceration leukemia lipoma lupus lymphedema malaria malnutrition mania measle meningitis migraine
    mpox mump narcolepsy nausea nosebleed obesity osteoporosis overweight palpitation pemphigus
    plagiocephaly pleurisy pneumonia pneumothorax prediabete preeclampsia pruritus psoriasis psychosis
    rabies ringworm rosacea rubella scaby schizophrenia sciatica scoliosis scurvy seizure sepsis sickle
    sprue strabismus stroke sunburn syncope syphilis tetanus thrush tia tinnitus torticollis tremor
    urticaria varicella vertigo vitiligo vomiting wheezing zoster
"""
ALONE = frozenset(_ALONE.split())


def stem(word: str) -> str:
    """Singular, roughly, and a number as a digit."""
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith("s") and len(word) > 3 and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return NUMBERS.get(word, word)


def located(text: str) -> list[tuple[str, int, int]]:
    """The words that tell, in order, stemmed, each with where it stands in the text."""
    plain = POSSESSIVE.sub(lambda ending: " " * len(ending[0]), text.lower())
    return [(stem(word[0]), *word.span()) for word in WORD.finditer(plain) if word[0] not in UNSAID]


def words(text: str) -> list[str]:
    return [word for word, _, _ in located(text)]


def names_disease(word: str) -> bool:
    return word in ALONE or bool(DISEASE.search(word))


def terms(description: str) -> Iterator[tuple[str, ...]]:
    """The ways in which somebody would say an entry of the classification, as sorted words; none if too long.

    Synonyms stand in square brackets there, words that may be left out in round ones.
    """
    for said in (ASIDE.sub("", description), *ASIDE.findall(description)):
        distinct = tuple(sorted(set(words(ENDINGS.sub("", said.strip())))))
        if not 0 < len(distinct) <= LONGEST_TERM or all(word.isdigit() for word in distinct):
            continue
        if len(distinct) > 1 or names_disease(distinct[0]):
            yield distinct
