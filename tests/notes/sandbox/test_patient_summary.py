"""The plan in plain words: nothing that was not said, and no fact changed."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notes.soapnoteapi.sandbox.patient_summary import patient_summary
from notes.soapnoteapi.sandbox.plain_words import in_plain_words, keeps_facts
from notes.soapnoteapi.sandbox.transcript import Sentence
from notes.soapnoteapi.sandbox.writing.placed import Line
from tests.notes.sandbox.running import Running, answer

SHORTHAND_PLAN = (
    "Pt to take ibuprofen 400 mg p.o. t.i.d. PRN.",
    "Pt to discontinue hydrochlorothiazide.",
    "The patient should f/u in 2 weeks for hypertension.",
    "Call if edema is worse.",
)


def summary_of(*texts: str, section: str = "plan", speaker: str = "Doctor") -> str:
    return patient_summary(Line(section, text, (Sentence(text, speaker),)) for text in texts)


def grade(text: str) -> float:
    """Flesch-Kincaid grade, syllables counted as runs of vowels."""
    words = re.findall(r"[A-Za-z]+", text)
    sentences = max(1, len(re.findall(r"[.!?](?:\s|$)", text)))
    syllables = sum(max(1, len(re.findall(r"[aeiouy]+", word.lower()))) for word in words)
    return 0.39 * len(words) / sentences + 11.8 * syllables / len(words) - 15.59


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("I want you to rest it and use ice.", "Please rest it and use ice."),
        ("I'd like you to take 400 mg b.i.d.", "Please take 400 mg twice a day."),
        ("Take one tablet q6h PRN for pain.", "Take one tablet every 6 hours as needed for pain."),
        ("Patient to take lisinopril 10 mg q.d.", "You are to take lisinopril 10 mg once a day."),
        ("The patient should monitor BP daily.", "You should monitor blood pressure daily."),
        ("I'm going to order an MRI.", "Your clinician will order an MRI."),
        ("I'm also going to start you on metformin.", "I'm also going to start you on metformin."),
        ("I'd like you to get an ultrasound, okay?", "Please get an ultrasound."),
        ("Rest for a week-", "Rest for a week."),
        ("This is for your hypertension.", "This is for your high blood pressure."),
        ("we're gonna do the test when i am back", "We're going to do the test when I am back."),
    ],
)
def test_shorthand_and_clinical_words_become_plain(said: str, told: str) -> None:
    assert summary_of(said) == told


@pytest.mark.parametrize(
    "said",
    [
        "I don't want you to take ibuprofen.",
        "I want you to not take aspirin.",
        "This is for your pulmonary hypertension.",
        "Patient to continue his lisinopril.",
        "We'll take that for about a week.",
        "I will give you my number.",
        "Call us if the fever is over 101.5 or you can't breathe.",
        "Do not take more than 4 tablets a day.",
    ],
)
def test_what_can_not_be_reworded_safely_stays_word_for_word(said: str) -> None:
    assert summary_of(said) == said


def test_an_unlabelled_promise_keeps_its_speaker() -> None:
    assert summary_of("I'm going to order an MRI.", speaker="") == "I'm going to order an MRI."


def test_only_the_plan_and_only_the_clinician_without_questions_and_courtesies() -> None:
    assert summary_of("I have a cough.", section="subjective") == ""
    assert summary_of("I'll try to walk more.", speaker="Patient") == ""
    assert summary_of("Do you have any questions?", "Okay, sounds good.", "Thank you so much.") == ""
    assert summary_of("Rest.", "Rest.") == "Rest."


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Take 10 mg.", "Take 100 mg."),
        ("Do not drive.", "Do drive."),
        ("Call if it is worse.", "It is worse."),
        ("Take it before meals.", "Take it after meals."),
        ("Take lisinopril.", "Take losartan."),
        ("Take it b.i.d.", "Take it twice a week."),
        ("Use it on the left knee.", "Use it on the right knee."),
        ("You may stop it.", "You must stop it."),
        ("Stop the aspirin.", "The aspirin."),
    ],
)
def test_the_guard_sees_a_changed_fact(before: str, after: str) -> None:
    assert not keeps_facts(before, after)


PLAN_WORDS = """
    take stop hold not no never 5 10 2.5 mg tablets b.i.d. PRN p.o. q6h q.d. hypertension edema
    discontinue if unless call 911 fever over 101.5 left right knee i we you patient to pt should must
    will want and or before after meals his without aspirin lisinopril daily weeks 3 bp gerd order gonna
"""
PIECES = st.sampled_from(PLAN_WORDS.split())


@given(st.lists(PIECES, min_size=1, max_size=14), st.booleans())
def test_numbers_negations_and_warnings_survive_whatever_is_said(
    pieces: list[str], by_clinician: bool
) -> None:
    said = " ".join(pieces)

    told = in_plain_words(said, by_clinician=by_clinician)

    kept = re.compile(
        r"\d+(?:\.\d+)?|\b(?:not|no|never|without|if|unless|call|left|right|before|after|hold)\b"
    )
    assert kept.findall(told.lower()) == kept.findall(said.lower())
    names = ("aspirin", "lisinopril", "fever", "meals", "weeks", "daily", "knee")
    assert all(Counter(told.split())[name] == Counter(said.split())[name] for name in names)
    assert keeps_facts(said, told)


def test_the_summary_reads_more_easily_than_the_plan() -> None:
    told = summary_of(*SHORTHAND_PLAN)

    assert told == (
        "You are to take ibuprofen 400 mg by mouth three times a day as needed. You are to stop hydrochlorothiazide."
        " You should follow up in 2 weeks for high blood pressure. Call if swelling is worse."
    )
    assert grade(told) <= 8


def test_markup_stays_text_and_a_megabyte_is_read() -> None:
    assert summary_of("Take <b>one</b> tablet & rest.") == "Take <b>one</b> tablet & rest."
    assert summary_of("take 5 mg b.i.d. " * 60_000).count("twice a day") == 60_000


def test_the_answer_has_it_only_when_asked_for_and_something_was_planned(sandbox: Running) -> None:
    visit = "Subjective: I have had a sore knee for two weeks.\nPlan: I want you to rest the knee and use ice on it."
    asked = answer(sandbox.text(transcript=visit, include_patient_summary=True))
    unasked = answer(sandbox.text(transcript=visit))
    planless = answer(
        sandbox.text(
            transcript="Subjective: My knee hurts and it has been so since Monday.\nObjective: The knee is swollen.",
            include_patient_summary=True,
        )
    )

    assert asked["patient_summary"] == "Please rest the knee and use ice on it."
    assert "patient_summary" not in unasked
    assert "patient_summary" not in planless
