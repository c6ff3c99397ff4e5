"""Phrases that speak for a section. English, spoken or clinical shorthand; one weight and pattern a line."""

from __future__ import annotations

import re

Cue = tuple[re.Pattern[str], float]

NUMBER = (
    r"(?:\d+|one|two|three|four|five|six|seven|eight|nine|ten|twenty|thirty|forty|fifty|sixty|seventy|eighty"
    r"|ninety|hundred)"
)

GREETING = re.compile(
    r"^(?:hi|hello|hey|good (?:morning|afternoon|evening)|thank you|thanks|you're (?:very )?welcome|take care"
    r"|bye|goodbye|nice to (?:see|meet)|have a (?:good|great|nice))\b"
    r"(?!.*\b(?:mg|milligram|prescri|refer|test|result))",
    re.IGNORECASE,
)

SUBJECTIVE = r"""
1.0 \?$
0.4 \b(?:i|i've|i'm|i'd|my|me|we've)\b
1.8 \b(?:i've (?:had|been|noticed|got)|i have (?:had|been|noticed))\b
1.8 \bi (?:feel|felt|had|noticed|woke|quit|smoke|drink)\b
2.0 \bi (?:take|took|use|used|was taking|(?:am|'m) (?:taking|allergic)|don't (?:take|smoke|drink|have))\b
1.5 \bit (?:hurts|started|gets|got|comes|feels|gives me|keeps|is keeping|aches|burns)\b
0.9 \b(?:started|began|for (?:about|the (?:past|last)|NUMBER)|since|yesterday|last (?:night|week|year))\b
0.9 \b(?:days?|weeks?|months?|years?) ago\b
0.8 \b(?:pain|ache|aching|hurts?|cough\w*|fever|chills|nausea|vomit\w*|diarrhea|dizz\w*|headaches?|rash)\b
0.8 \b(?:itch\w*|tired|fatigue|sore|short(?:ness)? of breath|wheez\w*|numb\w*|tingl\w*|sleep\w*|appetite)\b
0.8 \b(?:anxious|anxiety|depress\w*|worr(?:y|ied))\b
1.0 \b(?:allerg\w+|family history|my (?:mother|father|mom|dad|sister|brother)|smok\w+|alcohol|surger\w+)\b
1.8 \b(?:what brings you|how (?:long|are you feeling|have you been|bad|often))\b
1.8 \b(?:do you (?:have|take|smoke|drink|feel)|have you (?:had|been|noticed|tried))\b
1.8 \bare you (?:taking|having|bringing)\b
2.0 \b(?:c/o|complain\w*|reports?|denies|states|endorses|h/o|pmh|hpi|presents with|year[- ]old|y/?o)\b
0.6 \b(?:doctor|dr\.?)[,.!]
"""

OBJECTIVE = r"""
3.0 \b(?:on (?:exam|examination|auscultation|palpation|inspection)|physical exam|vital signs|vitals)\b
3.0 \b(?:blood pressure|heart rate|pulse|temperature|oxygen|saturation|respiratory rate|weight)\b.*\bNUMBER\b
3.0 \b(?:bp|temp|spo2|o2 sat|bmi|hr|rr)\b\W*\d
1.5 \bNUMBER ?(?:over|/) ?NUMBER\b
2.2 \bi (?:do not |don't |can't |can )?(?:see|hear|feel|notice) (?:some|a|any|no|that|the)\b
2.2 \b(?:i (?:do not|don't) (?:see|hear|notice)|i can see)\b
2.5 \b(?:let me (?:take a (?:look|listen)|look|see|listen|check|examine)|take a look at (?:you|your|that|the))\b
2.5 \b(?:on (?:the |your )?camera|closer to the camera)\b
2.0 \b(?:open (?:your mouth|wide)|deep breath|stick out|turn (?:your|to)|press (?:on|down|your)|lift your)\b
2.0 \b(?:bend|raise your|show me|walk (?:for|across))\b
1.2 \byour (?:\w+ ){1,4}(?:is|are|was|were|looks?|sounds?|appears?) (?!going|important|due)
2.5 \byou (?:are|'re) (?:breathing|speaking|moving|alert|walking)|\byou look\b
0.9 \b(?:tender\w*|swollen|swelling|redness|erythema\w*|range of motion|clear to auscultation|white patches)\b
0.9 \b(?:no (?:rash|masses|murmurs?|edema|wheez\w*|crackles)|reflexes|gait|alert|oriented|well[- ]appearing)\b
2.2 \b(?:labs?|lab (?:results?|work)|x-?rays?|ct|mri|ultrasound|ekg|ecg|biopsy|culture|test)\b.*\bSHOWED\b
2.2 \b(?:a1c|hemoglobin|creatinine|(?:white|blood) (?:cell )?count|cholesterol|potassium)\b.*\bSHOWED\b
1.0 \b(?:results?|test|swab)\b.*\b(?:negative|positive|normal|elevated)\b
2.0 \b(?:lungs|heart|abdomen|throat|ears|skin|neck|chest)\b.*\b(?:clear|regular|soft|red|normal|intact)\b
2.5 \b(?:nad|ctab?|rrr|perrla|wnl|a&o|aox\d|pe:|vs:|exam:)
"""

