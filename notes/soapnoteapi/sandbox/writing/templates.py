"""Which headings a note has, by specialty.

What the vendor's templates contain is unpublished; these are ours, after the usual parts of each profession's notes.
"""

from __future__ import annotations

from notes.soapnoteapi.sandbox.writing.heading_cues import (
    ASSESSMENT,
    COMPLAINT,
    EXAM,
    FAMILY,
    FOLLOW_UP,
    ORDERS,
    PAST,
    PRESCRIBED,
    PRESENT,
    RESULTS,
    SOCIAL,
    SYSTEMS,
    TAKEN,
    TREATMENT,
    VITALS,
    Heading,
)
from notes.soapnoteapi.sandbox.writing.phrases import any_of
from notes.soapnoteapi.sandbox.writing.placed import SECTIONS

Headings = tuple[Heading, ...]
Sections = dict[str, Headings]

SAFETY = Heading(
    "Risk and safety",
    any_of(
        r"""
        suicid\w*|self[- ]harm|(?:hurt|harm|kill)(?:ing)? (?:my|your|him|her|them)sel(?:f|ves)|homicid\w*|safety plan
        crisis|safe at home|overdos\w+
        """
    ),
)
FUNCTION = Heading(
    "Function",
    any_of(
        r"""
        walk\w*|stairs?|standing|sitting|dress(?:ing|ed)|bath(?:e|es|ing)|shower\w*|lift(?:s|ing)?|reach(?:es|ing)?
        climb\w*|driv(?:e|es|ing)|daily activities|activities of daily living|balance|falls?|fell|sleep\w*
        """
    ),
)
MOTION = Heading(
    "Range of motion and strength",
    any_of(
        r"""
        range of motion|flexion|extension|rotation|abduction|adduction|degrees|strength|out of five|grip
        weight[- ]bearing
        """
    ),
)
GOALS = Heading("Goals", any_of(r"goals?|(?:would like|wants?|hopes?) to (?:be able|get back|return)"))
EXERCISES = Heading(
    "Home programme", any_of(r"home exercises?|exercises?|stretch\w*|strengthen\w*|at home|ice|heat")
)
BETWEEN = Heading(
    "Between sessions", any_of(r"homework|practi[cs]\w+|journal\w*|until (?:we|next)|this week")
)
DIET = Heading(
    "Diet",
    any_of(
        r"""
        eat(?:s|ing)?|ate|breakfast|lunch|dinner|snack\w*|meals?|diet|calories|carb\w*|protein|vegetables?|fruits?|sugar
        drink(?:s|ing)?|water|soda|portion\w*|appetite|food
        """
    ),
)
BODY = Heading("Anthropometrics", any_of(r"weigh(?:s|ed|t)?|height|bmi|waist|pounds|kilos?|kilograms?"))
SPEECH = Heading(
    "Speech and language", any_of(r"speech|language|words?|sentences?|articulat\w+|stutter\w*|fluen\w+|voice")
)
SWALLOWING = Heading(
    "Swallowing", any_of(r"swallow\w*|chok\w+|aspirat\w+|thicken\w*|texture\w*|cough\w* (?:when|while)")
)
TEETH = Heading(
    "Dental history", any_of(r"brush\w*|floss\w*|cleanings?|dentures?|crowns?|fillings?|braces|grind\w*")
)
FEET = Heading("Feet and footwear", any_of(r"shoes?|footwear|inserts?|orthotics?|socks?|boots?"))
INCIDENT = Heading(
    "Incident", any_of(r"found|dispatch\w*|call came|on scene|crash|accident|collision|fell|unrespons\w+")
)
PEDIGREE = Heading("Pedigree", FAMILY.cue)
TESTED = Heading(
    "Genetic testing", any_of(r"genetic\w*|gene|panel|variant\w*|mutation\w*|carrier|sequenc\w+|brca\w*")
)
OWNER = Heading(
    "Husbandry",
    any_of(r"feed(?:s|ing)?|food|litter\w*|indoors?|outdoors?|walks?|kennel|vaccin\w*|fleas?|ticks?"),
)
POINTS = Heading(
    "Treatment given", any_of(r"needl\w+|points?|cupp\w+|adjust\w+|massag\w+|oils?|blend|diffus\w+|pressure")
)

