"""The 24 specialty ids that SOAPNoteAPI takes, with our words for them.

Source: the vendor's public MCP client (`src/index.ts`). `primary_care_physician`, used in some of the vendor's samples,
is not among them.
"""

from __future__ import annotations

SPECIALTIES = {
    "nurse_practitioner": "Nurse practitioner",
    "physician": "Physician",
    "registered_nurse": "Registered nurse",
    "psychiatrist": "Psychiatrist",
    "psychotherapist": "Psychotherapist",
    "social_worker": "Social worker",
    "physical_therapy": "Physical therapy",
    "occupational_therapy": "Occupational therapy",
    "slp": "Speech-language pathology",
    "exercise_therapy": "Exercise therapy",
    "athletic_trainer": "Athletic trainer",
    "massage_therapy": "Massage therapy",
    "chiropractor": "Chiropractor",
    "acupuncture": "Acupuncture",
    "aroma_therapy": "Aromatherapy",
    "dietitian_nutritionist": "Dietitian or nutritionist",
    "dentist": "Dentist",
    "podiatrist": "Podiatrist",
    "pharmacy": "Pharmacy",
    "genetic_counselling": "Genetic counselling",
    "ems": "Emergency medical services",
    "paramedic": "Paramedic",
    "veterinary": "Veterinary",
    "generic": "General, or any other",
}
