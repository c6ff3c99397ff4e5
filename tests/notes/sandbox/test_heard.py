"""What a recording adds to a note: warnings above it, doubtful names in its lines, times of every word."""

from __future__ import annotations

from notes.soapnoteapi.sandbox.note import from_recording, from_typed
from notes.soapnoteapi.sandbox.options import NoteOptions, read_options
from notes.soapnoteapi.sandbox.transcript import (
    ONE_SIDE_SILENT,
    PASSAGE_MAY_BE_MISSING,
    HearingWarning,
    Segment,
    Transcript,
)
from tests.notes.sandbox.hearing.spoken import words

SAID = "I take lysinopoul 10 milligrams every day for my blood pressure."
MISSING = HearingWarning(130.0, 155.4, PASSAGE_MAY_BE_MISSING)


def recording(*warnings: HearingWarning) -> Transcript:
    said = tuple(words(SAID, 4.0, probability=0.5))
    return Transcript((Segment(said[0].start, said[-1].end, SAID, "patient", said),), 200.0, warnings)


def test_what_may_be_missing_is_the_first_thing_in_the_draft_and_a_list_in_the_answer() -> None:
    note = from_recording(recording(MISSING), NoteOptions("physician"))

    first = str(note["subjective"]).splitlines()[0]
    assert first == "[Sandbox: A passage from 2:10 to 2:35 may be missing. Listen to the recording.]"
    assert note["warnings"] == [
        {
            "start": 130.0,
            "end": 155.4,
            "reason": "passage_may_be_missing",
            "message": "A passage from 2:10 to 2:35 may be missing. Listen to the recording.",
        }
    ]


def test_times_after_the_first_hour_are_said_in_hours() -> None:
    assert "from 1:02:05 to 1:02:40" in HearingWarning(3725.9, 3760.0, PASSAGE_MAY_BE_MISSING).message
    assert "silent" in HearingWarning(0.0, 10.0, ONE_SIDE_SILENT).message


def test_a_draft_without_doubts_carries_no_brackets() -> None:
    note = from_recording(recording(), NoteOptions("physician", medications=("Lysinopoul",)))

    assert (note["warnings"], note["annotations"]) == ([], [])
    assert "[" not in str(note["subjective"])


def test_a_doubtful_name_is_marked_in_the_line_and_its_source_stays_as_it_was_heard() -> None:
    note = from_recording(recording(), NoteOptions("physician"))

    (line,) = [line for line in note["lines"] if "lysinopoul" in line["source"]]  # type: ignore[attr-defined]
    assert "lysinopoul [lisinopril?] 10" in line["text"]
    assert line["source"] == SAID
    assert note["annotations"] == [
        {"heard": "lysinopoul", "perhaps": "lisinopril", "start": 4.8, "end": 5.15}
    ]


def test_the_patients_list_of_the_request_reaches_the_note() -> None:
    data = {"specialty": "physician", "context": {"patient_info": {"medications": ["Lisinopril 10 mg"]}}}

    assert read_options(data).medications == ("Lisinopril 10 mg",)
    assert NoteOptions(**read_options(data).as_dict()).medications


def test_words_have_times_only_where_somebody_was_heard() -> None:
    options = NoteOptions("physician", include_transcript=True)

    (spoken,) = from_recording(recording(), options)["transcript"]  # type: ignore[misc]
    assert spoken["speaker"] == "patient"
    assert spoken["words"][2] == {"start": 4.8, "end": 5.15, "word": "lysinopoul", "probability": 0.5}
    typed = from_typed("Patient: I have had a cough for five days, and it is worse at night.", options)
    assert "words" not in typed["transcript"][0]  # type: ignore[index]
    assert "warnings" not in typed
