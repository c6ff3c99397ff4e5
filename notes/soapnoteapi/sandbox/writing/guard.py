"""The safety net under the rewriting: what may differ between a sentence and its line in the note.

Both are brought to the same plain form (fillers out, contractions written out, verbs in one person). What is left
has to be there in the same order: numbers, names, sides, negations, hedges, conditions, times. Only the words for
the patient differ, and those are counted. What the cleaning took away must be in a closed list of fillers.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from notes.soapnoteapi.sandbox.transcript import PATIENT, PROVIDER
from notes.soapnoteapi.sandbox.writing.contractions import written_out
from notes.soapnoteapi.sandbox.writing.phrases import word_set
from notes.soapnoteapi.sandbox.writing.spoken import SOUND, cleaned, joined
from notes.soapnoteapi.sandbox.writing.verbs import BASE_OF, THIRD, gerund

WORD = re.compile(r"[^\W_]+(?:['.,:/%-]+[^\W_]+)*%?|[+<>=]")
WORDS_ONLY = re.compile(r"[a-z'-]+")
FILLERS = word_set(
    "okay ok alright all right well so and yeah yep yup yes gotcha great perfect good awesome wonderful excellent"
    " sure absolutely anyway basically honestly like you know see let's let me i mean go ahead"
)
# Said twice these may count twice.
SAID_ONCE = word_set(
    "no not never one two three four five six seven eight nine ten eleven twelve twenty thirty forty fifty sixty"
    " seventy eighty ninety hundred thousand half"
)
SOUNDS = re.compile(SOUND)
NOTE_WORDS = word_set(
    "reports denies having being the her his patient patient's age duration of onset location which occupation height"
    " weight pain rating"
)
FIRST = frozenset(["i", "me", "my", "mine", "myself"])
SECOND = frozenset(["you", "your", "yours", "yourself"])
PATIENT_WORDS = frozenset({"patient", "patient's", "themself"})
THIRD_PERSONS = frozenset(["he", "him", "his", "himself", "she", "her", "hers", "herself"])
REQUEST = re.compile(
    r"\b(?:i|we) (?:(?P<also>also|just|really) )?(?:would like(?: for)?|want|need) (?P<you>you) to\b"
    r"|\b(?:i|we) (?:be going to|will) have (?P<them>you)\b"
)
FUTURE = re.compile(r"\b(?:(?:i|we) )?be going to\b|\b(?:i|we) will\b|\blet's\b")


def preserves(source: str, line: str, *, speaker: str) -> bool:
    """Whether `line` says what `source` says, the words for the patient apart. Linear in their length."""
    kept = cleaned(source)
    replaced = FIRST if speaker == PATIENT else SECOND
    after = _plain(line, speaker)
    return _only_fillers_left(words(joined(source)), words(kept)) and any(
        _facts(before, replaced) == _facts(after, replaced) and _same_people(before, after, replaced)
        for before in (_plain(kept, speaker), _plain(kept, speaker, requests=True))
    )


def says_no_more(line: str, question: str, answer: str) -> bool:
    """Whether the merged line holds only words that were said or are the note's own, and every number said."""
    said, merged = words(f"{question} {answer}"), words(line)
    known = {form for word in said for form in (word, THIRD.get(word), gerund(word), word.partition("'")[0])}
    numbers = [word for word in said if any(character.isdigit() for character in word)]
    return set(merged) <= known | NOTE_WORDS and set(numbers) <= set(merged)


def words(text: str) -> list[str]:
    return WORD.findall(text.lower().replace("’", "'"))


def _plain(text: str, speaker: str, *, requests: bool = False) -> list[str]:
    plain = " ".join(BASE_OF.get(word, word) for word in words(written_out(text)))
    if requests:
        plain = REQUEST.sub(lambda m: f"you {m['also'] or ''} to", plain)
    if speaker == PROVIDER:
        plain = FUTURE.sub("will", plain)
    return [word for word in plain.split() if word != "the"]


def _facts(plain: Sequence[str], replaced: frozenset[str]) -> list[str]:
    people = replaced | PATIENT_WORDS | THIRD_PERSONS
    return [word for word in plain if word not in people]


def _same_people(before: Sequence[str], after: Sequence[str], replaced: frozenset[str]) -> bool:
    """Each word of the speaker or the listener became one for the patient, and nobody else was touched."""
    then, now = Counter(before), Counter(after)
    if any(now[word] for word in replaced) or any(
        now[word] < then[word] for word in THIRD_PERSONS | PATIENT_WORDS
    ):
        return False
    others = sum(then[word] for word in THIRD_PERSONS)
    added = sum(now[word] for word in THIRD_PERSONS) - others
    named = sum(now[word] - then[word] for word in PATIENT_WORDS)
    return not (added and others) and added + named == sum(then[word] for word in replaced)


def _only_fillers_left(source: Sequence[str], kept: Sequence[str]) -> bool:
    """Whether all that cleaning took are fillers, words begun ("ex-") and words said twice."""
    kept_words = {part for word in kept for part in (word, word.partition("'")[0])}
    begun = {word[:length] for word in kept_words for length in range(1, min(len(word), 7))}
    return all(
        word in FILLERS
        or SOUNDS.fullmatch(word)
        or word in begun
        or (kept_words.issuperset(word.split("-")) and WORDS_ONLY.fullmatch(word) and word not in SAID_ONCE)
        for word in Counter(source) - Counter(kept)
    )
