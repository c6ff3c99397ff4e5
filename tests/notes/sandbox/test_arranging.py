"""A draft adds nothing, turns nothing round, says what it rests on, and leaves out only where it must."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notes.soapnoteapi.sandbox import note as notes
from notes.soapnoteapi.sandbox.options import NoteOptions
from notes.soapnoteapi.sandbox.sentences import from_segments, from_text
from notes.soapnoteapi.sandbox.transcript import Segment, Sentence, Transcript
from notes.soapnoteapi.sandbox.writing.arranging import arrange, render
from notes.soapnoteapi.sandbox.writing.placed import SECTIONS
from tests.notes.sandbox.dialogues import CHIT_CHAT, LONG_VISIT, SHORT_VISIT, as_text

PHYSICIAN = NoteOptions("physician")

said = st.lists(
    st.sampled_from(
        [
            "I have had a cough for five days.",
            "No.",
            "Do you smoke?",
            "Doctor: Do you have chest pain?",
            "Patient: No, not really.",
            "Patient: yes i do",
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
    return re.findall(r"\w+", text.lower())


def written(text: str) -> str:
    note = notes.from_typed(text, PHYSICIAN)
    return "\n".join(str(note[section]) for section in SECTIONS)


@given(said)
def test_each_line_rests_on_words_of_the_text_and_none_is_used_twice(lines: list[str]) -> None:
    text = "\n".join(lines)
    note = notes.from_typed(text, PHYSICIAN)

    squeezed = " ".join(text.split())
    for line in note["lines"]:
        assert line["section"] in SECTIONS
        assert line["source"] == line["sources"][-1]["text"]
        for source in line["sources"]:
            assert " ".join(source["text"].split()) in squeezed or source["text"].endswith(":")
    used = [source["text"] for line in note["lines"] for source in line["sources"]]
    assert not Counter(used) - Counter(sentence.text for sentence in from_text(text))
    assert note["omitted"] == len(from_text(text)) - len(used)


@given(said)
def test_what_stands_under_a_section_is_its_lines_and_nothing_else(lines: list[str]) -> None:
    draft = arrange(from_text("\n".join(lines)))

    for section in SECTIONS:
        ours = [line for line in draft.lines if line.section == section]
        headings = {line.heading for line in ours if line.heading}
        left = Counter(words(render(draft.lines, section)))
        left.subtract(words(" ".join([*(line.text for line in ours), *headings])))
        assert not any(left.values())


@given(st.lists(st.text(max_size=80), max_size=20))
def test_every_word_of_a_recording_becomes_a_sentence_with_times_that_rise(texts: list[str]) -> None:
    segments = tuple(Segment(index * 2.0, index * 2.0 + 2, text) for index, text in enumerate(texts))
    found = from_segments(segments)

    assert "".join(" ".join(texts).split()) == "".join("".join(s.text for s in found).split())
    starts = [sentence.start for sentence in found]
    assert starts == sorted(starts)
    assert all(sentence.start <= sentence.end for sentence in found)


@pytest.mark.parametrize(
    ("section", "sentence"),
    [
        ("subjective", "I have had a sore throat for about five days."),
        ("subjective", "I take lisinopril ten milligrams every day for my blood pressure."),
        ("subjective", "Pt c/o cough x5 days, denies fever."),
        ("subjective", "My knee hurts when I climb stairs."),
        ("objective", "Lungs are clear to auscultation bilaterally."),
        ("objective", "Your strep test was negative."),
        ("assessment", "I think this is a viral infection."),
        ("assessment", "This is most likely a tension headache."),
        ("plan", "I am going to prescribe benzonatate three times a day."),
        ("plan", "Let's follow up in two weeks."),
        ("plan", "Continue the metformin 500 mg twice a day."),
        ("plan", "You should drink plenty of fluids and rest."),
    ],
)
def test_plain_sentences_go_where_they_are_looked_for(section: str, sentence: str) -> None:
    (line,) = arrange(from_text(sentence)).lines

    assert (line.section, line.text) == (section, sentence)


def test_a_short_visit_is_told_whole_in_its_sections() -> None:
    draft = arrange(from_text(as_text(SHORT_VISIT)))
    told = {source.text for line in draft.lines for source in line.sources}

    assert {text for _, text in SHORT_VISIT} - told == {
        "Hello, good morning.",
        "Good morning, doctor.",
        "Okay.",
    }
    assert draft.omitted == 3
    sections = {line.sentence.text: line.section for line in draft.lines}
    assert sections["It started three days ago after I lifted a box."] == "subjective"
    assert (
        sections["On exam there is tenderness over the lumbar spine and a normal straight leg raise."]
        == "objective"
    )
    assert sections["I think this is a muscle strain."] == "assessment"
    assert sections["I want you to rest and use heat for a week."] == "plan"


def test_a_long_visit_loses_most_chit_chat_and_keeps_what_is_clinical() -> None:
    draft = arrange(from_text(as_text(LONG_VISIT)))
    told = [source.text for line in draft.lines for source in line.sources]

    assert draft.omitted == len(LONG_VISIT) - len(told)
    assert len(set(told) & {text for _, text in CHIT_CHAT}) <= len(CHIT_CHAT) / 4
    for fact in (
        "I am allergic to penicillin, it gives me hives.",
        "I take lisinopril 20 milligrams every morning.",
        "Your blood pressure is 150 over 92 today.",
        "I am going to prescribe amlodipine 5 milligrams once a day.",
        "If you get chest pain, go to the emergency room.",
    ):
        assert fact in told


@pytest.mark.parametrize("repeats", [1, 30])
def test_what_is_no_dialogue_is_kept_word_for_word_however_long(repeats: int) -> None:
    passage = (
        "It was the best of times, it was the worst of times. We had everything before us, we had nothing."
    )
    draft = arrange(from_text(" ".join([passage] * repeats)))

    assert draft.omitted == 0
    assert words(" ".join(line.text for line in draft.lines)).count("nothing") == repeats


SYMPTOMS = ("chest pain", "fever", "nausea", "shortness of breath", "swelling in your legs")
ASKED = (
    "Do you have any {}?",
    "Any {}?",
    "Have you had {}?",
    "You don't have any {}, right?",
    "No {}, is that correct?",
)
ANSWERS = {
    "No.": False,
    "No, I don't.": False,
    "Nope.": False,
    "Yes.": True,
    "Yes, I do.": True,
    "Yeah.": True,
}


@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("symptom", SYMPTOMS)
def test_an_answer_is_never_turned_round(asked: str, answer: str, symptom: str) -> None:
    """Either question and answer stand side by side, or what is reported and denied is what was."""
    question = asked.format(symptom)
    text = f"Doctor: How are you feeling?\nPatient: Not well at all.\nDoctor: {question}\nPatient: {answer}"
    (line,) = [line for line in arrange(from_text(text)).lines if question in [s.text for s in line.sources]]

    denies, reports = "denies" in line.text.lower(), "reports" in line.text.lower()
    if denies or reports:
        assert not re.search(r"n't|No ", question)
        assert (reports, denies) == (ANSWERS[answer], not ANSWERS[answer])
    else:
        assert question in line.text
        after = line.text.partition(question)[2]
        assert words(after)[0] == words(answer)[0]
        assert ("not" in words(after)) <= ("don" in words(answer))


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
    assert note["omitted"] == 0


def test_headings_in_running_text_are_found_but_one_letter_alone_may_be_a_speaker() -> None:
    note = notes.from_typed("S: cough for days. O: lungs clear. A: bronchitis. P: rest.", PHYSICIAN)
    voices = notes.from_typed("A: What brings you in?\nB: My knee hurts.", PHYSICIAN)

    assert note["plan"] == "rest."
    assert {line["speaker"] for line in voices["lines"]} <= {"A", "B"}
    assert "knee hurts" in voices["subjective"]
    assert voices["assessment"] == ""


def test_sections_without_a_sentence_stay_empty() -> None:
    note = notes.from_typed("I have had a cough for five days.", PHYSICIAN)

    assert (note["objective"], note["assessment"], note["plan"]) == ("", "", "")


def test_each_channel_of_a_stereo_recording_is_one_sides_words() -> None:
    heard = Transcript(
        (
            Segment(0.0, 2.0, "Any fever?", "provider"),
            Segment(2.2, 3.0, "No.", "patient"),
            Segment(3.1, 6.0, "I have had a cough for five days.", "patient"),
        ),
        6.0,
    )
    first, second = notes.from_recording(heard, PHYSICIAN)["lines"]

    assert (first["text"], first["start"], first["end"]) == ("Denies fever.", 0.0, 3.0)
    assert [source["speaker"] for source in first["sources"]] == ["provider", "patient"]
    assert (second["speaker"], second["text"]) == ("patient", "The patient has had a cough for five days.")


def test_a_late_answer_is_not_merged_with_the_question_before() -> None:
    heard = Transcript(
        (Segment(0.0, 2.0, "Any fever?", "provider"), Segment(9.0, 10.0, "No.", "patient")), 10.0
    )

    assert "denies" not in notes.from_recording(heard, PHYSICIAN)["subjective"].lower()


@pytest.mark.parametrize(
    "piece", ["word ", "lab,", "Dr. ", "p.o. ", "wrapped\n", "S: a. O: b.\n", "\n", "?", "x"]
)
def test_a_long_run_of_anything_is_arranged_and_what_is_left_out_is_counted(piece: str) -> None:
    text = piece * (300_000 // len(piece))
    sentences = from_text(text)

    draft = arrange(sentences)

    assert sum(len(line.sources) for line in draft.lines) + draft.omitted == len(sentences)


def test_markup_and_other_languages_come_back_as_they_were() -> None:
    for text in (
        "<p>Le patient <b>tousse</b> depuis cinq jours.</p> <script>alert(1)</script> Il n'a pas de fièvre.",
        "患者は五日前から咳をしています。熱はありません。" * 3,
    ):
        assert words(text) == words(written(text)) or set(words(text)) <= set(words(written(text)))


def test_the_context_tells_how_to_speak_of_the_patient() -> None:
    told = {
        gender: notes.from_typed(as_text(SHORT_VISIT), NoteOptions("physician", gender=gender))["subjective"]
        for gender in ("female", "male", "")
    }

    assert re.search(r"\bher\b|\bshe\b", told["female"], re.IGNORECASE)
    assert re.search(r"\bhis\b|\bhe\b", told["male"], re.IGNORECASE)
    assert not re.search(r"\b(?:he|she|his|her)\b", told[""], re.IGNORECASE)


def test_only_codes_that_were_said_are_given_back_as_said() -> None:
    options = NoteOptions("physician", include_billing_codes=True)
    note = notes.from_typed(
        "Vitamin B12 is low. Diagnosis code I10 today, and J06.9. CPT code 99213 for 20 minutes. Call 55555.",
        options,
    )

    codes = {system: [item["code"] for item in items] for system, items in note["billing_codes"].items()}
    assert {"I10", "J06.9"} <= set(codes["icd10"])
    assert "99213" in codes["cpt"]
    assert codes["hcpcs"] == []


def test_a_timed_transcript_is_given_when_asked_for() -> None:
    heard = Transcript((Segment(1.234, 2.5, " I have a cough. "),), 6.0)
    note = notes.from_recording(heard, NoteOptions("physician", include_transcript=True))

    assert note["lines"][0]["start"] == 1.23
    assert isinstance(note["transcript"], list)


def test_a_sentence_says_whose_it_is_also_where_only_the_words_tell() -> None:
    text = " ".join(line for _, line in SHORT_VISIT)
    draft = arrange(from_text(text))
    speakers = {source.text: source.speaker for line in draft.lines for source in line.sources}

    assert speakers["I think this is a muscle strain."] == "provider"
    assert speakers["It started three days ago after I lifted a box."] == "patient"


def test_nothing_makes_an_empty_draft() -> None:
    assert arrange([]).lines == ()
    assert arrange([Sentence("")]).omitted == 1