HISTORY = (PAST, TAKEN, FAMILY, SOCIAL, SYSTEMS)
DONE = (PRESCRIBED, ORDERS, FOLLOW_UP, TREATMENT)


def _sections(
    subjective: Headings,
    objective: Headings = (VITALS, RESULTS, EXAM),
    assessment: Headings = (ASSESSMENT,),
    plan: Headings = DONE,
) -> Sections:
    return dict(zip(SECTIONS, (subjective, objective, assessment, plan), strict=True))


MEDICAL = _sections((COMPLAINT, PRESENT, *HISTORY))
MIND = _sections(
    (COMPLAINT, SAFETY, PRESENT, *HISTORY),
    (VITALS, RESULTS, Heading("Mental status exam")),
    (SAFETY, ASSESSMENT),
    (SAFETY, *DONE),
)
TALK = _sections(
    (SAFETY, Heading("Presenting concerns"), FAMILY, SOCIAL, TAKEN),
    (Heading("Observations"),),
    (SAFETY, Heading("Clinical impression")),
    (SAFETY, BETWEEN, FOLLOW_UP, TREATMENT),
)
MOVEMENT = _sections(
    (COMPLAINT, GOALS, FUNCTION, Heading("History of the problem"), PAST, TAKEN, SOCIAL),
    (VITALS, MOTION, RESULTS, Heading("Examination")),
    (GOALS, ASSESSMENT),
    (EXERCISES, FOLLOW_UP, TREATMENT),
)
HANDS_ON = _sections(
    (COMPLAINT, GOALS, Heading("History of the problem"), PAST, TAKEN, SOCIAL),
    (MOTION, POINTS, Heading("Findings")),
    plan=(EXERCISES, FOLLOW_UP, TREATMENT),
)
EMERGENCY = _sections(
    (COMPLAINT, INCIDENT, PRESENT, PAST, TAKEN),
    (VITALS, RESULTS, EXAM),
    plan=(
        Heading(
            "Transport", any_of(r"transport\w*|hospital|emergency (?:room|department)|hand(?:ed)?[- ]?over")
        ),
        TREATMENT,
    ),
)
BY_SPECIALTY: dict[str, Sections] = {
    "nurse_practitioner": MEDICAL,
    "physician": MEDICAL,
    "registered_nurse": MEDICAL,
    "generic": MEDICAL,
    "psychiatrist": MIND,
    "psychotherapist": TALK,
    "social_worker": TALK,
    "physical_therapy": MOVEMENT,
    "occupational_therapy": MOVEMENT,
    "exercise_therapy": MOVEMENT,
    "athletic_trainer": MOVEMENT,
    "chiropractor": MOVEMENT,
    "massage_therapy": HANDS_ON,
    "acupuncture": HANDS_ON,
    "aroma_therapy": HANDS_ON,
    "slp": _sections(
        (COMPLAINT, SWALLOWING, SPEECH, GOALS, PRESENT, PAST, TAKEN), (SWALLOWING, SPEECH, EXAM)
    ),
    "dietitian_nutritionist": _sections((COMPLAINT, DIET, PRESENT, *HISTORY), (BODY, RESULTS, EXAM)),
    "dentist": _sections((COMPLAINT, TEETH, PRESENT, *HISTORY), (RESULTS, Heading("Oral exam"))),
    "podiatrist": _sections((COMPLAINT, FEET, PRESENT, *HISTORY)),
    "pharmacy": _sections((TAKEN, COMPLAINT, PRESENT, PAST, SOCIAL)),
    "genetic_counselling": _sections((COMPLAINT, TESTED, PEDIGREE, PRESENT, PAST, TAKEN), (RESULTS, EXAM)),
    "ems": EMERGENCY,
    "paramedic": EMERGENCY,
    "veterinary": _sections((COMPLAINT, OWNER, PRESENT, PAST, TAKEN)),
}
# Names of templates that ask for another profession's parts, whatever the specialty.
BY_TEMPLATE: dict[str, Sections] = {"mental_health": MIND, "therapy": TALK, "rehabilitation": MOVEMENT}


def template_of(specialty: str, template: str) -> Sections:
    """The headings by section. An unknown specialty means "generic", an unknown template "standard"."""
    return BY_TEMPLATE.get(template) or BY_SPECIALTY.get(specialty, MEDICAL)
