"""Plain wordings that the training dialogues have too few of: how a provider examines, concludes and plans."""

from __future__ import annotations

import re

EXAM = r"""
    let me (?:take a )?(?:look|listen|check|examine|feel)
    on (?:exam|examination|auscultation|palpation)
    your (?:\w+ ){1,3}(?:is|are|looks?|sounds?|feels?) (?:a (?:little|bit) |very |slightly )?FOUND
    (?:blood pressure|temperature|heart rate|pulse) (?:\w+ ){0,3}(?:is|was) \d
    i (?:see|hear|feel|notice|appreciate) (?:a|an|some|no|any)\b
"""
FOUND = r"(?:swollen|tender|red|clear|normal|soft|warm|regular|intact|inflamed)"
RESULTS = r"""
    (?:labs?|lab results|blood work|x-?rays?|mri|ct|ultrasound|ekg|biopsy|swab|strep test|a1c) (?:\w+ ){0,3}SHOWED
"""
SHOWED = r"(?:shows?|showed|came back|is|was|were|are)\b"
ASSESSMENT = r"""
    i (?:think|believe|suspect) (?:this|it|that|you)\b
    (?:most )?likely (?:a|an|due|viral)\b
    consistent with\b
    (?:well|poorly|not well|under) control(?:led)?\b
    (?:this|it) is (?:probably|most likely)\b
    diagnosis is\b
"""
PLAN = r"""
    i want you to\b
    i(?:'d| would) (?:like|recommend|suggest)\b
    i(?:'m| am) (?:going to|gonna) (?:prescribe|order|refer|start|send|put)\b
    (?:please|let's) (?:take|call|continue|stop|start|schedule|follow)\b
    follow[- ]?up in\b
    see you (?:again|back)\b
    if (?:it|this|that|you|your|things)\b.*\b(?:worse|call|return|come back|emergency)\b
"""


def _any_of(wordings: str) -> re.Pattern[str]:
    one = "|".join(line.strip() for line in wordings.strip().splitlines())
    return re.compile(rf"\b(?:{one.replace('FOUND', FOUND).replace('SHOWED', SHOWED)})", re.IGNORECASE)


WORDINGS = {
    "exam": _any_of(EXAM),
    "results": _any_of(RESULTS),
    "assessment": _any_of(ASSESSMENT),
    "plan": _any_of(PLAN),
}
