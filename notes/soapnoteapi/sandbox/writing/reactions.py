"""What an allergy does to the patient stays with the allergy."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from notes.soapnoteapi.sandbox.transcript import PROVIDER
from notes.soapnoteapi.sandbox.writing.phrases import any_of
from notes.soapnoteapi.sandbox.writing.placed import Said, Unit
from notes.soapnoteapi.sandbox.writing.subjects import of_allergies

NONE = re.compile(r"^\W*(?:no|nope|none|nah)\b|\b(?:not|n't) allergic\b", re.IGNORECASE)
REACTS = re.compile(
    r"^(?:(?:and|but|so|well|um|uh|because|last time),? )*"
    r"(?:(?:it|that|they|those|both) )?(?:always |just |usually )?"
    r"(?:(?:gives?|gave|makes?|made|causes?|caused|turns?|turned) (?:me|my|an?)\b"
    r"|i (?:always |just |usually )?(?:get|got|break|broke|swell|swelled|itch|stop|vomit|throw|threw|could not|couldn't"
    r"|can't|had (?:a|an|hives|trouble|swelling))\b"
    r"|my (?:\w+ )?(?:face|throat|lips?|tongue|skin|mouth|eyes|chest|hands|stomach) (?:\w+ )?"
    r"(?:swells?|swelled|closes?|closed|itch\w*|tightens?|break\w*|broke|gets?|got|turn\w*|upset)\b"
    r"|(?:a |an )?(?:\w+ )?(?:rash|hives|swelling|itching|anaphylaxis)\b)",
    re.IGNORECASE,
)
ASKED = any_of(
    """
    what (?:happens|happened|does it do|kind of reaction|sort of reaction|reaction|was the reaction|is your reaction)
    how (?:do|did) you react|what does (?:it|that) do to you
    """
)


def with_reactions(units: Iterable[Unit]) -> list[Unit]:
    """The units, each reaction added to the allergy before it."""
    found: list[Unit] = []
    for unit in units:
        if found and _states_allergy(found[-1]) and _is_reaction(unit, of=found[-1].statement):
            found[-1] = replace(found[-1], added=(*found[-1].added, *unit.said))
        else:
            found.append(unit)
    return found


def _states_allergy(unit: Unit) -> bool:
    said = unit.statement
    return (
        said.role != PROVIDER
        and of_allergies(unit.text)
        and not NONE.search(said.text)
        and "?" not in said.text
    )


def _is_reaction(unit: Unit, *, of: Said) -> bool:
    """Whether the same person goes on to tell, unasked or asked, what it does."""
    said = unit.statement
    if (said.sentence.speaker, said.sentence.heading) != (of.sentence.speaker, of.sentence.heading):
        return False
    if said.role not in (of.role, ""):
        return False
    if unit.question is not None:
        return ASKED.search(unit.question.text) is not None
    return "?" not in said.text and REACTS.match(said.text) is not None
