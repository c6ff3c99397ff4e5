"""Plain wordings that the training dialogues have too few of: how a provider examines, concludes and plans."""

from __future__ import annotations

import re

from notes.soapnoteapi.sandbox.writing.phrases import LINES, alternatives

PART = alternatives(
    """
    throat|tonsils?|mouth|tongue|gums?|ears?|eardrums?|ear canals?|eyes?|pupils?|vision|nose|face|neck|lymph nodes?
    thyroid|lungs?|heart|chest|breathing|abdomen|belly|spine|back|shoulders?|elbows?|arms?|forearms?|wrists?|hands?
    fingers?|nails?|hips?|legs?|knees?|calf|calves|ankles?|foot|feet|toes?|skin|scalp|rash|mole|wound|incision|scar
    reflexes|strength|grip|gait|balance|speech|mood|affect|sensation|range of motion|colou?r|swelling|redness
    """
)
VITAL = alternatives(
    """
    blood pressure|temperature|heart rate|pulse|oxygen|saturation|respiratory rate|weight|bmi|peak flow
    score|questionnaire
    """
)
NUMBER = (
    r"(?:\d|(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen"
    r"|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|a hundred)\b)"
)
FOUND = alternatives(
    """
    swollen|tender|red|pink|clear|normal|soft|warm|cool|dry|moist|regular|intact|inflamed|symmetric\\w*|steady|good|fine
    full|limited|reduced|weaker|stronger|equal|flat|raised|puffy|yellow|pale|even|healing|clean|closed|unlabored|quiet
    bright|appropriate|smooth|stiff|bruised|healthy
    """
)
EXAM = r"""
    let me (?:just )?(?:take a (?:look|listen)|have a look|look|listen|check|examine|feel)
    on (?:exam|examination|auscultation|palpation)
    your (?:\w+ ){0,3}(?:PART)(?: \w+){0,3}? (?:is|are|looks?|sounds?|feels?|appears?|moves?) (?:\w+ ){0,3}?FOUND
    (?:VITAL)\b(?:,? [\w,]+){0,7}? (?:is|was|are|of|at|reads|shows) (?:\w+ )?NUMBER
    (?:PART) (?:is|are|sounds?|looks?) (?:\w+ )?(?:clear|normal|regular|red|swollen|intact|soft)
    i (?:can )?(?:see|hear|feel|notice|appreciate) (?:a|an|some|no|any|mild|moderate|slight|redness|swelling)\b
    i can (?:see|hear|feel) (?:that )?your?\b
    i (?:don't|do not|cannot|can't) (?:see|hear|feel|notice|appreciate) (?:any|a|an|much)\b
    (?:is|there is|there's) (?:no|some|mild|slight) (?:\w+ )?(?:redness|swelling|tenderness|rash|bruising|wheezing)
    you(?: are|'re) (?:breathing|speaking|moving|walking|bearing|alert|oriented|able to)
    you (?:look|appear|seem) (?:\w+ )?(?:well|comfortable|tired|pale|alert|calm|relaxed)
    open (?:your mouth|wide)|deep breath|stick out your|touch your (?:chin|nose|toes)
    turn your (?:head|foot|hand|arm)
    (?:lift|raise|bend|straighten|press (?:on|down on)|pinch) (?:your|the)
    walk (?:a few|across|for me|toward)|follow my finger|squeeze (?:my|your)|smile for me|close your eyes
    (?:on|closer to) (?:the |your )?camera|when (?:i|you) press\b
"""
RESULTS = r"""
    (?:TESTED) (?:[\w']+ ){0,7}?(?:shows?|showed|came back|comes? back|reads?)\b
    (?:TESTED) (?:[\w']+ ){0,7}?(?:is|was|were|are) (?:\w+ ){0,3}?VALUE
"""
TESTED = alternatives(
    r"""
    labs?|lab results|results?|blood (?:work|tests?|count)|x-?rays?|mri|ct|scan|ultrasound|ekg|ecg|echo\w*|biopsy|swab
    tests?|culture|panel|urinalysis|mammogram|colonoscopy|pap smear|a1c|hemoglobin|creatinine|cholesterol|ldl|potassium
    ferritin|tsh|vitamin d|glucose|sugar readings|monitor
    """
)
VALUE = (
    r"(?:negative|positive|normal|abnormal|elevated|high|higher|low|lower|stable|clear|unremarkable|fine|good"
    rf"|within|in range|{NUMBER})"
)
CONDITION = (
    r"(?:infections?|strain|sprain|syndrome|disease|disorder|episode|reaction|flare|virus|cold|flu|pneumonia|asthma"
    r"|migraines?|headaches?|eczema|psoriasis|rosacea|acne|shingles|hives|anemia|diabetes|prediabetes|hypertension"
    r"|high blood pressure|reflux|depression|anxiety|insomnia|vertigo|gout|hernia|fracture|tear|ulcer"
    r"|allergies|\w+itis|\w+algia|\w+opathy|\w+oidism)"
)
ASSESSMENT = r"""
    i (?:think|believe|suspect) (?!(?:that )?(?:we|you) (?:should|need|can|could|will)\b)(?:this|it|that|you|the|what)
    i(?: am|'m) (?:not )?(?:worried|concerned) (?:about|that)\b
    (?:most )?likely (?:a|an|due|from|viral|caused|related)\b
    (?:consistent with|suggestive of|in keeping with|points? to(?:ward)?)\b
    (?:well|poorly|not well|under|better) control(?:led)?\b
    (?:this|it|that) is (?:probably|most likely|likely|almost certainly)\b
    (?:this|it|that) (?:really )?(?:looks|sounds|seems) (?:\w+ )?(?:like|to be|to me like) (?!a plan|good|you)
    (?:this|it|that) (?:does not|doesn't) (?:look|sound|seem) (?:like|to be)\b
    (?:this|it|that|the \w+) (?:is|is not|isn't|may be|could be|might be) (?:\w+ ){0,4}?CONDITION\b
    (?<!do )(?<!if )(?<!did )(?<!when )you(?: do)? have (?:a |an |the )?(?:\w+ ){0,4}?CONDITION\b
    (?:is|are) (?:stable|at goal|not at goal|improving|worsening|in remission)\b
    (?:nothing|not) (?:dangerous|serious)\b
    diagnos(?:is|es) (?:is|are|here)\b
"""
ACT = alternatives(
    r"""
    prescribe|order|refer|start|stop|continue|increase|decrease|lower|reduce|raise|adjust|change|switch|add|send|put|give
    get|have you|see you|check|recheck|repeat|schedule|keep|try|hold|taper|monitor|follow|call|arrange|set|write|renew
    refill|treat|use|plan|do|begin|book|talk again|need|leave|message|review|watch
    """
)
TAKEN = alternatives(
    """
    take|use|apply|try|stop|start|continue|avoid|keep|drink|rest|call|come|schedule|wear|ice|do|get|cut|limit|eat
    """
)
LED = r"(?:(?:and|so|then|also|first|next|now|okay|please|just|for (?:your|the|now)[\w ]*),? )*"
PLAN = r"""
    (?:i|we)(?: am|'m| are|'re)(?: also| just)? (?:going to|gonna) (?:also |just |then )*ACT\b(?! a (?:look|listen))
    (?:i|we)(?:'ll| will| want to| would like to|'d like to) (?:also |just |then )*ACT\b(?! a (?:look|listen))
    i(?: also| just)? (?:want|need) (?:you to|a|an)\b
    i(?:'d| would) (?:also )?(?:like|recommend|suggest|advise)\b|i (?:recommend|suggest|advise)\b
    (?:you|we) (?:should|can|need to|must) (?:also |just |still )?TAKEN\b
    (?:please|let's|let us) (?:\w+ )?(?:TAKEN|follow|begin|increase|recheck|repeat|go|return|plan|meet)\b
    make sure (?:you|to|that)\b
    (?:once|twice|(?:two|three|four|\d) times) (?:a day|daily)\b|every (?:\w+ )?(?:hours|evening|morning|night)
    follow[- ]?up (?:in|with|visit|appointment|next)
    see you (?:again|back|in|next)\b|come back (?:in|if|for|sooner)|check in (?:again )?in
    if (?:it|this|that|you|your|things|the|there|symptoms?|anything)\b.*\b(?:worse|call|return|come back|emergency)\b
    if (?:it|this|that|you|your|things|the|there|symptoms?|anything)\b.*\b(?:urgent|911|message|let (?:me|us) know)\b
    (?:call|message) (?:me|us|the (?:office|clinic)|911)\b.*\b(?:if|when|right away)\b|(?:to|call) (?:the )?emergency
    ^LED(?:TAKEN (?!a (?:deep|big) breath)|(?:return|increase|decrease|repeat|finish|elevate|do not|don't) )
"""
NAMED = {
    "PART": PART,
    "VITAL": VITAL,
    "NUMBER": NUMBER,
    "FOUND": FOUND,
    "TESTED": TESTED,
    "VALUE": VALUE,
    "CONDITION": CONDITION,
    "ACT": ACT,
    "TAKEN": TAKEN,
    "LED": LED,
}


def _any_of(wordings: str) -> re.Pattern[str]:
    """Any of the lines from the start of a word on; a name of `NAMED` stands for its pattern."""
    one = LINES.sub("|", wordings.strip())
    for name in reversed(NAMED):
        one = one.replace(name, NAMED[name])
    return re.compile(rf"\b(?:{one})", re.IGNORECASE)


# A reading that the patient took for the visit; one of another day is history.
MEASURED = re.compile(
    rf"^(?!.*(?:\b(?:last|ago|weeks?|months?|usually|yesterday)\b|\w+day\b)).*\b{VITAL} (?:is|was) {NUMBER}",
    re.IGNORECASE,
)
WORDINGS = {
    "exam": _any_of(EXAM),
    "results": _any_of(RESULTS),
    "assessment": _any_of(ASSESSMENT),
    "plan": _any_of(PLAN),
}
