"""What a note may not lack, whose words they are, and which sentences mislead without the one beside them."""

from __future__ import annotations

import pytest

from notes.soapnoteapi.sandbox.note import from_typed
from notes.soapnoteapi.sandbox.options import NoteOptions
from notes.soapnoteapi.sandbox.transcript import PATIENT, PROVIDER, Sentence
from notes.soapnoteapi.sandbox.writing.needed import is_needed, is_weighty, leaning
from notes.soapnoteapi.sandbox.writing.placed import SECTIONS, Said, Unit
from notes.soapnoteapi.sandbox.writing.roles import by_label
from tests.notes.sandbox.dialogues import CHIT_CHAT, as_text

WITH_MOTHER = """
Dr. Lee: Hi Maya, hi Mrs. Chen. What brings you in today?
Maya: I have been tired for two months.
Mother: I take Lexapro, ten milligrams. My sister has bipolar disorder.
Dr. Lee: You look tearful today.
Dr. Lee: Does she have any allergies?
Mother: No.
"""


def unit(text: str, role: str) -> Unit:
    return Unit((Said(Sentence(text, role.title()), role),))


def written(text: str) -> str:
    note = from_typed(text, NoteOptions("physician"))
    return "\n".join(str(note[section]) for section in SECTIONS)


def test_a_mothers_words_are_the_mothers() -> None:
    note = written(WITH_MOTHER)

    assert 'Mother: "I take Lexapro, ten milligrams."' in note
    assert 'Mother: "My sister has bipolar disorder."' in note
    assert 'Provider: "Does she have any allergies?" Mother: "No."' in note
    assert "The patient has been tired for two months." in note
    assert 'Provider: "You look tearful today."' in note


def test_the_title_of_who_comes_along_tells_nothing_of_the_patient() -> None:
    assert "She has been tired" not in written(WITH_MOTHER)


@pytest.mark.parametrize(
    ("label", "role"),
    [
        ("PT Jordan", PROVIDER),
        ("Priya Nair, RD", PROVIDER),
        ("Dietitian", PROVIDER),
        ("Pt", PATIENT),
        ("PT", PATIENT),
        ("Grandmother", PATIENT),
        ("Ruth (daughter)", PATIENT),
        ("Interpreter", PATIENT),
        ("Sonia Park", ""),
        ("Jordan", ""),
    ],
)
def test_a_label_tells_the_role(label: str, role: str) -> None:
    assert [one.role for one in by_label([Sentence("Hello.", label)])] == [role]


@pytest.mark.parametrize(
    ("text", "role"),
    [
        ("Keep icing after exercise.", PROVIDER),
        ("Don't put a pillow under the knee.", PROVIDER),
        ("I'll see you Thursday in the clinic.", PROVIDER),
        ("I'm going to refer you to a cardiologist.", PROVIDER),
        ("If the redness spreads, call the surgeon the same day.", PROVIDER),
        ("And if it does not get better, why don't you call us and come back?", PROVIDER),
        ("The diagnosis would be a contusion of the finger.", PROVIDER),
        ("This looks like a depressive episode.", PROVIDER),
        ("I'm not going to kill myself.", PATIENT),
        ("My husband has a rifle in the basement.", PATIENT),
        ("She's not allergic to anything.", PATIENT),
    ],
)
def test_plans_conclusions_allergies_and_dangers_weigh(text: str, role: str) -> None:
    assert is_needed(unit(text, role)) or is_weighty(unit(text, role))


def test_advice_put_as_a_question_weighs_whatever_the_answer() -> None:
    advice = Said(Sentence("And if it gets worse, why don't you call us?", "Doctor"), PROVIDER)

    assert is_weighty(Unit((advice, Said(Sentence("Okay.", "Patient"), PATIENT))))


@pytest.mark.parametrize(
    ("text", "role"),
    [
        ("It's good to see you in here.", PROVIDER),
        ("Take a deep breath for me.", PROVIDER),
        ("Don't worry about that.", PROVIDER),
        ("That sounds like a good idea.", PROVIDER),
        ("I'd like you to lay back.", PROVIDER),
        ("We went to the lake.", PATIENT),
        ("I'll call you tomorrow.", PATIENT),
    ],
)
def test_small_talk_and_the_examination_are_not(text: str, role: str) -> None:
    assert not is_needed(unit(text, role))
    assert not is_weighty(unit(text, role))


def test_a_correction_goes_with_what_it_corrects() -> None:
    units = [unit("It has been three weeks.", PATIENT), unit("No wait, two months.", PATIENT)]

    assert leaning(units, {0}) == leaning(units, {1}) == {0, 1}
    assert leaning(units, set()) == set()


def test_an_objection_goes_with_what_it_objects_to() -> None:
    units = [unit("The form says the right knee.", PROVIDER), unit("No, it's the left.", PATIENT)]

    assert 1 in leaning(units, {0})
    assert leaning(units, {1}) == set()


def test_he_goes_with_the_sentence_that_says_who() -> None:
    units = [unit("My son had strep last week.", PATIENT), unit("He's on amoxicillin.", PATIENT)]

    assert 0 in leaning(units, {1})


def test_a_visit_of_any_length_keeps_its_plan_and_puts_it_there() -> None:
    plan = [
        ("Doctor", "Keep icing after exercise."),
        ("Doctor", "Don't put a pillow under the knee at night."),
        ("Doctor", "If the redness spreads, call the surgeon the same day."),
    ]
    note = from_typed(as_text([*CHIT_CHAT, *CHIT_CHAT, *CHIT_CHAT, *plan]), NoteOptions("physician"))

    for sentence in (
        "Keep icing after exercise.",
        "under the knee at night.",
        "call the surgeon the same day.",
    ):
        assert sentence in str(note["plan"])
