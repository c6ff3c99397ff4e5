"""`POST /v1/visit-summary`: visits that the caller sends, drawn together in their own sentences.

The vendor says what comes back (a summary, key findings, active diagnoses) but not its field names: those, and the
entries with the sentence and the visit that they rest on, are ours. Nothing is stored.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from notes.soapnoteapi.sandbox.codes import icd10
from notes.soapnoteapi.sandbox.codes.words import words
from notes.soapnoteapi.sandbox.errors import invalid
from notes.soapnoteapi.sandbox.options import patient_problems
from notes.soapnoteapi.sandbox.sentences import split
from notes.soapnoteapi.sandbox.writing.placed import SECTIONS

MOST_VISITS = 200
MOST_FINDINGS = 20
MOST_SENTENCES = 3  # of each of assessment and plan, for each visit
LONGEST_NAME = 200
FINDING = re.compile(
    r"\d|\b(?:abnormal|elevated|increased|decreased|reduced|swollen|swelling|tender\w*|murmur|wheez\w*|rash|lesion|mass"
    r"|positive|fracture|effusion|edema|crackles|rales|enlarged|low|high|worse|improved)\b",
    re.IGNORECASE,
)
OVER = re.compile(
    r"\b(?:resolved|ruled out|no longer|in remission|cured|healed|no evidence of|not)\b", re.IGNORECASE
)


@dataclass(frozen=True)
class Visit:
    """One visit as sent: its sections, or only a summary of it."""

    visit_date: date
    provider: str
    sections: Mapping[str, str]
    summary: str

    def sentences(self, *names: str) -> Iterator[tuple[str, str]]:
        """Section and sentence; a visit sent as a summary has one section of that name."""
        for name in names:
            text = self.summary if name == "summary" else self.sections.get(name, "")
            for line in text.splitlines():
                yield from ((name, sentence) for sentence in split(line))


def read_visits(data: Mapping[str, object]) -> tuple[list[Visit], str]:
    """The visits, oldest first, and the focus; `ApiError` 400 names every field at fault."""
    given = data.get("visits")
    if not isinstance(given, list) or not 0 < len(given) <= MOST_VISITS:
        raise invalid(("visits", f"visits must be a list of 1 to {MOST_VISITS} visits"))
    problems = [
        problem for number, entry in enumerate(given) for problem in _problems(entry, f"visits[{number}]")
    ]
    problems += patient_problems(data.get("patient_info"), "patient_info")
    if not _is_text(data.get("focus")):
        problems.append(("focus", "focus must be text"))
    if problems:
        raise invalid(*problems)
    return sorted(map(_visit, given), key=lambda visit: visit.visit_date), str(data.get("focus") or "")


def summarise(visits: Sequence[Visit], focus: str = "") -> dict[str, object]:
    """The answer. `focus` puts the findings and sentences that share its words first."""
    about = frozenset(_words(focus))
    return {
        "summary": "\n".join(_told(visit, about) for visit in reversed(visits)),
        "key_findings": _findings(visits, about),
        "active_diagnoses": _diagnoses(visits),
    }


def _told(visit: Visit, about: frozenset[str]) -> str:
    who = f" ({visit.provider})" if visit.provider else ""
    chosen: list[str] = []
    for name in ("summary", "assessment", "plan"):
        found = [sentence for _, sentence in visit.sentences(name)]
        chosen += sorted(found, key=lambda sentence: not about & _words(sentence))[:MOST_SENTENCES]
    if not chosen:
        chosen = [sentence for _, sentence in visit.sentences("subjective", "objective")][:MOST_SENTENCES]
    return f"{visit.visit_date.isoformat()}{who}: {' '.join(chosen)}".rstrip()


def _findings(visits: Sequence[Visit], about: frozenset[str]) -> list[dict[str, str]]:
    """The latest first; sentences of the examination and results with a value or something out of the ordinary."""
    found = [
        {"text": sentence, "source": sentence, "section": name, "visit_date": visit.visit_date.isoformat()}
        for visit in reversed(visits)
        for name, sentence in visit.sentences("objective", "summary")
        if FINDING.search(sentence)
    ]
    return sorted(found, key=lambda entry: not about & _words(entry["text"]))[:MOST_FINDINGS]


def _diagnoses(visits: Sequence[Visit]) -> list[dict[str, str]]:
    """Diagnoses asserted in an assessment or summary, unless a later visit says that they are over."""
    active: dict[str, dict[str, str]] = {}
    for visit in visits:
        for _, sentence in visit.sentences("assessment", "summary"):
            if OVER.search(sentence):
                for match in icd10.candidates(sentence):
                    active.pop(match.code, None)
            for match in icd10.diagnoses(sentence):
                active[match.code] = {
                    "name": match.said,
                    "icd10_category": match.code,
                    "description": f"Suggestion to check: {match.title} (category)",
                    "source": sentence,
                    "visit_date": visit.visit_date.isoformat(),
                }
    return sorted(active.values(), key=lambda entry: entry["visit_date"], reverse=True)


def _problems(entry: object, at: str) -> Iterator[tuple[str, str]]:
    if not isinstance(entry, dict):
        yield at, "a visit must be an object"
        return
    if _date(entry.get("visit_date")) is None:
        yield f"{at}.visit_date", "visit_date must be a date such as 2026-03-31"
    provider = entry.get("provider")
    if not _is_text(provider) or len(str(provider or "")) > LONGEST_NAME:
        yield f"{at}.provider", f"provider must be text of at most {LONGEST_NAME} characters"
    note, summary = entry.get("soap_note"), entry.get("summary")
    if not _is_text(summary):
        yield f"{at}.summary", "summary must be text"
    if note is not None and not isinstance(note, dict):
        yield f"{at}.soap_note", "soap_note must be an object"
        return
    sections = {name: (note or {}).get(name) for name in SECTIONS}
    yield from (
        (f"{at}.soap_note.{name}", f"{name} must be text")
        for name, text in sections.items()
        if not _is_text(text)
    )
    if not any(isinstance(text, str) and text.strip() for text in (summary, *sections.values())):
        yield at, "a visit needs a soap_note with text, or a summary"


def _visit(entry: Mapping[str, object]) -> Visit:
    when, note = _date(entry["visit_date"]), entry.get("soap_note")
    assert when is not None
    sections = {name: str(note.get(name) or "") for name in SECTIONS} if isinstance(note, dict) else {}
    return Visit(when, str(entry.get("provider") or ""), sections, str(entry.get("summary") or ""))


def _date(value: object) -> date | None:
    """The day of an ISO date or date and time."""
    if not isinstance(value, str) or len(value) > 40:
        return None
    try:
        return date.fromisoformat(value.strip()[:10])
    except ValueError:
        return None


def _is_text(value: object) -> bool:
    return value is None or isinstance(value, str)


def _words(text: str) -> frozenset[str]:
    return frozenset(words(text))
