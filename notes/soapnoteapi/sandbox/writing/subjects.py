"""Which sentences speak of allergies or medicines: what the note gives word for word, never reworded or merged."""

from __future__ import annotations

import re

from notes.soapnoteapi.sandbox.writing.phrases import alternatives, any_of, word_set

ALLERGY = any_of(
    r"""
    allerg\w+|anaphyla\w+|epi-?pens?|(?:intoleran|sensitiv)\w+ to|react(?:ion|ions|ed|s)? (?:badly )?to|hives
    (?:breaks?|broke|broken|breaking) (?:me |him |her )?out
    """
)
AMOUNT = alternatives(
    r"""
    \d[\d.,/]*|a|an|one|two|three|four|five|six|seven|eight|nine|ten|fifteen|twenty|twenty-five|thirty|forty|fifty|sixty
    seventy|eighty|ninety|hundred|thousand|half|few|couple
    """
)
UNIT = alternatives(
    r"""
    mgs?|milligrams?|mcgs?|micrograms?|units?|iu|mls?|milliliters?|millilitres?|ccs?|puffs?|tablets?|capsules?
    pills?|drops
    sprays?|patch(?:es)?|lozenges?|teaspoons?|tablespoons?
    """
)
DOSE = re.compile(
    rf"\b{AMOUNT}[ -]?{UNIT}\b|\d ?(?:mg|mcg)\b|\b(?:milligrams?|micrograms?|mcg|mg)\b", re.IGNORECASE
)
MEDICINES = any_of(
    r"""
    (?:take|takes|taking|taken|took|using|tried) (?:(?:any|some)(?:thing)?|it|them|one|two|that|those)
    (?:week|month|day) supply
    every (?:other |few )?(?:\w+ (?:to \w+ )?)?hours|(?:once|twice|three times|four times) (?:a day|daily)
    medicat\w+|medicines?|medicinal|meds|pills?
    tablets?
    capsules?|dos(?:es?|age|ing)|prescriptions?|prescribed|refills?|inhalers?|nebuli[sz]ers?|insulin|antibiotics?
    steroids?
    vitamins?|multi-?vitamins?|supplements?|probiotics?|antidepressants?|opioids?|opiates?|narcotics?|pain ?killers?
    pain relievers?|anti-?inflammator(?:y|ies)|blood thinners?|anti-?coagulants?|diuretics?|water pills?|statins?
    birth control|contracepti(?:ves?|on)|chemo(?:therapy)?|vaccin\w+|immuni[sz]ations?|boosters?|antihistamines?
    decongestants?|laxatives?|stool softeners?|antacids?|nsaids?|beta[- ]blockers?|ace inhibitors?
    calcium channel blockers?
    ointments?|creams?|eye drops|ear drops|cough drops|nasal sprays?|immunosuppress\w+|biologics?|infusions?
    over[- ]the[- ]counter|the pill|side effects?|hormone (?:therapy|replacement)|sedatives?|sleep aids?
    muscle relax(?:ers?|ants?)|anti-?virals?|anti-?fungals?|anesthe\w+|shots?|injections?|patches|drugs?|gummies
    """
)
# Endings of international nonproprietary names, and the words that only happen to end so.
ENDINGS = tuple(
    word_set(
        """
        pril sartan olol alol statin azole cillin mycin micin floxacin cycline prazole tidine dipine gliptin
        gliflozin glutide glinide glitazone imab umab tinib ciclib parin xaban gatran triptan setron oxetine
        pram azepam zolam barbital caine dronate dronic afil lukast terol nolone solone asone nisone profen
        oxicam coxib formin thiazide semide zosin ovir vudine tegravir trexate platin taxel rubicin setine
        zodone peridone giline bactam penem tropium phylline dopa fibrate zolamide grel steride quine tadine
        rizine codone morphone butamol fenac cabalin gabalin tiracetam toin zepine sonide relin estrel olimus
        prine thyroxine thyronine
        """
    )
)
SHORTEST_NAME = 5  # letters
NO_DRUGS = word_set("april cholesterol")
NAMES = word_set(
    """
    aspirin tylenol acetaminophen paracetamol advil motrin aleve naproxen ibuprofen excedrin midol voltaren benadryl
    diphenhydramine zyrtec claritin allegra flonase nasonex mucinex robitussin sudafed dayquil nyquil pepto tums
    rolaids maalox pepcid prilosec nexium protonix miralax metamucil senna colace imodium zofran lasix bumex torsemide
    aldactone spironolactone norvasc diovan cozaar coreg toprol lopressor digoxin amiodarone lipitor crestor zocor
    zetia plavix eliquis xarelto coumadin warfarin heparin lovenox imdur glucophage glipizide glyburide januvia
    jardiance farxiga ozempic trulicity victoza lantus humalog novolog synthroid levothyroxine methimazole prednisone
    medrol dexamethasone hydrocortisone cortisone kenalog albuterol ventolin proair advair symbicort spiriva singulair
    pulmicort breo dupixent xolair humira enbrel remicade stelara methotrexate plaquenil hydroxychloroquine colchicine
    allopurinol uloric gabapentin neurontin lyrica cymbalta topamax topiramate keppra dilantin depakote lamictal
    lamotrigine tegretol imitrex aimovig nurtec ubrelvy prozac zoloft lexapro celexa paxil effexor wellbutrin
    bupropion sertraline venlafaxine trazodone remeron mirtazapine buspar buspirone lithium abilify seroquel
    quetiapine zyprexa olanzapine risperdal xanax ativan klonopin valium ambien lunesta melatonin adderall ritalin
    vyvanse strattera percocet vicodin norco oxycontin oxycodone hydrocodone morphine dilaudid fentanyl tramadol
    ultram codeine suboxone methadone narcan naloxone flexeril cyclobenzaprine robaxin baclofen zanaflex soma
    lidocaine novocaine capsaicin penicillin amoxicillin augmentin keflex cephalexin bactrim zithromax cipro levaquin
    flagyl doxycycline macrobid nitrofurantoin clindamycin vancomycin rocephin valtrex tamiflu paxlovid diflucan
    nystatin accutane tretinoin flomax proscar avodart viagra cialis testosterone estrogen premarin progesterone
    tamoxifen arimidex letrozole herceptin fosamax prolia boniva calcium magnesium folate zinc biotin turmeric
    glucosamine cbd iron hctz hydrochlorothiazide metformin lisinopril botox sulfa latex iodine shellfish neosporin
    bacitracin depo nexplanon mirena iud bengay nitro nitroglycerin peanut peanuts
    """
)
PHRASES = any_of(
    r"""
    armour thyroid|z-?pack?s?|retin-?a|folic acid|b-?12|fish oil|omega-?3s?|ferrous \w+|contrast dye|icy ?hot
    epsom salts?
    castor oil
    """
)
WORD = re.compile(r"[a-z]+")


def is_guarded(text: str) -> bool:
    """Whether the text speaks of an allergy, a medicine or a dose."""
    return of_allergies(text) or of_medications(text)


def of_allergies(text: str) -> bool:
    return ALLERGY.search(text) is not None


def of_medications(text: str) -> bool:
    return any(map(_is_drug, WORD.findall(text.lower()))) or any(
        pattern.search(text) for pattern in (MEDICINES, PHRASES, DOSE)
    )


def _is_drug(word: str) -> bool:
    return word in NAMES or (word.endswith(ENDINGS) and word not in NO_DRUGS and len(word) > SHORTEST_NAME)
