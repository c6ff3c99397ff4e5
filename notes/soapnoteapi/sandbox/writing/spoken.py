"""Speech as it was written down, made readable without touching what it says.

Recognisers and published dialogues part words from their endings ("do n't", "gon na") and from their
punctuation. Fillers are sounds and phrases that carry no fact; hedges ("kind of", "I think") are not among them.
"""

from __future__ import annotations

import re

from notes.soapnoteapi.sandbox.writing.phrases import alternatives
from notes.soapnoteapi.sandbox.writing.verbs import BASES

EDGES = "\"“”'.,;:?!()[]…"
SPACES = re.compile(r"\s+")
PARTED = re.compile(r"\s+(?=n['’]t\b|['’](?:s|m|re|ve|ll|d)\b)", re.IGNORECASE)
HALVES = re.compile(r"\b(gon|wan|got|can|gim|lem)\s+(na|ta|not|me)\b", re.IGNORECASE)
BEFORE_MARK = re.compile(r"\s+(?=[,.;:?!…](?:\s|$))")
MARKS_FIRST = re.compile(r"^[\s,.;:?!…-]+")
MARKS_TWICE = re.compile(r"([,;])(?:\s*[,;])+")
# Not "er" and "mm", which are a place and a length as well.
SOUND = r"(?:u[hm]+|uhm+|erm|h+m+|mmm+|mhm+|mm-hmm+|uh-huh)"
SOUNDS = re.compile(rf"(?<!\d )(?<![\w'/-]){SOUND}(?![\w'/-])(?:,(?=\s|$))?", re.IGNORECASE)
ASIDES = re.compile(
    r",\s*(?:like|you know|i mean|you see|let's see|let me see|well|okay|ok|so|yeah|basically|honestly)(?=\s*,)",
    re.IGNORECASE,
)
JUST_SO = re.compile(r"\b(?:also,? )?just so you know,?(?=\s)", re.IGNORECASE)
# "you know" with something known behind it, or somebody made to know before it, is no filler.
YOU_KNOW = re.compile(
    r"\b(?=you know)(?<!\bdo )(?<!\bdid )(?<!\bif )(?<!\blet )(?<!\bas )(?<!\bthat )(?<!\bwhat )(?<!\bto )(?<!\bdon't )"
    r"(?<!\bdidn't )(?<!\bshould )(?<!\bwould )(?<!\bmight )(?<!\bmay )(?<!\bwill )(?<!\bcan )(?<!\bwhen )(?<!\buntil )"
    r"(?<!\bhow )(?<!\bbecause )(?<!\bthink )(?<!\bsure )you know,?(?=\s|$)"
    r"(?!\s+(?:that(?!')|what|how|if|when|who|where|why|which|whether|about|of|anyone|anything)\b)",
    re.IGNORECASE,
)
# "that you know you have": nobody is told what they know.
YOU_KNOW_YOU = re.compile(
    r"\b(?=you know you)(?<!\bdo )(?<!\bdid )(?<!\blet )you know,? (?=you\b)", re.IGNORECASE
)
I_MEAN = re.compile(
    r"(?<!\bwhat )(?<!\bthat )(?<!\bdo )(?<!\bthat's what )\bi mean\b,?(?!\s+(?:that|by|to)\b|\s+it\W*$)",
    re.IGNORECASE,
)
GO_AHEAD = re.compile(r"\bgo ahead and (?=[a-z])", re.IGNORECASE)

PRAISE = "great|perfect|good|awesome|wonderful|excellent|sure|absolutely"
OPENER = "okay|ok|alright|all right|well|so|yeah|yep|yup|gotcha"
# What an opener stands loosely before; before any other word it may belong to it ("well healed", "so tired").
STARTS = alternatives(
    """
    i|you|we|he|she|it|they|that's|there|there's|my|your|our|the|a|an|this|these|those|some|any|is|are|was|do|does|did
    have|has|had|can|could|will|would|if|but|because|when|what|where|how|who|why|no|not|just|let|let's|tell|for|then
    maybe|probably|sometimes|usually|basically|honestly|anyway|actually|looking|here|on|at|in|with|after|before|like
    from|by|going|of|since|again|today|now|first|second|next|overall|otherwise|every|everything|and|okay|yeah
    alright|so|well
    """
)
OPENERS = re.compile(
    rf"^(?:(?:{OPENER}|{PRAISE}|yes|oh|i see|you know|i mean|anyway|basically|honestly)[,.;!]+\s+(?=\w)"
    rf"|(?:{OPENER})\s+(?={STARTS}\b(?!-))|and,?\s+(?=\w))+",
    re.IGNORECASE,
)
AGREEMENT = re.compile(r"\b(?:yes|yeah|yep|yup)\b", re.IGNORECASE)
SHORT = 3  # spaces in what may be no more than an answer

