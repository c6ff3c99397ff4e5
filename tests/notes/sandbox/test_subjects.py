"""Sentences about allergies and medicines are known as such."""

from __future__ import annotations

import pytest

from notes.soapnoteapi.sandbox.writing.subjects import is_guarded, of_allergies, of_medications


@pytest.mark.parametrize(
    "text",
    [
        "I'm allergic to penicillin.",
        "no known drug allergies",
        "It gave me anaphylaxis.",
        "I had a bad reaction to the dye.",
        "Amoxicillin breaks me out in hives.",
        "I carry an EpiPen.",
        "I am lactose intolerant, sensitive to gluten.",
    ],
)
def test_allergies(text: str) -> None:
    assert of_allergies(text)


@pytest.mark.parametrize(
    "text",
    [
        "I take lisinopril.",
        "20 mg a day",
        "twenty milligrams twice a day",
        "two puffs when I run",
        "5000 units",
        "half a tablet at night",
        "I stopped my medication.",
        "the water pill",
        "We'll refill the inhaler.",
        "a shot of cortisone",
        "He started me on zinfandipine.",
        "rosuvastatin",
        "Ozempic and Jardiance",
        "z-pack",
        "some vitamin D",
        "over the counter",
        "Are you taking anything?",
        "I tried some cream.",
        "chemotherapy",
        "birth control",
        "oxycodone",
        "eye drops",
        "insulin",
        "50mg",
        "a muscle relaxer",
        "metoprolol, atenolol",
        "You can take it every six hours with food.",
        "I take them twice a day.",
        "a two week supply",
    ],
)
def test_medicines_and_doses(text: str) -> None:
    assert of_medications(text)


@pytest.mark.parametrize(
    "text",
    [
        "I have a cough.",
        "It started in April.",
        "My cholesterol is high.",
        "The exercise program helps.",
        "I walk two miles.",
        "Her blood pressure is 140 over 90.",
        "It hurts when I take a deep breath.",
        "Your baseline is normal.",
        "I lifted a box.",
        "The mammogram was normal.",
        "six out of ten",
    ],
)
def test_other_things(text: str) -> None:
    assert not is_guarded(text)
