"""Arranging leaves nothing out, adds nothing, and puts plain cases where a clinician looks for them."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notes.soapnoteapi.sandbox import note as notes
from notes.soapnoteapi.sandbox.arrange import SECTIONS, arrange, render
from notes.soapnoteapi.sandbox.options import NoteOptions
from notes.soapnoteapi.sandbox.sentences import from_segments, from_text, split
from notes.soapnoteapi.sandbox.transcript import Segment, Transcript

PHYSICIAN = NoteOptions("physician")

said = st.lists(
    st.sampled_from(
        [
            "I have had a cough for five days.",
            "No.",
            "Do you smoke?",
            "Dr. Lee said 98.6 is fine.",
            "Your lungs are clear",
            "I think this is bronchitis!",
            "take 5 mg p.o. twice a day.",
            "Doctor:",
            "Patient: it hurts",
            "[nurse] okay .",
            "S: cough",
            "A: bronchitis. P: rest.",
            "<b>bold</b> & more…",
            "Ünïcode \u00a0 spaces\tand tabs",
            "word " * 200,
            "I10, B12; J06.9",
            "",
        ]
    )
    | st.text(max_size=60),
    max_size=30,
)


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text)


@given(said)
def test_every_word_of_a_typed_text_is_in_the_note_exactly_once(lines: list[str]) -> None:
    """Labels apart: a speaker's name is repeated on each line, a bare heading becomes the section it names."""
    text = "\n".join(lines)
    arranged = arrange(from_text(text))

    left = Counter(words(text))
    left.subtract(words(" ".join(line.sentence.text for line in arranged)))
    labels = {word for line in lines for word in words(line.partition(":")[0] if ":" in line else line[:8])}
    assert all(count >= 0 for count in left.values())
    assert set(+left) <= labels | {"P"}
    for section in SECTIONS:
        ours = [line for line in arranged if line.section == section]
        assert words(" ".join(line.text for line in ours)) == words(render(arranged, section))


@given(st.lists(st.text(max_size=80), max_size=20))
def test_every_word_of_a_recording_is_in_the_note_in_order_with_times_that_rise(texts: list[str]) -> None:
    segments = tuple(Segment(index * 2.0, index * 2.0 + 2, text) for index, text in enumerate(texts))
    found = from_segments(segments)

    assert "".join(" ".join(texts).split()) == "".join("".join(s.text for s in found).split())
    starts = [sentence.start for sentence in found]
    assert starts == sorted(starts)
    assert all(sentence.start <= sentence.end for sentence in found)


@given(said)
def test_each_line_names_the_words_it_rests_on(lines: list[str]) -> None:
    text = "\n".join(lines)
    note = notes.from_typed(text, PHYSICIAN)

    squeezed = " ".join(text.split())
    for line in note["lines"]:
        assert line["section"] in SECTIONS
        assert " ".join(line["source"].split()) in squeezed or line["source"].endswith(":")


@pytest.mark.parametrize(
    ("section", "sentence"),
    [
        ("subjective", "I have had a sore throat for about five days."),
        ("subjective", "Do you have any allergies to medicines?"),
        ("subjective", "I take lisinopril ten milligrams every day for my blood pressure."),
        ("subjective", "Pt c/o cough x5 days, denies fever."),
        ("objective", "Your blood pressure this morning was 132 over 84."),
        ("objective", "Let me take a look at you on the camera."),
        ("objective", "Lungs are clear to auscultation bilaterally."),
        ("objective", "Your strep test was negative."),
        ("assessment", "I think this is a viral infection."),
        ("assessment", "This is most likely a tension headache."),
        ("assessment", "Your diabetes is well controlled."),
        ("plan", "I am going to prescribe benzonatate three times a day."),
        ("plan", "If it gets worse, please call us."),
        ("plan", "Let's follow up in two weeks."),
        ("plan", "Continue the metformin 500 mg twice a day."),
    ],
)
def test_plain_sentences_go_where_they_are_looked_for(section: str, sentence: str) -> None:
    assert arrange(from_text(sentence))[0].section == section


