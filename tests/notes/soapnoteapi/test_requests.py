from __future__ import annotations

import pytest

from notes.soapnoteapi.errors import InvalidRequest
from notes.soapnoteapi.requests import NoteOptions, VisitContext, build_metadata, build_note_request
from notes.soapnoteapi.specialties import SPECIALTIES

CONTEXT = VisitContext(
    patient_name="Jane Doe",
    age=45,
    gender="female",
    medications=["Lisinopril 10 mg", "  "],
    allergies=("Penicillin",),
    medical_history="Hypertension",
    patient_history="Follow-up for hypertension management.",
    custom_instructions="Short sentences.",
)


def test_the_guides_metadata():
    options = NoteOptions("nurse_practitioner", billing_codes=True, patient_summary=True)
    assert build_metadata(options, CONTEXT, send_patient_name=True) == {
        "specialty": "nurse_practitioner",
        "context": {
            "patient_info": {
                "name": "Jane Doe",
                "age": 45,
                "gender": "female",
                "medications": ["Lisinopril 10 mg"],
                "allergies": ["Penicillin"],
                "medical_history": "Hypertension",
            },
            "patient_history": "Follow-up for hypertension management.",
            "custom_instructions": "Short sentences.",
        },
        "include_billing_codes": True,
        "include_patient_summary": True,
    }


def test_the_name_stays_here_unless_it_is_allowed_out():
    metadata = build_metadata(NoteOptions("physician"), CONTEXT)
    assert "Jane" not in str(metadata)


def test_nothing_is_sent_about_what_nobody_entered():
    assert build_metadata(NoteOptions("physician"), VisitContext()) == {"specialty": "physician"}
    assert build_metadata(NoteOptions("physician")) == {"specialty": "physician"}


def test_an_infants_age_is_said_in_words():
    info = build_metadata(NoteOptions("physician"), VisitContext(age=0, medical_history="Term birth."))
    assert info["context"] == {
        "patient_info": {"medical_history": "The patient is less than one year old.\nTerm birth."}
    }


@pytest.mark.parametrize("age", [-1, 131, None])
def test_an_impossible_age_is_left_out(age):
    assert "context" not in build_metadata(NoteOptions("physician"), VisitContext(age=age))


def test_every_option_has_its_flag_and_the_transcript_flag_is_for_audio_only():
    options = NoteOptions("ems", "standard", icd11=True, transcript=True)
    assert build_metadata(options) == {
        "specialty": "ems",
        "template": "standard",
        "include_icd11": True,
        "include_transcript": True,
    }
    assert "include_transcript" not in build_note_request("x" * 50, options)


def test_a_typed_note_needs_fifty_characters_after_trimming():
    assert build_note_request(f"  {'x' * 50}\n", NoteOptions("physician"))["transcript"] == "x" * 50
    with pytest.raises(InvalidRequest) as caught:
        build_note_request(f"{'x' * 49}{' ' * 30}", NoteOptions("physician"))
    assert caught.value.code == "TRANSCRIPT_TOO_SHORT"
    assert "50" in caught.value.human


@pytest.mark.parametrize("options", [NoteOptions("primary_care_physician"), NoteOptions("ems", "a b\n")])
def test_what_the_engine_would_refuse_is_refused_here(options):
    with pytest.raises(InvalidRequest):
        build_metadata(options)


def test_there_are_24_specialties():
    assert len(SPECIALTIES) == 24
    assert all(SPECIALTIES.values())


def test_the_context_never_shows_in_a_repr():
    assert "Jane" not in repr(CONTEXT)
    assert "Penicillin" not in repr(CONTEXT)
