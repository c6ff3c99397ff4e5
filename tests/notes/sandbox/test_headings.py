"""Headings by specialty, and the lines under them."""

from __future__ import annotations

import pytest

from encounters.specialties import SPECIALTIES
from notes.soapnoteapi.sandbox.writing.headings import under_headings
from notes.soapnoteapi.sandbox.writing.placed import SECTIONS
from notes.soapnoteapi.sandbox.writing.templates import BY_SPECIALTY, BY_TEMPLATE, template_of


def placed(
    lines: list[str], section: str = "subjective", specialty: str = "physician", template: str = "standard"
) -> dict[str, list[str]]:
    return dict(under_headings(lines, section=section, specialty=specialty, template=template, text=str))


def test_every_specialty_has_headings_for_every_section() -> None:
    assert set(BY_SPECIALTY) == set(SPECIALTIES)
    for sections in [*BY_SPECIALTY.values(), *BY_TEMPLATE.values()]:
        assert tuple(sections) == SECTIONS
        for headings in sections.values():
            assert [heading.cue for heading in headings].count(None) == 1
            assert len({heading.name for heading in headings}) == len(headings)


@pytest.mark.parametrize(
    ("line", "heading"),
    [
        ("She presents today for a cough.", "Chief complaint"),
        ("She has had a cough for two weeks.", "History of present illness"),
        ('Patient: "i take lisinopril 20 mg"', "Medications and allergies"),
        ('Patient: "no known allergies"', "Medications and allergies"),
        ("The patient's mother had diabetes.", "Family history"),
        ("She smokes two cigarettes a day.", "Social history"),
        ("Denies smoking.", "Social history"),
        ("Denies chest pain.", "Review of systems"),
        ("She had surgery in 2010.", "Past medical history"),
        ("Hello there.", "History of present illness"),
    ],
)
def test_what_the_patient_tells_stands_under_its_heading(line: str, heading: str) -> None:
    assert placed([line]) == {heading: [line]}


@pytest.mark.parametrize(
    ("section", "line", "heading"),
    [
        ("objective", "Her blood pressure is 140 over 90.", "Vital signs"),
        ("objective", "The x-ray shows no fracture.", "Results"),
        ("objective", "Her lungs are clear.", "Physical exam"),
        ("assessment", "I think this is a sprain.", "Assessment"),
        ("plan", "Will order an MRI.", "Tests and referrals"),
        ("plan", 'Provider: "take ibuprofen 800 mg"', "Medications"),
        ("plan", "Will see her back in two weeks.", "Follow-up"),
        ("plan", "Patient to rest.", "Plan"),
    ],
)
def test_the_other_sections_have_headings_too(section: str, line: str, heading: str) -> None:
    assert placed([line], section) == {heading: [line]}


def test_no_line_is_lost_doubled_or_reordered_under_its_heading() -> None:
    lines = [f"She has a cough {n}." for n in range(5)] + ["Denies fever.", "Denies chills."]
    found = placed(lines)
    assert found == {"History of present illness": lines[:5], "Review of systems": lines[5:]}


def test_a_note_has_one_chief_complaint() -> None:
    found = placed(["He is here for a cough.", "He is here for a rash."])
    assert found["Chief complaint"] == ["He is here for a cough."]
    assert found["History of present illness"] == ["He is here for a rash."]


def test_professions_have_headings_of_their_own() -> None:
    assert "Range of motion and strength" in placed(
        ["Flexion is 90 degrees."], "objective", "physical_therapy"
    )
    assert "Mental status exam" in placed(["Affect is flat."], "objective", "psychiatrist")
    assert "Risk and safety" in placed(["She denies suicidal thoughts."], "subjective", "psychotherapist")
    assert "Dental history" in placed(["She flosses daily."], "subjective", "dentist")
    assert "Diet" in placed(["She skips breakfast."], "subjective", "dietitian_nutritionist")


def test_an_unknown_specialty_or_template_means_the_standard() -> None:
    assert template_of("sorcery", "no such template") == template_of("generic", "standard")
    assert template_of("physician", "mental_health") == template_of("psychiatrist", "standard")
