"""Speech as it was written down, made readable without touching what it says.

Recognisers and published dialogues part words from their endings ("do n't", "gon na") and from their
punctuation. Fillers are sounds and phrases that carry no fact; hedges ("kind of", "I think") are not among them.
"""

from __future__ import annotations

import re

from notes.soapnoteapi.sandbox.writing.verbs import BASES, PASTS, SAME_IN_THE_PAST

PARTED = re.compile(r"\s+(?=n['’]t\b|['’](?:s|m|re|ve|ll|d)\b)", re.IGNORECASE)
HALVES = re.compile(r"\b(gon|wan|got|can|gim|lem)\s+(na|ta|not|me)\b", re.IGNORECASE)
BEFORE_MARK = re.compile(r"\s+(?=[,.;:?!…](?:\s|$))")
MARKS_FIRST = re.compile(r"^[\s,.;:?!…-]+")
SPACES = re.compile(r"\s+")
EDGES = "\"“”'.,;:?!()[]…"

SOUNDS = re.compile(
    r"(?<![\w'-])(?:u[hm]+|uhm+|e[rh]m?|h+m+|mm+|mhm+|mm-hmm+|uh-huh|ah+|oh)(?![\w'-])(?:,(?=\s|$))?",
    re.IGNORECASE,
)
ASIDES = re.compile(
    r",\s*(?:like|you know|i mean|you see|let's see|let me see|well|okay|ok|so|yeah|basically|honestly)"
    r"(?=\s*,)",
    re.IGNORECASE,
)
# "you know" with something known behind it, or somebody made to know before it, is no filler.
YOU_KNOW = re.compile(
    r"(?<!do )(?<!did )(?<!if )(?<!let )(?<!as )(?<!that )(?<!what )(?<!to )(?<!don't )(?<!didn't )(?<!should )"
    r"(?<!would )(?<!might )(?<!may )(?<!will )(?<!can )(?<!when )(?<!until )(?<!since )(?<!how )(?<!because )"
    r"\byou know,?(?=\s|$)"
    r"(?!\s+(?:that|what|how|if|when|who|where|why|which|whether|about|the|your|this|of|any|anyone|anything)\b)",
    re.IGNORECASE,
)
I_MEAN = re.compile(
    r"(?<!what )(?<!that )(?<!do )(?<!that's what )\bi mean\b,?(?!\s+(?:that|it|by|to)\b)", re.IGNORECASE
)
STARTS = (
    r"(?:i|you|we|he|she|it|they|that's|there|there's|my|your|our|the|a|an|this|these|those|some|any|is|are|was|do|does|did"
    r"|have|has|had|can|could|will|would|if|but|because|when|what|where|how|who|why|no|not|just|let|let's|tell|for|then"
    r"|maybe|probably|sometimes|usually|basically|honestly|anyway|actually)(?!-)\b"
)
OPENERS = re.compile(
    r"^(?:(?:okay|ok|alright|all right|well|so|yeah|yep|yup|yes|oh|gotcha|great|perfect|good|awesome|wonderful|excellent"
    r"|sure|absolutely|i see|you know|i mean|anyway|basically|honestly)[,.;!]+\s+(?=\w)"
    r"|(?:okay|ok|alright|all right|well|so|yeah|yep|yup|i see|gotcha)\s+(?=(?:okay|ok|alright|well|so|yeah|and|"
    + STARTS
    + r"))"
    r"|and,?\s+(?=\w))+",
    re.IGNORECASE,
)
CUT_OFF = re.compile(r"(?<![\w-])([a-z]{1,6})-,?\s+(?=\1[a-z'])", re.IGNORECASE)
FUNCTION = (
    r"(?:i'm|i've|i'll|i'd|it's|that's|you're|we're|we'll|he's|she's|i|the|a|an|it|my|your|his|in|on|of|to|was|is|are"
    r"|you|but|so|for|with|we|they|he|she|if|just|when|at|has|have|do|did|what|or|and|then|because|like|this|there)"
)
STUTTERED = re.compile(FUNCTION)
STAMMER = re.compile(rf"\b({FUNCTION}(?:,? {FUNCTION}){{0,2}})(?:,? \1\b)+(?!['-])", re.IGNORECASE)
GO_AHEAD = re.compile(r"\bgo ahead and (?=[a-z])", re.IGNORECASE)


