"""Words as the models see them."""

from __future__ import annotations

import re
from collections.abc import Iterator

WORD = re.compile(r"[^\W_]+(?:'[a-z]+)?|\?")
SEPARATED = re.compile(r"\s+(?=n['’]t\b|['’](?:s|m|re|ve|ll|d)\b)", re.IGNORECASE)
FILLED = re.compile(r"(?:uh|um|er|ah|hmm+|mm+|mhm|mm-hmm|uh-huh|huh)$")
COMMON_WORDS = """
    a about all also am an and any are as at be because been but by can could did do does doing for from get getting go
    going good got great had has have having he her here him his how i if in into is it its just kind know let like
    little lot me mean my now of off okay on one or our out over really right see she so some something sure that the
    their them then there these they thing things think this those to too uh um up us very want was way we well were
    what when where which who will with would yeah yes you your alright i'm i've i'd i'll you're you've you'll it's
    that's there's he's she's we're we'll let's don't didn't doesn't hey hi no not patient doctor reports states denies
    today
"""
COMMON = frozenset(COMMON_WORDS.split())
ENDINGS = ("ations", "ation", "ings", "ing", "ness", "edly", "ies", "ied", "ed", "es", "ly", "s")
SHORTEST_STEM = 4
ENOUGH = 20_000  # characters to tell the language by
COMMON_SHARE = 0.2  # spoken English has about 0.5, clinical shorthand less


def words(text: str) -> list[str]:
    """Lower-case words and question marks, hesitations left out; "do n't" counts as "don't"."""
    found = WORD.findall(SEPARATED.sub("", text.lower()).replace("’", "'"))
    return [word for word in found if not FILLED.match(word)]


def stem(word: str) -> str:
    """A crude stem, so that "swelling" meets "swollen" no worse than "swells"."""
    for ending in ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= SHORTEST_STEM:
            return word[: -len(ending)]
    return word


def is_english(text: str) -> bool:
    """Whether enough of the words are among the commonest English ones to go by what the models learnt."""
    spoken = words(text[:ENOUGH])
    return sum(word in COMMON for word in spoken) >= COMMON_SHARE * len(spoken)


def content(text: str) -> Iterator[str]:
    """Stems of the words that carry meaning by themselves."""
    return (stem(word) for word in words(text) if word not in COMMON and word != "?")
