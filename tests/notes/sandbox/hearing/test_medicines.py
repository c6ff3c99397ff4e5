"""Doubtful drug names: one clear suggestion or none, beside the words, never in their place."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notes.soapnoteapi.sandbox.hearing.medicine_names import NAMES
from notes.soapnoteapi.sandbox.hearing.medicines import Doubt, doubts, marked
from notes.soapnoteapi.sandbox.sentences import from_text
from tests.notes.sandbox.hearing.spoken import sentence


def suggested(text: str, *own: str, probability: float = 0.5) -> list[tuple[str, str]]:
    return [(d.heard, d.perhaps) for d in doubts([sentence(text, probability=probability)], own)]


@pytest.mark.parametrize(
    ("text", "heard", "perhaps"),
    [
        ("I take lysinopoul 10 milligrams every day.", "lysinopoul", "lisinopril"),
        ("I am going to prescribe benzennate 100 milligrams as needed.", "benzennate", "benzonatate"),
        ("We continue the met forman 500 mg twice a day.", "met forman", "metformin"),
        ("I take acetyminifin instead.", "acetyminifin", "acetaminophen"),
        ("Take low sartan, 50 mg.", "low sartan", "losartan"),
    ],
)
def test_one_clear_name_is_suggested(text: str, heard: str, perhaps: str) -> None:
    assert suggested(text) == [(heard, perhaps)]


@pytest.mark.parametrize(
    "text",
    [
        "I take lisinopril 10 milligrams every day.",
        "Please listen to the opera at 20 past eight.",
        "It started in April, about 10 days ago.",
        "Use ice for 10 minutes and take two tablets.",
        "My blood pressure is 120 over 80.",
        "I take vitamin D 1000 units and insulin 10 units.",
    ],
)
def test_names_and_everyday_words_are_left_alone(text: str) -> None:
    assert suggested(text) == []


def test_a_name_on_the_patients_list_is_thought_of_first() -> None:
    text = "I take listen opera 20 milligrams."

    assert suggested(text) == []
    assert suggested(text, "Lisinopril 20 mg daily") == [("listen opera", "lisinopril")]


def test_a_name_between_two_medicines_is_not_suggested() -> None:
    assert suggested("I take prednisolon 10 mg.", "prednisone", "prednisolone") != [
        ("prednisolon", "prednisone")
    ]
    assert suggested("I take ranprazole 20 mg.") == []


def test_words_that_the_recogniser_was_sure_of_are_left_alone() -> None:
    assert suggested("I take met forman 500 mg.", probability=0.95) == []


def test_a_mere_guess_before_a_dose_is_marked_although_nobody_knows_what_it_was() -> None:
    assert suggested("I take less than 10 milligrams.", probability=0.1) == [("less than", "")]


def test_the_line_keeps_what_was_heard_and_says_the_doubt() -> None:
    found = [Doubt("listen opera", "lisinopril", 1.0, 2.0), Doubt("less than", "", 3.0, 4.0)]

    line = marked("Patient takes Listen opera 20 mg and less than 10 mg.", found)

    assert line == "Patient takes Listen opera [lisinopril?] 20 mg and less than [?] 10 mg."
    assert marked("Nothing of that.", found) == "Nothing of that."


@given(st.text(max_size=60).filter(str.strip))
def test_anything_can_be_asked_about(text: str) -> None:
    for doubt in doubts([sentence(text, probability=0.1)]):
        assert doubt.perhaps == "" or doubt.perhaps in NAMES


def test_in_transcripts_written_by_people_no_name_is_doubted(shared_text: Path) -> None:
    with (shared_text / "aci-bench" / "valid.csv").open(newline="") as file:
        dialogues = [row["dialogue"] for row in csv.DictReader(file)]
    said = [sentence(one.text, probability=0.5) for text in dialogues[:8] for one in from_text(text)]

    assert len(said) > 300
    assert doubts(said) == []