def joined(text: str) -> str:
    """The same words with endings and punctuation where they belong: "do n't ." becomes "don't."."""
    text = SPACES.sub(" ", text).strip()
    text = PARTED.sub("", text)
    text = HALVES.sub(r"\1\2", text)
    text = BEFORE_MARK.sub("", text)
    return MARKS_FIRST.sub("", text)


def cleaned(text: str) -> str:
    """Joined text without fillers, stammers and words broken off and begun again."""
    text = SPACES.sub(" ", SOUNDS.sub(" ", joined(text)))
    text = MARKS_FIRST.sub("", BEFORE_MARK.sub("", text))
    text = CUT_OFF.sub("", text)
    text = YOU_KNOW.sub("", I_MEAN.sub("", ASIDES.sub("", text)))
    text = GO_AHEAD.sub("", text)
    text = STAMMER.sub(r"\1", SPACES.sub(" ", text))
    text = OPENERS.sub("", MARKS_FIRST.sub("", text))
    text = re.sub(r"([,;])(?:\s*[,;])+", r"\1", BEFORE_MARK.sub("", text))
    return SPACES.sub(" ", text).strip(" ,;-")


IRREGULAR_NEGATIONS = {"can't": "cannot", "won't": "will not", "shan't": "shall not", "gonna": "going to"}
CONTRACTED = {"'m": "am", "'re": "are", "'ve": "have", "'ll": "will"}
IS_HAS = frozenset({"it", "that", "there", "he", "she", "what", "here", "everything", "this"})
HAD_WOULD = frozenset({"i", "you", "he", "she", "it", "we", "they"})


def expanded(word: str, following: str) -> str:
    """A lower-case contraction written out; unchanged where it could stand for more than one thing.

    `following` is the next word, in lower case: "it's been" is "it has been", "it's sore" is "it is sore".
    """
    if word in IRREGULAR_NEGATIONS:
        return IRREGULAR_NEGATIONS[word]
    if word.endswith("n't") and word != "ain't":
        return f"{word[:-3]} not"
    stem, mark, ending = word.partition("'")
    if not mark:
        return word
    if mark + ending in CONTRACTED:
        return f"{stem} {CONTRACTED[mark + ending]}"
    if ending == "s" and stem in IS_HAS:
        return _is_or_has(stem, following) or word
    if ending == "d" and stem in HAD_WOULD:
        return _had_or_would(stem, following) or word
    return word


def _is_or_has(stem: str, following: str) -> str:
    if following in {"been", "had", "got", "gotten"}:
        return f"{stem} has"
    return "" if following in PASTS else f"{stem} is"


def _had_or_would(stem: str, following: str) -> str:
    if following in PASTS:
        return f"{stem} had"
    return f"{stem} would" if following in BASES - SAME_IN_THE_PAST or following in {"be", "rather"} else ""


def written_out(text: str) -> str:
    """Text with its contractions written out, word by word, case and punctuation kept as far as they matter."""
    words = text.replace("’", "'").split(" ")
    cores = [word.strip(EDGES).lower() for word in words]
    out = []
    for index, (word, core) in enumerate(zip(words, cores, strict=True)):
        following = cores[index + 1] if index + 1 < len(cores) else ""
        whole = expanded(core, following)
        if whole != core:
            at = word.lower().index(core)
            word = word[:at] + (whole.capitalize() if word[at].isupper() else whole) + word[at + len(core) :]
        out.append(word)
    return " ".join(out)