FUNCTION = alternatives(
    """
    i'm|i've|i'll|i'd|it's|that's|you're|we're|we'll|he's|she's|i|the|a|an|it|my|your|his|in|on|of|to|was|is|are|you|but
    so|for|with|we|they|he|she|if|that|some|be|by|or|at|as|from|can|would|could|will|which|where|who|how|after|about
    just|when|has|have|do|did|what|and|then|because|like|this|there
    """
)
PRONOUN = r"(?:i|i'm|i've|it|it's|we|you|he|she|they|there|there's|that)"
CUT_OFF = re.compile(r"(?<![\w-])([a-z]{1,6})-,?\s+(?=\1[a-z'])", re.IGNORECASE)
STUTTER = re.compile(rf"\b({FUNCTION})-\s*(?=\1\b)", re.IGNORECASE)
STUTTERED = re.compile(FUNCTION)
STAMMER = re.compile(
    rf"(?<!\bat )(?<!\bfor )(?<!\bwith )(?<!\btell )(?<!\btold )"
    rf"\b({FUNCTION}(?:,? {FUNCTION}){{0,2}})(?:,? \1\b)+(?!['-])",
    re.IGNORECASE,
)
BEGUN_AGAIN = re.compile(rf"\b({PRONOUN} (?!no\b|not\b)[a-z]{{2,}}),? \1\b(?!['-])", re.IGNORECASE)
VERB_TWICE = re.compile(r"\b([a-z]{3,}) \1\b(?!['-])", re.IGNORECASE)
RESTART = re.compile(r"\b(i|you|we|he|she|it|they|that|what|there),? (?=\1'[a-z])", re.IGNORECASE)
# No clause ends in these: a comma behind one is a breath.
BREATH = re.compile(
    r"\b(of|the|a|an|been|have|has|had|with|and|some|my|your|for|from|about|at|to|very|really|just),(?= \w)"
)
# A comma on either side of a hesitation inside a clause: "there is, uh, some tenderness".
HESITATED = re.compile(
    rf"\b(i|he|she|we|they|is|are|was|were|been|tried|having|regularly), {SOUND}, (?=[a-z])", re.IGNORECASE
)


def joined(text: str) -> str:
    """The same words with endings and punctuation where they belong: "do n't ." becomes "don't."."""
    text = SPACES.sub(" ", text).strip()
    text = HALVES.sub(r"\1\2", PARTED.sub("", text))
    return MARKS_FIRST.sub("", BEFORE_MARK.sub("", text))


def cleaned(text: str) -> str:
    """Joined text without fillers, stammers and words broken off and begun again."""
    text = _marks(SOUNDS.sub(" ", HESITATED.sub(r"\1 ", joined(text))))
    text = STUTTER.sub("", CUT_OFF.sub("", text))
    for filler in (JUST_SO, ASIDES, I_MEAN, YOU_KNOW, YOU_KNOW_YOU, GO_AHEAD):
        text = filler.sub("", text)
    text = RESTART.sub("", STAMMER.sub(r"\1", SPACES.sub(" ", text)))
    text = VERB_TWICE.sub(_once, text)
    text = _opened(_marks(BEGUN_AGAIN.sub(r"\1", text)))
    return BREATH.sub(r"\1", _marks(text)).strip(" ,;")


def _once(found: re.Match[str]) -> str:
    return found[1] if found[1].lower() in BASES else found[0]


def _marks(text: str) -> str:
    return MARKS_FIRST.sub("", MARKS_TWICE.sub(r"\1", BEFORE_MARK.sub("", SPACES.sub(" ", text))))


def _opened(text: str) -> str:
    """Text without its opening fillers; a "yes" stays before the few words it may carry ("yes, i am")."""
    found = OPENERS.match(text)
    if not found:
        return text
    rest = text[found.end() :]
    agreed = AGREEMENT.search(found[0]) and rest.count(" ") < SHORT
    return f"yes, {rest}" if agreed else rest
