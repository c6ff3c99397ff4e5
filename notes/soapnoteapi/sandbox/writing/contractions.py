"""Contractions written out, where they can stand for one thing only."""

from __future__ import annotations

from notes.soapnoteapi.sandbox.writing.phrases import word_set
from notes.soapnoteapi.sandbox.writing.spoken import EDGES
from notes.soapnoteapi.sandbox.writing.verbs import BASE_OR_PARTICIPLE, BASES, PASTS

WHOLE = {
    "can't": "cannot",
    "won't": "will not",
    "shan't": "shall not",
    "gonna": "going to",
    "wanna": "want to",
    "kinda": "kind of",
    "sorta": "sort of",
}
ENDINGS = {"m": "am", "re": "are", "ve": "have", "ll": "will"}
IS_OR_HAS = word_set("it that there he she what here everything this")
HAD_OR_WOULD = word_set("i you he she it we they")


def written_out(text: str) -> str:
    """The text with its contractions written out, word by word."""
    words = text.replace("’", "'").split(" ")
    plain = [word.strip(EDGES).lower() for word in words]
    return " ".join(_written_out(*found) for found in zip(words, plain, [*plain[1:], ""], strict=True))


def _written_out(word: str, plain: str, following: str) -> str:
    whole = expanded(plain, following)
    if whole == plain:
        return word
    at = word.lower().index(plain)
    return word[:at] + (whole.capitalize() if word[at].isupper() else whole) + word[at + len(plain) :]


def expanded(word: str, following: str) -> str:
    """A lower-case contraction written out; unchanged where it could stand for more than one thing.

    `following` is the next word, in lower case: "it's been" is "it has been", "it's sore" is "it is sore".
    """
    if word in WHOLE:
        return WHOLE[word]
    if word.endswith("n't") and word != "ain't":
        return f"{word[:-3]} not"
    stem, _, ending = word.partition("'")
    if ending in ENDINGS:
        return f"{stem} {ENDINGS[ending]}"
    verb = ""
    if ending == "s" and stem in IS_OR_HAS:
        verb = _is_or_has(following)
    elif ending == "d" and stem in HAD_OR_WOULD:
        verb = _had_or_would(following)
    return f"{stem} {verb}" if verb else word


def _is_or_has(following: str) -> str:
    if following in {"been", "had", "got", "gotten"}:
        return "has"
    return "" if following in PASTS or following == "own" else "is"


def _had_or_would(following: str) -> str:
    if following in PASTS:
        return "had"
    return "would" if following in BASES - BASE_OR_PARTICIPLE or following in {"be", "rather"} else ""
