"""CPT suggestions by the kind of visit and its time: numbers, and words of our own (the AMA owns the descriptors).

Times since 2024: office visits by a minimum of total time on the day that must be met or exceeded (99202-99205,
99212-99215); psychotherapy by the time with the patient, each code from past the midpoint to the one below.
Medicare doesn't take the telemedicine codes that came in 2025 (98000-98015) but these, with modifier 95 for video
or 93 for voice alone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from notes.soapnoteapi.sandbox.codes.entry import Entry, suggestion
from notes.soapnoteapi.sandbox.transcript import Sentence

# From this many minutes on, in ascending order.
NEW_PATIENT = ((15, "99202"), (30, "99203"), (45, "99204"), (60, "99205"))
ESTABLISHED = ((10, "99212"), (20, "99213"), (30, "99214"), (40, "99215"))
PSYCHOTHERAPY = ((16, "90832"), (38, "90834"), (53, "90837"))

VISITS = frozenset({"physician", "nurse_practitioner", "psychiatrist", "podiatrist"})
THERAPISTS = frozenset({"psychotherapist", "social_worker"})

IS_NEW = re.compile(
    r"\bnew patient\b|\bfirst (?:visit|appointment|time) (?:here|with (?:us|me)|in (?:this|our))\b"
    r"|\bhere to establish care\b",
    re.IGNORECASE,
)
IS_ESTABLISHED = re.compile(
    r"\bestablished patient\b|\bsince (?:i|we) (?:last saw|saw) you\b|\b(?:good|nice|great) to see you again\b"
    r"|\b(?:when|time) i (?:last )?saw you\b",
    re.IGNORECASE,
)
BY_VIDEO = re.compile(
    r"\b(?:video (?:visit|call)|telehealth|telemedicine|virtual visit|(?:by|over|on) video)\b", re.IGNORECASE
)
BY_VOICE = re.compile(r"\b(?:(?:tele)?phone (?:visit|appointment)|audio[- ]only)\b", re.IGNORECASE)
ON_VISIT = r"(?:with (?:you|him|her|them|the patient)|face|on (?:this|today's|the) (?:visit|encounter)|(?:in )?counsel)"
SPENT = re.compile(
    r"\btotal (?:visit |encounter |face[- ]to[- ]face )?time\D{0,40}?(?P<total>\d{1,3}) ?min"
    r"|\b(?:i(?:'ve| have)?|we(?:'ve| have)?) spent (?:a total of |about |over )?(?P<spent>\d{1,3}) ?min(?:ute)?s?"
    rf" (?:today )?{ON_VISIT}"
    rf"|(?P<were>\d{{1,3}}) ?min(?:ute)?s? (?:were|was) spent {ON_VISIT}"
    r"|\bi spent (?P<plain>\d{1,3}) ?min(?:ute)?s?(?: today)?\s*(?:\.|,|$)",
    re.IGNORECASE,
)
TENS = {"ten": 10, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60}
UNITS = {
    "fifteen": 15,
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
}
IN_WORDS = re.compile(
    rf"\b(?:({'|'.join(TENS)})(?:[ -]({'|'.join(UNITS)}))?|(fifteen)) (?=min)", re.IGNORECASE
)


@dataclass(frozen=True)
class VisitTime:
    """Whole minutes and what they rest on."""

    minutes: int
    ground: str
    by_recording: bool


def suggestions(said: Sequence[Sentence], specialty: str, seconds: float | None) -> list[Entry]:
    """Codes by time; none where the time isn't known, is too short, or the specialty bills by other things.

    `said`: what the patient didn't say. `seconds`: the length of the recording, None for typed text.
    """
    time = _time(said, seconds)
    if time is None:
        return []
    if specialty in THERAPISTS:
        return _by(PSYCHOTHERAPY, "psychotherapy, time with the patient", time)
    if specialty not in VISITS:
        return []
    how = _how(said)
    new, established = (_first(pattern, said) is not None for pattern in (IS_NEW, IS_ESTABLISHED))
    if new != established:
        scale, whom = (NEW_PATIENT, "a new patient") if new else (ESTABLISHED, "an established patient")
        return _by(scale, f"office visit of {whom} by time{how}", time)
    unsure = "; new or established was not said"
    return [
        *_by(ESTABLISHED, f"only if an established patient: office visit by time{how}{unsure}", time),
        *_by(NEW_PATIENT, f"only if a new patient: office visit by time{how}{unsure}", time),
    ]


def _by(scale: tuple[tuple[int, str], ...], meaning: str, time: VisitTime) -> list[Entry]:
    reached = [(least, code) for least, code in scale if time.minutes >= least]
    if not reached:
        return []
    least, code = reached[-1]
    reason = f"{time.minutes} minutes; the code asks for at least {least}"
    if time.by_recording:
        reason += "; the recording is only a part of the time that counts"
    return [suggestion(code, f"{meaning}, at least {least} minutes", source=time.ground, reason=reason)]


def _time(said: Sequence[Sentence], seconds: float | None) -> VisitTime | None:
    """What was stated, else the length of the recording; nothing where two statements differ."""
    stated: dict[int, str] = {}
    for sentence in said:
        found = SPENT.search(IN_WORDS.sub(_digits, sentence.text))
        if found and not sentence.text.endswith("?"):
            stated.setdefault(int(next(filter(None, found.groups()))), sentence.text)
    if len(stated) == 1:
        ((minutes, sentence_text),) = stated.items()
        return VisitTime(minutes, sentence_text, by_recording=False)
    if stated or not seconds:
        return None
    minutes = int(seconds // 60)
    return VisitTime(minutes, f"visit of {minutes} minutes by the recording", by_recording=True)


def _digits(match: re.Match[str]) -> str:
    tens, unit, fifteen = (word and word.lower() for word in match.groups())
    return f"{15 if fifteen else TENS[str(tens)] + UNITS.get(unit or '', 0)} "


def _how(said: Sequence[Sentence]) -> str:
    if _first(BY_VIDEO, said):
        return ", by video (Medicare: modifier 95; other payers may want 98000 to 98007)"
    if _first(BY_VOICE, said):
        return ", by voice alone (Medicare: modifier 93; other payers may want 98008 to 98015)"
    return ""


def _first(pattern: re.Pattern[str], said: Sequence[Sentence]) -> Sentence | None:
    return next((sentence for sentence in said if pattern.search(sentence.text)), None)