def test_a_short_answer_stays_with_its_question() -> None:
    lines = arrange(from_text("Let me look at your knee. Does it hurt when I press on your knee? No."))

    assert lines[-1].section == lines[-2].section
    assert "knee? No." in render(lines, lines[-1].section)


def test_shorthand_with_headings_is_taken_at_its_word() -> None:
    note = notes.from_typed(
        "S: cough 5d, no fever\nHPI: worse at night\nO: lungs clear\nA: bronchitis\nP: rest, fluids",
        PHYSICIAN,
    )

    assert note["subjective"] == "cough 5d, no fever\nHPI: worse at night"
    assert (note["objective"], note["assessment"], note["plan"]) == (
        "lungs clear",
        "bronchitis",
        "rest, fluids",
    )


def test_headings_in_running_text_are_found_but_one_letter_alone_may_be_a_speaker() -> None:
    note = notes.from_typed("S: cough for days. O: lungs clear. A: bronchitis. P: rest.", PHYSICIAN)
    voices = notes.from_typed("A: What brings you in?\nB: My knee hurts.", PHYSICIAN)

    assert note["plan"] == "rest."
    assert voices["subjective"] == "A: What brings you in?\nB: My knee hurts."


def test_sections_without_a_sentence_stay_empty() -> None:
    note = notes.from_typed("I have had a cough for five days.", PHYSICIAN)

    assert (note["objective"], note["assessment"], note["plan"]) == ("", "", "")


def test_titles_decimals_and_latin_do_not_end_a_sentence() -> None:
    assert split("Dr. Lee saw 98.6 today. Take it p.o. twice daily. Fine?") == [
        "Dr. Lee saw 98.6 today.",
        "Take it p.o. twice daily.",
        "Fine?",
    ]


def test_sentences_run_on_over_the_recognisers_segments() -> None:
    heard = [Segment(0.0, 2.0, "I have had a cough"), Segment(2.0, 4.0, "for five days. No fever.")]

    first, second = from_segments(heard)

    assert (first.text, first.start) == ("I have had a cough for five days.", 0.0)
    assert 2.0 < second.start < second.end == 4.0


def test_speech_without_punctuation_is_cut_into_readable_pieces() -> None:
    pieces = split("word " * 150)

    assert [len(piece.split()) for piece in pieces] == [60, 60, 30]


@pytest.mark.parametrize(
    "piece", ["word ", "lab,", "Dr. ", "p.o. ", "wrapped\n", "S: a. O: b.\n", "\n", "?", "x"]
)
def test_a_long_run_of_anything_is_arranged_whole(piece: str) -> None:
    text = piece * (300_000 // len(piece))

    arranged = arrange(from_text(text))

    said = "".join(f"{line.sentence.speaker}{line.sentence.text}" for line in arranged)
    expected = text.replace("S:", "").replace("O:", "")
    assert "".join(said.split()) == "".join(expected.split())


def test_only_codes_that_were_said_are_given_back() -> None:
    options = NoteOptions("physician", include_billing_codes=True)
    note = notes.from_typed(
        "Vitamin B12 is low. Diagnosis code I10 today, and J06.9. CPT code 99213 for 20 minutes. Call 55555.",
        options,
    )

    codes = {system: [item["code"] for item in items] for system, items in note["billing_codes"].items()}
    assert codes == {"icd10": ["J06.9", "I10"], "cpt": ["99213"], "hcpcs": []}


def test_the_patient_summary_is_the_plan_and_absent_without_one() -> None:
    options = NoteOptions("physician", include_patient_summary=True)

    with_plan = notes.from_typed("I want you to rest. You should drink water. Does that make sense?", options)
    without = notes.from_typed("I have had a cough for five days.", options)

    assert with_plan["patient_summary"] == "I want you to rest. You should drink water."
    assert "patient_summary" not in without


def test_a_timed_transcript_is_given_when_asked_for() -> None:
    heard = Transcript((Segment(1.234, 2.5, " I have a cough. "),), 6.0)
    note = notes.from_recording(heard, NoteOptions("physician", include_transcript=True))

    assert note["transcript"] == [{"speaker": None, "start": 1.23, "end": 2.5, "text": "I have a cough."}]
    assert note["lines"][0]["start"] == 1.23
