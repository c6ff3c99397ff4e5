"""Which sentences speak of allergies or medicines: what the note gives word for word, never reworded or merged."""

from __future__ import annotations

import re

ALLERGY = re.compile(
    r"\ballerg\w+|\banaphyla\w+|\bepi-?pens?\b|\b(?:intoleran|sensitiv)\w+ to\b|\breact(?:ion|ed|s)? (?:badly )?to\b"
    r"|\b(?:breaks?|broke) (?:me |him |her )?out\b|\bhives\b",
    re.IGNORECASE,
)
AMOUNT = (
    r"(?:\d[\d.,/]*|a|an|one|two|three|four|five|six|seven|eight|nine|ten|fifteen|twenty|twenty-five|thirty|forty|fifty"
    r"|sixty|seventy|eighty|ninety|hundred|thousand|half|few|couple)"
)
DOSE = re.compile(
    rf"\b{AMOUNT}[ -]?(?:mgs?|milligrams?|mcgs?|micrograms?|units?|iu|mls?|milliliters?|millilitres?|ccs?|puffs?|tablets?"
    r"|capsules?|pills?|drops|sprays?|patch(?:es)?|lozenges?|teaspoons?|tablespoons?)\b"
    r"|\b(?:milligrams?|micrograms?|mcg)\b|\d ?mg\b",
    re.IGNORECASE,
)
WORDS = re.compile(
    r"\b(?:(?:take|takes|taking|taken|took|using|tried) (?:any|some)(?:thing)?\b(?: else)?(?: for)?|medications?|medicines?|meds|pills?|tablets?|capsules?|dos(?:es?|age|ing)|prescriptions?|refills?|inhalers?"
    r"|nebuli[sz]ers?|insulin|antibiotics?|steroids?|vitamins?|supplements?|probiotics?|antidepressants?|opioids?"
    r"|narcotics?|painkillers?|pain killers?|pain relievers?|anti-?inflammator(?:y|ies)|blood thinners?|diuretics?"
    r"|water pills?|statins?|birth control|contraceptives?|chemo(?:therapy)?|vaccin\w+|immuni[sz]ations?|boosters?"
    r"|antihistamines?|decongestants?|laxatives?|antacids?|nsaids?|beta[- ]blockers?|ace inhibitors?|ointments?|creams?"
    r"|eye drops|nasal sprays?|immunosuppress\w+|biologics?|infusions?|over[- ]the[- ]counter|the pill|side effects?"
    r"|hormones?|hormone replacement|sedatives?|sleep aids?|muscle relaxers?|muscle relaxants?)\b",
    re.IGNORECASE,
)
# Endings of international nonproprietary names; the words that only happen to end so are left out below.
STEMS = re.compile(
    r"\b[a-z]{2,}(?:pril|sartan|olol|alol|statin|azole|cillin|mycin|micin|floxacin|cycline|prazole|tidine|dipine|gliptin"
    r"|gliflozin|glutide|glinide|glitazone|[mxztl][iu]mab|tinib|ciclib|parin|xaban|gatran|triptan|setron|oxetine|pram|azepam"
    r"|zolam|barbital|caine|dronate|dronic|afil|lukast|terol|[ns]olone|asone|nisone|profen|oxicam|coxib|formin|thiazide"
    r"|semide|zosin|ovir|vudine|tegravir|trexate|platin|taxel|rubicin|bicin|setine|aline|zodone|peridone|apine|giline"
    r"|bactam|penem|tropium|phylline|curium|dopa|fibrate|lamide|zolamide|grel|steride|oprazole|quine|tadine|rizine|codone"
    r"|morphone|orphan|adol|butamol|nazole|fenac|amine hydrochloride|[cg]abalin|tiracetam|toin|zepine|cort|sonide|relin"
    r"|estrel|olimus|prine|thyroxine|thyronine|vastatin|cef\w{3,})\b"
    r"|\b(?:cef|sulfa|levo)[a-z]{4,}\b",
    re.IGNORECASE,
)
NO_DRUGS = frozenset(
    "april aline saline baseline pipeline decline incline online airline streamline program adolescent".split()
)
NAMES = re.compile(
    r"\b(?:aspirin|tylenol|acetaminophen|paracetamol|advil|motrin|aleve|naproxen|ibuprofen|excedrin|midol|voltaren"
    r"|benadryl|diphenhydramine|zyrtec|claritin|allegra|flonase|nasonex|mucinex|robitussin|sudafed|dayquil|nyquil"
    r"|pepto|tums|rolaids|maalox|pepcid|prilosec|nexium|protonix|miralax|metamucil|senna|colace|imodium|zofran"
    r"|lasix|bumex|torsemide|aldactone|spironolactone|norvasc|diovan|cozaar|coreg|toprol|lopressor|digoxin|amiodarone"
    r"|lipitor|crestor|zocor|zetia|plavix|eliquis|xarelto|coumadin|warfarin|heparin|lovenox|nitro(?:glycerin)?|imdur"
    r"|glucophage|glipizide|glyburide|januvia|jardiance|farxiga|ozempic|trulicity|victoza|lantus|humalog|novolog"
    r"|synthroid|levothyroxine|armour thyroid|methimazole|prednisone|medrol|dexamethasone|hydrocortisone|cortisone|kenalog"
    r"|albuterol|ventolin|proair|advair|symbicort|spiriva|singulair|pulmicort|breo|dupixent|xolair|humira|enbrel|remicade"
    r"|stelara|methotrexate|plaquenil|hydroxychloroquine|colchicine|allopurinol|uloric|gabapentin|neurontin|lyrica|cymbalta"
    r"|topamax|topiramate|keppra|dilantin|depakote|lamictal|lamotrigine|tegretol|imitrex|aimovig|nurtec|ubrelvy"
    r"|prozac|zoloft|lexapro|celexa|paxil|effexor|wellbutrin|bupropion|trazodone|remeron|buspar|buspirone|lithium"
    r"|abilify|seroquel|zyprexa|risperdal|xanax|ativan|klonopin|valium|ambien|lunesta|melatonin|adderall|ritalin|vyvanse"
    r"|strattera|percocet|vicodin|norco|oxycontin|oxycodone|hydrocodone|morphine|dilaudid|fentanyl|tramadol|ultram|codeine"
    r"|suboxone|methadone|narcan|naloxone|flexeril|robaxin|baclofen|zanaflex|soma|lidocaine|novocaine|capsaicin"
    r"|penicillin|amoxicillin|augmentin|keflex|cephalexin|bactrim|z-?pack?s?|zithromax|cipro|levaquin|flagyl|doxycycline"
    r"|macrobid|nitrofurantoin|clindamycin|vancomycin|rocephin|valtrex|tamiflu|paxlovid|diflucan|nystatin|accutane"
    r"|retin-?a|tretinoin|flomax|proscar|avodart|viagra|cialis|testosterone|estrogen|premarin|progesterone|tamoxifen"
    r"|arimidex|herceptin|fosamax|prolia|boniva|calcium|magnesium|potassium chloride|folic acid|folate|zinc|biotin|b12"
    r"|b-12|fish oil|omega-?3s?|turmeric|glucosamine|cbd|iron|hctz|hydrochlorothiazide|insulin|metformin|lisinopril|botox"
    r"|sulfa|latex|iodine|contrast dye|shellfish|peanuts?|neosporin|bacitracin|cortisone|depo|nexplanon|mirena|iud)\b",
    re.IGNORECASE,
)


def is_guarded(text: str) -> bool:
    """Whether the text speaks of an allergy, a medicine or a dose."""
    return of_allergies(text) or of_medications(text)


def of_allergies(text: str) -> bool:
    return ALLERGY.search(text) is not None


def of_medications(text: str) -> bool:
    return bool(
        WORDS.search(text)
        or NAMES.search(text)
        or DOSE.search(text)
        or any(match[0].lower() not in NO_DRUGS for match in STEMS.finditer(text))
    )
