"""Questions with their answers: merged where nothing can be taken two ways, never otherwise."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notes.soapnoteapi.sandbox.writing.patients import Patient
from notes.soapnoteapi.sandbox.writing.phrases import word_set
from notes.soapnoteapi.sandbox.writing.questions import merged

HER = Patient("female")
CHILD = Patient(speaks=False)


def line(
    question: str, answer: str, *, seconds_apart: float | None = 0.5, patient: Patient = HER
) -> str | None:
    return merged(question, answer, seconds_apart=seconds_apart, patient=patient)


@pytest.mark.parametrize(
    ("question", "answer", "written"),
    [
        ("Do you have any chest pain?", "No.", "Denies chest pain."),
        ("do you have any chest pain ?", "no .", "Denies chest pain."),
        ("Any chest pain?", "Yes.", "Reports chest pain."),
        ("okay and any nausea", "yeah", "Reports nausea."),
        ("Do you smoke?", "No, I don't.", "Denies smoking."),
        ("Do you smoke?", "Yes, I do.", "Reports smoking."),
        ("Do you drink alcohol?", "no sir", "Denies drinking alcohol."),
        ("Have you had any fever?", "no i have n't .", "Denies having had any fever."),
        ("Have you had any fever?", "Yes.", "Reports having had fever."),
        ("Have you ever smoked?", "Nope.", "Denies ever having smoked."),
        ("Are you still smoking?", "No.", "Denies still smoking."),
        ("Are you sleeping well?", "No, I'm not.", "Denies sleeping well."),
        ("Are you sexually active?", "Yes, I am.", "Reports being sexually active."),
        ("Do you have pain in your left knee?", "Yes.", "Reports pain in her left knee."),
        ("Any shortness of breath?", "Um, no.", "Denies shortness of breath."),
        ("Any chest pain?", "None.", "Denies chest pain."),
        ("Any chest pain?", "Not at all.", "Denies chest pain."),
        ("Have you been having headaches?", "Yes.", "Reports having headaches."),
        ("Any kind of blurry vision?", "No.", "Denies any kind of blurry vision."),
        ("How long has this been going on?", "About two weeks.", "Duration: About two weeks."),
        ("How old are you?", "45.", "Age: 45."),
        ("When did the pain start?", "Last Monday.", "Onset of the pain: Last Monday."),
        ("Where is the pain?", "My left knee.", None),
        ("Where is the pain?", "Left knee.", "Location of the pain: Left knee."),
    ],
)
def test_a_plain_question_and_a_plain_answer_become_one_statement(
    question: str, answer: str, written: str | None
) -> None:
    assert line(question, answer) == written


NEVER = [
    # negated, tagged, put into the patient's mouth
    ("No allergies?", "Correct."),
    ("No chest pain?", "No."),
    ("no chest pain ?", "right ."),
    ("You don't smoke, right?", "No."),
    ("you do n't smoke", "no"),
    ("You smoke, right?", "Yes."),
    ("You have pain, don't you?", "Yes."),
    ("You're sleeping well, is that correct?", "Correct."),
    ("Don't you have pain?", "No."),
    ("Haven't you had a fever?", "Yes."),
    ("And there's no history of stroke?", "No."),
    ("Never had surgery?", "No."),
    ("Are you free of pain?", "Yes."),
    ("Do you have pain, yes?", "No."),
    ("Any pain, or no?", "No."),
    ("You deny any fever?", "Yes."),
    ("Without pain?", "Yes."),
    # double, either/or
    ("Any fever or chills?", "Just chills."),
    ("Any fever or chills?", "No."),
    ("Any fever or chills?", "Yes."),
    ("Any fever, chills, nausea?", "No."),
    ("any fever chills nausea", "no"),
    ("Do you have fever and chills?", "Yes."),
    ("Is it the left or the right knee?", "Yes."),
    ("Do you have chest pain? Do you have a fever?", "No."),
    ("do you have chest pain do you have a fever", "no"),
    ("Are you eating but not sleeping?", "Yes."),
    ("Any pain besides the knee?", "No."),
    ("Any pain except at night?", "No."),
    ("any pain if you walk", "yes"),
    # more in the answer, or less
    ("Do you have chest pain?", "No, but my back hurts."),
    ("Do you have chest pain?", "Sometimes."),
    ("Do you have chest pain?", "Not really."),
    ("Do you have chest pain?", "I guess."),
    ("Do you have chest pain?", "Yes, except at night."),
    ("Do you have chest pain?", "Yeah, no."),
    ("Do you have chest pain?", "No, yeah, a bit."),
    ("Do you have chest pain?", "I don't think so."),
    ("Do you have chest pain?", "No, not since Monday."),
    ("Do you have chest pain?", "Yes, in 2019."),
    ("Do you have chest pain?", "Mm-hmm."),
    ("Do you have chest pain?", "uh-huh"),
    ("Do you have chest pain?", "A little."),
    ("Do you have chest pain?", "Okay."),
    ("Do you have chest pain?", "Correct."),
    ("Do you have chest pain?", ""),
    ("Do you have chest pain?", "No?"),
    ("Do you have chest pain?", "Never."),
    ("Do you have chest pain?", "yes and no"),
    ("Do you have chest pain?", "Yes I did."),
    ("Have you had chest pain?", "No I don't."),
    ("Do you have chest pain?", "Oh sure, and I can fly, too."),
    # about somebody else
    ("Does your wife smoke?", "Yes."),
    ("Is he coughing?", "No."),
    ("Do you have a family history of cancer?", "No."),
    ("Any diabetes in your mother?", "Yes."),
    ("Anyone at home with a cough?", "No."),
    ("Do you have children?", "Yes."),
    # allergies and medicines
    ("Do you have any allergies?", "No."),
    ("Any drug allergies?", "None."),
    ("Are you allergic to penicillin?", "No."),
    ("Do you take any medications?", "No."),
    ("Are you taking lisinopril?", "Yes."),
    ("Are you taking anything for it?", "No."),
    ("Do you take 20 milligrams?", "Yes."),
    ("Have you tried some ibuprofen?", "Yes."),
    ("Do you use your inhaler?", "No."),
    # pointed at, asked to do, asked to agree
    ("Do you have pain here?", "Yes."),
    ("Are you still doing that?", "Yes."),
    ("Can you lift your arm?", "Yes."),
    ("Do you mind if I look?", "No."),
    ("Do you have any questions?", "No."),
    ("Do you understand?", "Yes."),
    ("Do you want surgery?", "No."),
    # nothing to merge
    ("How are you?", "Fine."),
    ("How long has this been going on?", "I don't know."),
    ("How long has this been going on?", "Not long."),
    ("How long has this been going on?", "Since my wife left me."),
    ("Where is the pain?", "It moves around a lot."),
    ("What happened?", "I fell."),
    ("I have pain.", "No."),
    ("", ""),
]


@pytest.mark.parametrize(("question", "answer"), NEVER)
def test_what_may_be_taken_two_ways_is_never_merged(question: str, answer: str) -> None:
    assert line(question, answer) is None


@pytest.mark.parametrize(
    ("apart", "together"),
    [(None, True), (0.0, True), (-0.4, True), (3.0, True), (3.1, False), (-0.6, False), (60.0, False)],
)
def test_an_answer_counts_only_close_to_its_question(apart: float | None, together: bool) -> None:
    assert (line("Do you smoke?", "No.", seconds_apart=apart) is not None) is together


def test_nothing_is_merged_where_somebody_speaks_for_the_patient() -> None:
    assert line("Do you smoke?", "No.", patient=CHILD) is None


def test_without_a_known_gender_none_is_guessed() -> None:
    assert line("Any pain in your chest?", "No.", patient=Patient()) == "Denies pain in the patient's chest."


THINGS = st.lists(
    st.sampled_from(
        sorted(
            word_set(
                "any chest pain fever no not or and your left knee allergies pills smoke 2 sometimes but right it"
            )
        )
    ),
    min_size=1,
    max_size=6,
).map(" ".join)
ANSWERS = st.lists(
    st.sampled_from(sorted(word_set("no yes yeah nope i do don't not really but sometimes , . un uh pain"))),
    max_size=4,
)


@settings(max_examples=800, deadline=None)
@given(
    st.sampled_from(["do you have", "any", "have you had", "are you having", "do you"]),
    THINGS,
    ANSWERS.map(" ".join),
)
def test_polarity_follows_the_answer_alone(stem: str, thing: str, answer: str) -> None:
    written = line(f"{stem} {thing}?", answer)
    if written and ":" not in written:
        negative = any(
            word in {"no", "nope", "not", "don't"}
            for word in answer.replace(",", " ").replace(".", " ").split()
        )
        assert written.startswith("Denies ") is negative
        assert not {"or", "and", "but", "no", "not", "allergies", "pills"} & set(thing.split())


@pytest.mark.parametrize("unit", ["do you ", "any ", "no ", "yes, ", "x", "? "])
def test_a_megabyte_is_not_merged(unit: str) -> None:
    text = unit * (1_000_000 // len(unit))
    assert line(text, "no") is None
    assert line("Any pain?", text) is None
