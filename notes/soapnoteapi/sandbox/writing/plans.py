"""What the provider says of the work at hand: plans, put as a plan is written, and the rest of "I"."""

from __future__ import annotations

import re

from notes.soapnoteapi.sandbox.writing.phrases import alternatives, word_set
from notes.soapnoteapi.sandbox.writing.verbs import BASES

WILL = re.compile(
    r"^(?:(?:i|we) (?:am|are) going to|(?:i|we) will|let's) (?!have you |take a |see (?!you\b|patient\b))"
    r"(?:also |just |then )*(?P<verb>[a-z]+)\b",
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
    """
    order prescribe refer schedule recommend send start add obtain request arrange increase decrease switch change
    taper discontinue inject drain remove place draw run repeat recheck review discuss follow set perform proceed
    adjust consult evaluate reassess monitor renew refill print provide apply put
    """
)
NO_PLAN = word_set(
    """
    talk say look hear listen go pretend assume hope think read ask tell bet feel press push touch move pull bend lift
    """
)
# Asked for during the examination, not for the time after it.
EXAMINED = word_set(
    """
    bend breathe close extend flex hold kick lay lean lie lift look move open press pull push raise relax roll say show
    sit squeeze stand tell touch turn twist
    """
)

# What a provider does as "I". Whatever else "I" did may be a patient's words under the wrong label.
ACTS = alternatives(
    r"""
    think|see|saw|seen|seeing|hear|heard|want|wanted|know|knew|recommend\w*|believe|suspect|order\w*|understand
    remember|need
    going|like|love|agree|appreciate\w*|review\w*|refer\w*|prescrib\w*|discuss\w*|examin\w*|palpat\w*|sent?|send
    put|give|gave
    given|ask\w*|concerned|worried|hoping|hope|glad|happy|sorry|sure|suggest\w*|advis\w*|encourage\w*|look\w*
    check\w*|talk\w*
    mention\w*|told|tell|find|found|notice\w*|assume|guess|wonder\w*|expect|prefer|plan\w*|schedul\w*|start\w*|stop\w*
    continue\w*|increas\w*|decreas\w*|change\w*|add\w*|make|do (?:a|an|the|my|your)|follow|help|keep|use|try|read|feel
    listen\w*
    press\w*|push\w*|touch\w*|bend|move|turn|say|call\w*|let|show\w*|explain\w*|treat\w*|consider\w*|inject\w*
    consult\w*|measure\w*|diagnos\w*|document\w*|noted?|record\w*|repeat\w*|evaluat\w*|monitor\w*|set|run|draw
    place|provide
    reassess|recheck|hold|bring|write|wait
    """
)
BETWEEN = alternatives(
    """
    just|also|really|do|did|cannot|can|could|would|will|may|might|still|certainly|definitely|actually|only|then|now
    always|highly|personally|strongly|kind of|sort of|am|are|have|had|was|were|not|even|already
    """
)
AT_WORK = re.compile(rf"\bi (?:{BETWEEN} )*{ACTS}\b", re.IGNORECASE)
SELF = re.compile(r"\bi\b", re.IGNORECASE)
EXPERIENCED = re.compile(
    r"\bi (?:(?:just|also|really|still|always) )*(?:have (?:had|been)|had|was"
    r"|am (?!(?:just |also |really |not |so |very |a little |a bit |most |more )*"
    r"(?:going|concerned|worried|hoping|glad|happy"
    r"|sorry|sure|hearing|seeing|recommending|ordering|referring|thinking|wondering|pleased|looking"
    r"|suspicious|suspecting|confident|certain|proud|curious|interested)\b)"
    r"|feel (?!that|some|a|any|no|the|on|your)|take|get|go|do not (?:have|take|get|drink|smoke|know))\b",
    re.IGNORECASE,
)
OWN = re.compile(
    r"\bmy (?!(?:\w+ )?(?:notes?|exam\w*|assessments?|recommendations?|impression|concerns?|plan|office|next|nurse"
    r"|(?:medical )?assistant|colleagues?|partners?|hands?|fingers?|advice|suspicion|opinion|thoughts?|list|preference"
    r"|evaluation|practice|clinic|staff|schedule|desk|card|number|team|review|documentation|records?|computer)\b)"
    r"|\bmine\b|\bmyself\b",
    re.IGNORECASE,
)


def planned(text: str) -> str:
    """The provider's sentence with what is planned put first; anything else unchanged."""
    will = WILL.match(text)
    if will and will["verb"].lower() in (BASES | ORDERS) - NO_PLAN:
        return SUBJECT.sub("will ", text)
    return REQUEST.sub(_request, text)


def _request(found: re.Match[str]) -> str:
    if found["verb"].lower() not in (BASES | ORDERS) - EXAMINED:
        return found[0]
    also = f"{found['also']} " if found["also"] else ""
    return f"{found['link'] or ''}patient {also}to "


def speaks_of_self(text: str) -> bool:
    """Whether a provider's sentence may be about the one who says it rather than about the work."""
    return len(SELF.findall(text)) > len(AT_WORK.findall(text)) or bool(
        OWN.search(text) or EXPERIENCED.search(text)
    )