ASSESSMENT = r"""
2.6 \bi (?:think|believe|suspect) (?:this|it|that|you|we|what|your|the)\b
2.2 \b(?:consistent with|most likely|likely (?:a|an|to be|due|viral|caused)|probably|suspicious for)\b
2.2 \b(?:points? to(?:ward)?|suggests?|in keeping with)\b
2.0 \b(?:sounds|looks) like (?:you|a|an|this|it|the)\b
2.2 \b(?:diagnos\w+|assessment|impression|differential|rule out|r/o|dx|unlikely|etiology)\b
2.2 \b(?:this is|you have|it is|it's) (?:a|an|most|probably|likely|just|not) (?:\w+ )*CONDITION\b
2.2 \b(?:well|poorly|not well|under) control(?:led)?\b
2.2 \b(?:is|are) (?:stable|improving|worsening|resolving|under control)\b|\bexacerbation\b
0.8 \b(?:caused by|due to|secondary to|because of an?|related to)\b
1.5 \b(?:antibiotics|surgery) (?:will|would) not (?:help|work)\b|\bnothing (?:dangerous|serious)\b
1.5 \breassur\w+\b|\b(?:my|only|main) concern\b
0.4 \b(?:infection|syndrome|hypertension|diabetes|asthma|migraine|reflux|strain|sprain)\b
"""

PLAN = r"""
2.0 \b(?:i(?:'m| am) going to|i(?:'ll| will)|we(?:'ll| will)|we(?:'re| are) going to)\b(?! LOOK)
2.0 \b(?:let's|let us)\b(?! LOOK)
2.6 \b(?:i(?:'d| would) like you to|i want you to|i(?:'d| would) (?:recommend|suggest|advise))\b
2.2 \bi(?:'d| would) like to (?:start|order|prescribe|refer|see|check|get|schedule|increase|decrease|continue)\b
2.6 \b(?:i recommend|you should|we should|you can (?:take|use|try|stop)|make sure|try to)\b
2.6 \bplease (?:take|call|schedule|stop|keep|use|avoid)\b
1.8 \b(?:prescri\w+|refill\w*|pharmacy|refer(?:ral|red|ring)?|order(?:ed|ing)?|schedule|follow[- ]?up)\b
1.8 \b(?:come back|see you (?:in|again|next)|check (?:back|in) (?:in|with))\b
2.2 ^LEAD(?:continue|start|stop|increase|decrease|take|keep|avoid|rest|use|drink|apply|return|recheck)\b
2.2 ^LEAD(?:repeat|monitor|begin|hold)\b
1.2 \b(?:continue|stop|increase|decrease|switch|start)\b.{0,40}\b(?:mg|milligrams?|the|your|taking|dose)\b
0.6 \b(?:mg|milligrams?|mcg|tablets?|(?:once|twice|two times|three times|four times|\d times) a day)\b
0.6 \b(?:as needed|every \w+ hours|prn|bid|tid|qid|daily|at bedtime)\b
3.0 \bif (?:you|it|this|that|the|there|your|symptoms?|anything|things)\b.*\b(?:call|come back|worse|return)\b
3.0 \bif (?:you|it|this|that|the|there|your|symptoms?|anything|things)\b.*\b(?:emergency|urgent care|911)\b
3.0 \bif (?:you|it|this|that|the|there|your|symptoms?|anything)\b.*\b(?:let (?:me|us) know|message)\b
1.5 \bin (?:\w+|\d+) (?:days?|weeks?|months?)\b.*\b(?:if|see|visit|recheck|follow|back)\b
1.5 \b(?:see|visit|recheck|follow|back)\b.*\bin (?:\w+|\d+) (?:days?|weeks?|months?)\b
1.2 \b(?:plenty of (?:fluids|water|rest)|physical therapy|work note|blood work)\b
2.5 \b(?:rx|f/u|rtc|plan:|rtw)\b
1.2 \b(?:urgent care|emergency (?:room|department)|911)\b
"""

NAMED = {
    "NUMBER": NUMBER,
    "SHOWED": r"(?:was|were|is|are|came back|show\w*|negative|positive|normal|\d+(?:\.\d+)?)",
    "CONDITION": r"(?:infection|strain|sprain|syndrome|disease|disorder|bronchitis|migraine|reaction|flare"
    r"|virus|condition|episode)",
    "LOOK": r"(?:(?:just )?(?:take a (?:look|listen)|see how|look|listen))",
    "LEAD": r"(?:so |and |then |also |first |next )*",
}


def _read(lines: str) -> tuple[Cue, ...]:
    cues = []
    for line in lines.strip().splitlines():
        weight, pattern = line.split(" ", 1)
        for name, meaning in NAMED.items():
            pattern = pattern.replace(name, meaning)
        cues.append((re.compile(pattern, re.IGNORECASE), float(weight)))
    return tuple(cues)


CUES: dict[str, tuple[Cue, ...]] = {
    "subjective": _read(SUBJECTIVE),
    "objective": _read(OBJECTIVE),
    "assessment": _read(ASSESSMENT),
    "plan": _read(PLAN),
}
