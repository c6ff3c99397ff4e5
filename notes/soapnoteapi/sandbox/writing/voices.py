"""Wordings that only one of the two sides uses, and how turns follow each other in a visit."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from functools import cache

from notes.soapnoteapi.sandbox.writing.contractions import written_out
from notes.soapnoteapi.sandbox.writing.phrases import alternatives, any_of
from notes.soapnoteapi.sandbox.writing.plans import EXPERIENCED, OWN

PLAINLY = 3.5  # what a wording adds to the trained lead of a side
RATHER = 1.5
STAYS = 0.65  # how often the next sentence is said by the same side, beyond what the trained lead knows of it
ANSWERED = 0.85  # how often a question is followed by the other side
CERTAIN = 6.0  # no sentence is surer than this

PART = alternatives(
    """
    throat|tonsils?|mouth|tongue|ears?|eardrums?|eyes?|pupils?|nose|face|neck|lymph nodes?|thyroid|lungs?|heart
    chest|breathing|abdomen|belly|stomach|back|spine|shoulders?|elbows?|arms?|wrists?|hands?|fingers?|hips?|legs?|knees?
    calf|calves|ankles?|foot|feet|toes?|skin|rash|wound|incision|reflexes|strength|gait|balance|speech|joints?
    """
)
ORDERS = alternatives(
    """
    prescribe|order|refer|examine|recheck|(?:start|put|get|give|have|write|send|switch|schedule|set) you
    (?:increase|decrease|lower|raise|adjust|change|refill|renew|double|check|repeat|review) (?:your|the)
    send (?:in |over |out )?(?:a|an|the|your)|call in|add (?:a|an|on)|start with|see you
    """
)
PROVIDERS = any_of(
    rf"""
    (?:i|we) (?:am |are )?(?:also |just )?(?:going to|will|would like to|want to) (?:also |just )?{ORDERS}
    i (?:want|need|would like) you to|i (?:would )?(?:recommend|suggest|advise)
    i (?:think|believe|suspect) (?:you|your|we)
    i (?:think|believe|suspect) (?:this|it|that|what) (?:is|may|could|might|looks|sounds)(?! (?:the same|from when))
    consistent with|most likely|{PART} (?:is|are|sounds?|looks?) clear
    (?:do not|cannot|can) (?:see|hear) (?:any|a|an|some)
    you (?:have|are|were|should|can|could|need|may|might|look|sound|appear|seem|take|will)(?! (?:say|tell|explain))
    you (?:dropped|sent|brought|mentioned|described)|can i (?:help|do for)|if you ever
    your (?:\w+ )?{PART}|your (?:\w+ )*(?:blood pressure|tests?|labs?|x-?ray|results?|mri|a1c|medications?|symptoms?)
    (?:do|did|does|have|has|are|were|any|how) (?:\w+ )?(?:you|your)\b(?! think| recommend| want me)|what brings you
    how (?:long|often|bad|many|much) (?:has|have|is|are|do|does|did)
    let me (?:just )?(?:take|look|listen|check|examine|feel|ask|see)
    follow[- ]?up in|come back in|see you (?:in|again|back)|if you (?:get|have|develop|notice|feel|are|start|see)
    """
)
TOLD_TO = re.compile(
    r"^(?:(?:and|so|then|also|now|okay|alright|all right|please|just|great|good|go ahead and)\b\W*)*"
    r"(?:take|continue|stop|start|keep|drink|use|apply|avoid|call|come|follow|let us|return|make sure|increase|decrease"
    r"|open|bend|lift|raise|turn|squeeze|press|push|hold|show me|breathe|walk|stick out|rest|do not|finish|wear|try"
    r"|cut down|let me know|check|schedule|any (?:other )?\w+(?: \w+){0,8}\?$|tell me|please)\b",
    re.IGNORECASE,
)
PATIENTS = any_of(
    """
    (?:give|gives|gave|make|makes|made|keep|keeps|keeping|kept|wake|wakes|waking|woke|bother|bothers|bothered|hurts|help
    helps|helped|told|scares|worries) me
    thank you,? (?:so much,? )?(?:doctor|doc)|(?:hi|hello|yes|no|morning|afternoon),? (?:doctor|doc)
    (?:should|could|do|will|am) i|can i (?!help|do for)
    (?:do|can|could|would|will) you (?:think|recommend|prescribe|want me|refill)
    i (?:take|took|use|used|quit|smoke|drink|noticed|woke|tried|stopped|started|ran out|fell|hurt)
    i (?:do not|never|still|usually|only|sometimes) (?:take|have|smoke|drink|eat|sleep|feel)
    it (?:hurts|aches|burns|itches|started|began|comes and goes|throbs)
    """
)
REPLIES = re.compile(r"^\W*(?:yes|yeah|yep|no|nope|nothing|not really|that is a relief)\b", re.IGNORECASE)


@cache
def wording(text: str) -> float:
    """What the wording of a sentence adds to the provider's lead over the patient; negative for the patient."""
    plain = written_out(text)
    found = 0.0
    if PROVIDERS.search(plain):
        found += PLAINLY
    if TOLD_TO.search(plain):
        found += PLAINLY
    if PATIENTS.search(plain) or OWN.search(plain):
        found -= PLAINLY
    if EXPERIENCED.search(plain):
        found -= PLAINLY - RATHER
    if REPLIES.search(plain):
        found -= RATHER
    return found


def in_turn(leads: Sequence[float], asked: Sequence[bool]) -> list[float]:
    """The provider's lead for each sentence in view of the whole conversation, in log odds.

    `leads` are those of the sentences by themselves; `asked` tells which are questions.
    """
    if not leads:
        return []
    forth = [0.0]
    for lead, question in zip(leads[:-1], asked[:-1], strict=True):
        forth.append(_passed(forth[-1] + lead, question=question))
    back = [0.0]
    for lead, question in reversed(list(zip(leads[1:], asked[:-1], strict=True))):
        back.append(_passed(back[-1] + lead, question=question))
    return [a + lead + b for a, lead, b in zip(forth, leads, reversed(back), strict=True)]


def _passed(lead: float, *, question: bool) -> float:
    """What a sentence's lead tells of the next or the one before."""
    stays = 1 - ANSWERED if question else STAYS
    odds = math.exp(max(-CERTAIN, min(CERTAIN, lead)))
    return math.log((stays * odds + 1 - stays) / ((1 - stays) * odds + stays))
