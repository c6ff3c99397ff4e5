"""The script of the shipped demo recording: a video visit that never took place, between people who do not exist.

Written for Countersign. `synthesise.py` turns it into `consultation.ogg` with two synthetic voices, so the ease with
which it is transcribed says nothing about real visits.
"""

from __future__ import annotations

from pathlib import Path

RECORDING = Path(__file__).with_name("consultation.ogg")

CLINICIAN = "clinician"
PATIENT = "patient"

TURNS: tuple[tuple[str, str], ...] = (
    (CLINICIAN, "Good morning, Mister Miller. This is Doctor Carter. What brings you in today?"),
    (PATIENT, "Good morning, doctor. I have had pain in my lower back for four days."),
    (CLINICIAN, "How did it start?"),
    (
        PATIENT,
        "It started on Thursday, when I lifted a heavy box in the garage. It hurts when I bend forward.",
    ),
    (CLINICIAN, "Does the pain go down into your legs? Do you have any numbness or weakness?"),
    (PATIENT, "No. The pain stays in my back. I have no numbness and no weakness."),
    (CLINICIAN, "Have you had any fever, or any trouble with your bladder?"),
    (PATIENT, "No, nothing like that."),
    (CLINICIAN, "Which medications do you take?"),
    (PATIENT, "I take metformin, five hundred milligrams, twice a day, for my diabetes."),
    (CLINICIAN, "Do you have any allergies?"),
    (PATIENT, "Yes. I am allergic to penicillin. I got a rash when I was a child."),
    (
        CLINICIAN,
        "Thank you. Let me take a look at you on the camera. Please stand up and bend forward slowly.",
    ),
    (PATIENT, "Okay. That is as far as I can go."),
    (
        CLINICIAN,
        "I can see that you bend forward only halfway. Now walk on your toes, and then on your heels.",
    ),
    (CLINICIAN, "You are walking normally, and your strength looks equal on both sides."),
    (CLINICIAN, "What was your blood pressure this morning?"),
    (
        PATIENT,
        "My blood pressure was one hundred twenty eight over eighty two. My temperature was ninety eight point four.",
    ),
    (CLINICIAN, "I think this is a muscle strain of the lower back. There is no sign of a pinched nerve."),
    (CLINICIAN, "Your diabetes is well controlled. Your last blood sugar test was normal."),
    (PATIENT, "That is good to hear. What should I do now?"),
    (CLINICIAN, "I want you to stay active, and avoid heavy lifting for two weeks."),
    (CLINICIAN, "I am going to prescribe ibuprofen, six hundred milligrams, three times a day with food."),
    (CLINICIAN, "Please keep taking your diabetes medication. You should use a heating pad in the evening."),
    (
        CLINICIAN,
        "I will send you a sheet with exercises, and we will order physical therapy if you are not better.",
    ),
    (CLINICIAN, "If you get numbness, weakness, or a fever, please call us or go to the emergency room."),
    (PATIENT, "I understand. When should we talk again?"),
    (CLINICIAN, "Let's follow up in two weeks by video."),
    (PATIENT, "Thank you, doctor."),
    (CLINICIAN, "You're welcome. Take care."),
)


def text() -> str:
    """The words alone, as a listener without a script would write them down."""
    return " ".join(said for _, said in TURNS)
