"""Plain visits of several specialties: each fact in its section, and nobody's words under the other's name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import pytest

from notes.soapnoteapi.sandbox import note as notes
from notes.soapnoteapi.sandbox.options import NoteOptions
from notes.soapnoteapi.sandbox.transcript import PATIENT, PROVIDER, Segment, Transcript
from notes.soapnoteapi.sandbox.writing.placed import SECTIONS
from tests.notes.sandbox.visits import EAR, URINARY, VISITS, Sentence

PHYSICIAN = NoteOptions("physician")
PERSON = re.compile(r"\b(?:i|my|you|your)\b", re.IGNORECASE)
LABELS = {PROVIDER: "Doctor", PATIENT: "Patient"}
Note = dict[str, Any]


def labelled(visit: Iterable[Sentence]) -> Note:
    return notes.from_typed("\n".join(f"{LABELS[one.speaker]}: {one.text}" for one in visit), PHYSICIAN)


def unlabelled(visit: Iterable[Sentence]) -> Note:
    return notes.from_typed(" ".join(one.text for one in visit), PHYSICIAN)


def stereo(visit: Iterable[Sentence]) -> Note:
    said = tuple(Segment(at * 4.0, at * 4.0 + 3.5, one.text, one.speaker) for at, one in enumerate(visit))
    return notes.from_recording(Transcript(said, said[-1].end), PHYSICIAN)


def mono(visit: Iterable[Sentence]) -> Note:
    said = tuple(Segment(at * 4.0, at * 4.0 + 3.5, one.text) for at, one in enumerate(visit))
    return notes.from_recording(Transcript(said, said[-1].end), PHYSICIAN)


def only(speaker: str) -> list[list[Sentence]]:
    return [[one for one in visit if one.speaker == speaker] for visit in VISITS.values()]


def misplaced(visit: Iterable[Sentence], note: Note) -> list[tuple[str, str, str]]:
    """The facts that are not where they belong: where they belong, where they are, and the sentence."""
    placed = {source["text"]: line["section"] for line in note["lines"] for source in line["sources"]}
    return [
        (one.section, placed.get(one.text, "nowhere"), one.text)
        for one in visit
        if one.section and placed.get(one.text) != one.section
    ]


def share_in_place(
    visits: Iterable[Sequence[Sentence]], written: Callable[[Iterable[Sentence]], Note]
) -> tuple[float, list[tuple[str, str, str]]]:
    facts, wrong = 0, []
    for visit in visits:
        facts += sum(bool(one.section) for one in visit)
        wrong += misplaced(visit, written(visit))
    return 1 - len(wrong) / facts, wrong


@pytest.mark.parametrize(
    ("written", "least"), [(labelled, 0.95), (stereo, 0.95), (unlabelled, 0.85), (mono, 0.85)]
)
def test_the_facts_of_plain_visits_stand_in_their_sections(
    written: Callable[[Iterable[Sentence]], Note], least: float
) -> None:
    share, wrong = share_in_place(VISITS.values(), written)

    assert share >= least, wrong


@pytest.mark.parametrize("speaker", [PROVIDER, PATIENT])
@pytest.mark.parametrize("written", [labelled, unlabelled])
def test_the_facts_that_one_person_alone_tells_stand_in_their_sections(
    speaker: str, written: Callable[[Iterable[Sentence]], Note]
) -> None:
    share, wrong = share_in_place(only(speaker), written)

    assert share >= 0.9, wrong


@pytest.mark.parametrize("visit", VISITS.values(), ids=VISITS)
@pytest.mark.parametrize("written", [labelled, stereo, unlabelled, mono])
def test_nobodys_words_stand_under_the_others_name(
    visit: list[Sentence], written: Callable[[Iterable[Sentence]], Note]
) -> None:
    truth = {one.text: one.speaker for one in visit}
    named = {PROVIDER: PROVIDER, PATIENT: PATIENT, "Doctor": PROVIDER, "Patient": PATIENT}

    for line in written(visit)["lines"]:
        for source in line["sources"]:
            if source["speaker"]:
                assert named[source["speaker"]] == truth[source["text"]], source["text"]


@pytest.mark.parametrize("written", [labelled, stereo, unlabelled, mono])
@pytest.mark.parametrize(
    ("visit", "allergy", "reaction"),
    [
        (URINARY, "Yes, I am allergic to sulfa.", "It makes my face swell."),
        (EAR, "I am allergic to amoxicillin.", "I get hives from it."),
    ],
)
def test_the_reaction_stays_with_the_allergy(
    visit: list[Sentence], allergy: str, reaction: str, written: Callable[[Iterable[Sentence]], Note]
) -> None:
    note = written(visit)
    (line,) = [line for line in note["lines"] if allergy in [source["text"] for source in line["sources"]]]

    assert line["source"] == reaction
    assert reaction in line["text"]


def test_words_of_which_nobody_knows_who_said_them_are_quoted_without_a_name() -> None:
    for visit in VISITS.values():
        for line in unlabelled(visit)["lines"]:
            if not any(source["speaker"] for source in line["sources"]) and PERSON.search(line["text"]):
                assert line["text"].startswith('"'), line["text"]


def test_all_sections_are_written_from_the_lines() -> None:
    for visit in VISITS.values():
        note = labelled(visit)
        assert all(note[section] for section in SECTIONS)


def test_a_reading_the_patient_took_for_the_visit_is_objective_and_an_older_one_is_history() -> None:
    note = notes.from_typed(
        "Doctor: What was your blood pressure this morning?\n"
        "Patient: My blood pressure was 128 over 82.\n"
        "Patient: Last week my blood pressure was 150 over 90.",
        PHYSICIAN,
    )

    assert "128 over 82" in str(note["objective"])
    assert "150 over 90" in str(note["subjective"])
