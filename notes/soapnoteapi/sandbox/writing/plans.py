"""The provider's "I'm going to" and "I'd like you to" as a plan is written: "Will …", "Patient to …"."""

from __future__ import annotations

import re

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
ORDERS = frozenset(
    "order prescribe refer schedule recommend send start add obtain request arrange increase decrease switch change taper"
    " discontinue inject drain remove place draw run repeat recheck review discuss follow set perform proceed adjust"
    " consult evaluate reassess monitor renew refill print provide apply put".split()
)
NO_PLAN = frozenset(
    "talk say look hear go pretend assume hope think read ask tell bet feel press push touch move".split()
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
