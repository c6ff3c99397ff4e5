"""From words to segments in the order spoken, and back to sentences with their true times."""

from __future__ import annotations

from notes.soapnoteapi.sandbox.hearing.sides import seated
from notes.soapnoteapi.sandbox.hearing.turns import turns
from notes.soapnoteapi.sandbox.sentences import from_segments
from notes.soapnoteapi.sandbox.transcript import PATIENT, PROVIDER, Segment
from tests.notes.sandbox.hearing.spoken import words


def said(segments: tuple[Segment, ...]) -> list[tuple[str, str]]:
    return [(segment.speaker, segment.text) for segment in segments]


def test_an_answer_stands_after_its_question_although_the_next_question_follows_at_once() -> None:
    asked = [*words("Any wheezing?"), *words("Any medications right now?", 1.4)]
    answered = [*words("No.", 0.9), *words("Yes, lisinopril.", 3.1)]

    assert said(turns({PROVIDER: asked, PATIENT: answered})) == [
        (PROVIDER, "Any wheezing?"),
        (PATIENT, "No."),
        (PROVIDER, "Any medications right now?"),
        (PATIENT, "Yes, lisinopril."),
    ]


def test_an_answer_in_a_breath_parts_what_is_said_around_it_also_without_marks() -> None:
    asked = [*words("any fever"), *words("any chills", 2.0)]

    assert [text for _, text in said(turns({PROVIDER: asked, PATIENT: words("no", 1.0)}))] == [
        "any fever",
        "no",
        "any chills",
    ]


def test_one_who_hums_along_does_not_part_a_sentence() -> None:
    long = words("I want you to rest and drink plenty of fluids.")

    assert said(turns({PROVIDER: long, PATIENT: words("Mm-hmm.", 1.3)}))[0][1].endswith("fluids.")


def test_sentences_of_two_people_are_never_joined_and_have_the_times_of_their_words() -> None:
    segments = turns(
        {PROVIDER: words("Does it hurt"), PATIENT: words("when I walk, yes. Not at night.", 3.0)}
    )

    found = from_segments(segments)

    assert [(one.speaker, one.text, one.start, one.end) for one in found] == [
        (PROVIDER, "Does it hurt", 0.0, 1.15),
        (PATIENT, "when I walk, yes.", 3.0, 4.55),
        (PATIENT, "Not at night.", 4.6, 5.75),
    ]
    assert [" ".join(word.text for word in one.words) for one in found] == [one.text for one in found]


def visit(left: str, right: str) -> list[Segment]:
    provider = (
        "What brings you in today? Let me listen to your lungs. I am going to prescribe an inhaler for you."
    )
    patient = "I have had a cough for five days, doctor. My chest hurts when I breathe. Thank you, doctor."
    return list(turns({left: words(provider), right: words(patient, 20.0)}))


def test_the_left_side_is_the_providers() -> None:
    assert seated(visit(PROVIDER, PATIENT)) == tuple(visit(PROVIDER, PATIENT))


def test_sides_are_exchanged_where_the_words_clearly_say_so() -> None:
    assert seated(visit(PATIENT, PROVIDER)) == tuple(visit(PROVIDER, PATIENT))


def test_sides_stay_where_the_words_say_nothing() -> None:
    segments = turns({PROVIDER: words("Okay."), PATIENT: words("Okay.", 2.0)})

    assert seated(segments) == segments
