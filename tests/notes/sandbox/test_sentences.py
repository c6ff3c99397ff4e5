from __future__ import annotations

import pytest

from notes.soapnoteapi.sandbox import sentences


def test_a_dialogue_in_one_paragraph_is_told_apart_by_its_labels() -> None:
    text = "Doctor: What brings you in? Patient: My head hurts. Since Monday. doctor: Any fever? Patient: No."
    assert [(s.speaker, s.text) for s in sentences.from_text(text)] == [
        ("Doctor", "What brings you in?"),
        ("Patient", "My head hurts."),
        ("Patient", "Since Monday."),
        ("doctor", "Any fever?"),
        ("Patient", "No."),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "[00:12] Dr. Lee: Any pain?\n[00:15] Ann Roe: No.\n",
        "(0:12) Dr. Lee: Any pain?\n(0:15) Ann Roe: No.\n",
        "Dr. Lee (00:12): Any pain?\nAnn Roe (00:15): No.\n",
        "Dr. Lee [00:00:12]\nAny pain?\n\nAnn Roe [00:00:15]\nNo.\n",
        "WEBVTT\n\n1\n00:12.000 --> 00:14.000\nDr. Lee: Any pain?\n\n2\n00:15.000 --> 00:16.000\nAnn Roe: No.\n",
        "1\n00:00:12,000 --> 00:00:14,000\nDr. Lee: Any pain?\n\n2\n00:00:15,000 --> 00:00:16,000\nAnn Roe: No.\n",
    ],
)
def test_times_beside_the_words_are_not_speech(text: str) -> None:
    assert [(s.speaker, s.text) for s in sentences.from_text(text)] == [
        ("Dr. Lee", "Any pain?"),
        ("Ann Roe", "No."),
    ]


def test_times_that_were_said_stay() -> None:
    text = "Patient: I woke at 10:30 and took one at 11:15.\n10:30 is when it is worst."
    assert [s.text for s in sentences.from_text(text)] == [
        "I woke at 10:30 and took one at 11:15.",
        "10:30 is when it is worst.",
    ]


def test_characters_that_a_web_page_wrote_as_codes_are_read() -> None:
    text = "Patient: I&#39;m on &quot;water pills&quot; &amp; my potassium was &lt; 3."
    assert [s.text for s in sentences.from_text(text)] == ['I\'m on "water pills" & my potassium was < 3.']


@pytest.mark.parametrize("label", ["Priya Nair, RD", "Lee Wong, PsyD, LP", "Ruth (daughter)"])
def test_a_label_may_carry_a_degree_or_a_kinship(label: str) -> None:
    assert [(s.speaker, s.text) for s in sentences.from_text(f"{label}: Hello there.")] == [
        (label, "Hello there.")
    ]


def test_a_decimal_point_ends_no_sentence() -> None:
    text = (
        "the swelling is probably from the amlodipine so i want to add chlorthalidone 12.5 milligrams every morning "
        "i want you to get blood work in two weeks and check your pressure twice a day and write it down "
        "and i will see you back in four weeks okay sounds good thank you doctor have a good day bye"
    )
    found = [s.text for s in sentences.from_text(text)]
    assert len(found) > 2
    assert any("12.5 milligrams" in one for one in found)
