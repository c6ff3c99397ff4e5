"""The provider's "I'm going to" and "I'd like you to" as a plan is written: "Will …", "Patient to …"."""

from __future__ import annotations

import re

from notes.soapnoteapi.sandbox.writing.phrases import word_set
from notes.soapnoteapi.sandbox.writing.verbs import BASES

WILL = re.compile(
    r"^(?:(?:i|we) (?:am|are) going to|(?:i|we) will|let's) (?!have you |see (?!you\b|patient\b))(?:also |just |then )*(?P<verb>[a-z]+)\b",
    re.IGNORECASE,
)
SUBJECT = re.compile(r"^(?:(?:i|we) (?:(?:am|are) going to|will)|let's) ", re.IGNORECASE)
REQUEST = re.compile(
    r"(?:^|(?P<link>\b(?:and|then|so|but) ))(?:i|we) (?:(?P<also>also|just|really) )?"
    r"(?:(?:would like(?: for)?|want|need) you to|(?:(?:am|are) going to|will) have you) "
    r"(?=(?:not |also |just )*(?P<verb>[a-z]+))",
    re.IGNORECASE,
)
ORDERS = word_set(
    "order prescribe refer schedule recommend send start add obtain request arrange increase decrease switch change"
    " taper discontinue inject drain remove place draw run repeat recheck review discuss follow set perform proceed"
    " adjust consult evaluate reassess monitor renew refill print provide apply put"
)
NO_PLAN = word_set(
    "talk say look hear go pretend assume hope think read ask tell bet feel press push touch move"
)


def planned(text: str) -> str:
    """The provider's sentence with what is planned put first; anything else unchanged."""
    will = WILL.match(text)
    if will and will["verb"].lower() in (BASES | ORDERS) - NO_PLAN:
        return SUBJECT.sub("will ", text)
    return REQUEST.sub(_request, text)


def _request(found: re.Match[str]) -> str:
    if found["verb"].lower() not in BASES | ORDERS:
        return found[0]
    also = f"{found['also']} " if found["also"] else ""
    return f"{found['link'] or ''}patient {also}to "


# What a provider says of "I" at work. Anything else a provider's "I" does may be a patient's word under a wrong label.
AT_WORK = re.compile(
    r"\b(?:i|we) (?:(?:just|also|really|do|did|do not|did not|cannot|can|could|would|will|may|might|still|certainly|definitely"
    r"|actually|only|then|now|always|highly|personally|strongly|kind of|sort of|am|have|had|was|not|even|already) )*"
    r"(?:think|see|saw|seen|hear|heard|want|wanted|know|knew|recommend\w*|believe|suspect|order\w*|understand|remember|need|going"
    r"|like|love|agree|appreciate\w*|review\w*|refer\w*|prescrib\w*|discuss\w*|examin\w*|palpat\w*|sent?|send|put|give|gave|given|ask\w*"
    r"|concerned|worried|hoping|hope|glad|happy|sorry|sure|suggest\w*|advis\w*|encourage\w*|look\w*|check\w*|talk\w*|mention\w*|told|tell"
    r"|find|found|notice\w*|assume|guess|wonder\w*|expect|prefer|plan\w*|schedul\w*|start\w*|stop\w*|continue\w*|increas\w*|decreas\w*"
    r"|change\w*|add\w*|get|make|take|do|be|have|follow|help|keep|use|try|read|feel like|feel (?:that|some|a|any|the)|listen\w*|press\w*"
    r"|push\w*|touch\w*|bend|move|turn|say|call\w*|go|come|let|show\w*|explain\w*|treat\w*|consider\w*|inject\w*|consult\w*|measure\w*|diagnos\w*"
    r"|document\w*|noted?|record\w*|repeat\w*|evaluat\w*|monitor\w*|set|run|draw|place|provide|reassess|recheck|hold|bring|write|wait)\b",
    re.IGNORECASE,
)
SELF = re.compile(r"\bi\b", re.IGNORECASE)
OWN = re.compile(
    r"\bmy (?!(?:\w+ )?(?:notes?|exam\w*|assessments?|recommendations?|impression|concerns?|plan|office|next|nurse|(?:medical )?assistant"
    r"|colleagues?|partners?|hands?|fingers?|advice|suspicion|opinion|thoughts?|list|preference|evaluation|practice|clinic|staff|schedule"
    r"|desk|card|number|team|review|documentation|records?|computer)\b)"
    r"|\bmine\b|\bmyself\b",
    re.IGNORECASE,
)
EXPERIENCED = re.compile(
    r"\bi (?:(?:just|also|really|still|always) )*(?:have (?:had|been)|had|was|am (?!(?:just |also |really |not |so |very |a little |a bit |"
    r"most |more )*(?:going|concerned|worried|hoping|glad|happy|sorry|sure|hearing|seeing|recommending|ordering|referring|thinking|wondering"
    r"|pleased|looking|suspicious|suspecting|confident|certain|proud|curious|interested))"
    r"|feel (?!like|that|some|a|any|the)|take|get|take|go|do not (?:have|take|feel|get|drink|smoke))\b",
    re.IGNORECASE,
)


def speaks_of_self(text: str) -> bool:
    """Whether a provider's sentence may be about the one who says it rather than about the work."""
    return len(SELF.findall(text)) > len(AT_WORK.findall(text)) or bool(
        OWN.search(text) or EXPERIENCED.search(text)
    )
