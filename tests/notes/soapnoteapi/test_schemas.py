"""The tolerant reader on every shape that the contract leaves open, and on noise."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notes.soapnoteapi.errors import BadAnswer
from notes.soapnoteapi.reading import load, note_id, seconds
from notes.soapnoteapi.schemas import (
    SECTIONS,
    BillingCode,
    TranscriptSegment,
    load_object,
    read_event,
    read_note,
    read_specialties,
    read_status,
    read_upload,
)

FOUR = {"subjective": "Cough.", "objective": "Clear.", "assessment": "Cold.", "plan": "Rest."}
FIRM = {"noteId": "n1", **FOUR}


def note(**more):
    return read_note(FIRM | more)


def code(error) -> str:
    return error.value.code


def test_the_firm_shape():
    read = note(
        status="Completed",
        expires_at="2026-04-20T15:30:00Z",
        created_at="2026-03-20T15:30:00.123Z",
        patient_summary="You have a cold.",
    )
    assert read.note_id == "n1"
    assert read.sections == FOUR
    assert read.is_complete
    assert read.status == "completed"
    assert read.expires_at == datetime(2026, 4, 20, 15, 30, tzinfo=UTC)
    assert read.created_at == datetime(2026, 3, 20, 15, 30, 0, 123000, tzinfo=UTC)
    assert read.patient_summary == "You have a cold."
    assert json.loads(read.raw)["noteId"] == "n1"


@pytest.mark.parametrize(
    "payload",
    [
        {"note_id": "n1", **{name.capitalize(): words for name, words in FOUR.items()}},
        {"NoteID": "n1", "note": FOUR},
        {"note": {"noteId": "n1", **FOUR}},
        {"data": {"noteId": "n1", "soap_note": FOUR}},
        {"noteId": "n1", "sections": {name.upper(): words for name, words in FOUR.items()}},
        {"id": "n1", "result": FOUR},
        {"noteId": " n1 ", **{name: f"\r\n{words}\x00 " for name, words in FOUR.items()}},
        {"noteId": "n1", **{name: [words] for name, words in FOUR.items()}},
    ],
)
def test_the_same_note_in_other_clothes(payload):
    read = read_note(payload)
    assert (read.note_id, read.sections) == ("n1", FOUR)


def test_structured_sections_become_labelled_lines():
    read = note(
        subjective={
            "chief_complaint": "Cough",
            "historyOfPresentIllness": {"onset": "3 days", "fever": False},
            "medications": ["Ibuprofen", "None else"],
            "HPI": None,
        },
        plan=["Rest", {"follow_up": "1 week"}, 3],
    )
    assert read.sections["subjective"] == (
        "Chief complaint: Cough\nHistory of present illness:\n  Onset: 3 days\n  Fever: No\n"
        "Medications:\n  Ibuprofen\n  None else"
    )
    assert read.sections["plan"] == "Rest\nFollow up: 1 week\n3"


def test_missing_sections_are_empty_and_the_note_is_not_complete():
    read = read_note({"noteId": 7, "plan": "Rest."})
    assert read.note_id == "7"
    assert read.sections == {"subjective": "", "objective": "", "assessment": "", "plan": "Rest."}
    assert not read.is_complete


@pytest.mark.parametrize(
    "payload",
    [
        {"noteId": "n1"},
        {"noteId": "n1", "status": "processing"},
        {"noteId": "n1", "subjective": None, "plan": "", "objective": " \n", "assessment": []},
    ],
)
def test_without_any_section_it_is_not_a_note(payload):
    with pytest.raises(BadAnswer) as caught:
        read_note(payload)
    assert code(caught) == "NO_NOTE"


def test_a_note_needs_an_id_or_the_one_that_was_asked_for():
    with pytest.raises(BadAnswer) as caught:
        read_note(FOUR)
    assert code(caught) == "NO_NOTE_ID"
    assert read_note(FOUR, note_id_known="n9").note_id == "n9"


@pytest.mark.parametrize("value", ["a b", "x" * 129, "a\nb", "..", ".", "é", True, 1.5, [], {}])
def test_ids_that_cannot_be_ids_are_refused(value):
    with pytest.raises(BadAnswer) as caught:
        note_id(value)
    assert code(caught) == "BAD_NOTE_ID"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Hello.\n\nHi.", [("", None, None, "Hello."), ("", None, None, "Hi.")]),
        (
            [{"speaker": "Doctor", "start": 0, "end": 1.5, "text": " Hello. "}],
            [("Doctor", 0.0, 1.5, "Hello.")],
        ),
        (
            {
                "segments": [
                    {"speaker_label": 1, "start_time": "00:01:02.5", "endTime": "1:03", "transcript": "Hi"}
                ]
            },
            [("1", 62.5, 63.0, "Hi")],
        ),
        ({"text": "Hello."}, [("", None, None, "Hello.")]),
        ({"utterances": [{"role": "pt", "startMs": 1500, "content": "Hi"}]}, [("pt", 1.5, None, "Hi")]),
        (["Hello.", None, {"text": ""}, 5], [("", None, None, "Hello."), ("", None, None, "5")]),
        ([{"speaker": "A", "start": -1, "end": "soon", "text": "x"}], [("A", None, None, "x")]),
        ({"results": {"segments": [{"speaker": "A", "text": "x"}]}}, [("A", None, None, "x")]),
        (None, []),
        (True, []),
        ([], []),
    ],
)
def test_transcripts_in_every_shape(value, expected):
    assert note(transcript=value).transcript == tuple(TranscriptSegment(*parts) for parts in expected)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (
            {"icd10": [{"code": "J06.9", "description": "URI"}], "cpt": [{"code": 99213}], "hcpcs": []},
            [("ICD-10", "J06.9", "URI"), ("CPT", "99213", "")],
        ),
        (
            [{"system": "ICD-10-CM", "code": "J06.9", "display": "URI"}, {"type": "CPT", "value": "99213"}],
            [("ICD-10", "J06.9", "URI"), ("CPT", "99213", "")],
        ),
        ({"icd_10_codes": ["J06.9 - URI", "R05"]}, [("ICD-10", "J06.9", "URI"), ("ICD-10", "R05", "")]),
        ({"ICD-10": {"J06.9": "URI"}}, [("ICD-10", "J06.9", "URI")]),
        ({"codes": [{"code": "X1", "code_system": "LOCAL"}]}, [("LOCAL", "X1", "")]),
        ({"cpt": "99213"}, [("CPT", "99213", "")]),
        ("Bill as usual", [("", "", "Bill as usual")]),
        ({"comment": "ask the coder"}, [("", "", "Comment: ask the coder")]),
        ([["99213"], None, True], [("", "99213", "")]),
        ([{"code": "J06.9"}, {"code": "J06.9"}], [("", "J06.9", "")]),
        (None, []),
        (7, [("", "", "7")]),
    ],
)
def test_billing_codes_in_every_shape(value, expected):
    found = note(billing_codes=value).billing_codes
    assert [(item.system, item.code, item.description) for item in found] == expected


def test_what_else_is_said_about_a_code_is_kept():
    entry = {"code": "J06.9", "description": "URI", "confidence": 0.9, "rationale": {"why": "cough"}}
    [found] = note(billing_codes={"icd10": [entry]}).billing_codes
    assert found == BillingCode("ICD-10", "J06.9", "URI", {"confidence": "0.9", "rationale": "Why: cough"})


def test_icd11_has_a_key_of_its_own():
    found = note(icd11_codes=[{"code": "CA07"}], billing_codes={"cpt": ["99213"]}).billing_codes
    assert [(item.system, item.code) for item in found] == [("CPT", "99213"), ("ICD-11", "CA07")]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Rest.", "Rest."),
        ({"text": "Rest."}, "Rest."),
        ({"summary": ["Rest.", "Drink."]}, "Rest.\nDrink."),
        ({"diagnosis": "Cold", "text": "Rest."}, "Diagnosis: Cold\nText: Rest."),
        (None, ""),
    ],
)
def test_patient_summaries_in_every_shape(value, expected):
    assert note(patient_summary=value).patient_summary == expected


def test_the_watermark_and_the_evidence_of_the_sandbox_are_read():
    lines = [
        {"section": "plan", "text": "Rest.", "source": "I'd rest.", "speaker": None, "start": 1, "end": 2.5}
    ]
    read = note(sandbox=True, notice="Not for clinical use", lines=[*lines, {"section": "x"}, 5])
    assert read.notice == "Not for clinical use"
    [line] = read.lines
    assert (line.section, line.text, line.source, line.speaker) == ("plan", "Rest.", "I'd rest.", "")
    assert (line.start, line.end) == (1.0, 2.5)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-03-20T15:30:00", datetime(2026, 3, 20, 15, 30, tzinfo=UTC)),
        ("2026-03-20T15:30:00+02:00", datetime(2026, 3, 20, 13, 30, tzinfo=UTC)),
        (1774020600, datetime(2026, 3, 20, 15, 30, tzinfo=UTC)),
        (1774020600000, datetime(2026, 3, 20, 15, 30, tzinfo=UTC)),
        ("soon", None),
        ("0001-01-01T00:00:00+14:00", None),
        (1e300, None),
        (-5, None),
        ([], None),
        ("", None),
    ],
)
def test_instants(value, expected):
    assert note(expires_at=value).expires_at == expected


def test_seconds_are_finite_or_unknown():
    for value in (float("nan"), float("inf"), 10**400, "1e999", "nan", True, None, "x" * 50):
        assert seconds(value) is None


@pytest.mark.parametrize(
    ("payload", "state", "raw"),
    [
        ({"status": "completed"}, "completed", "completed"),
        ({"status": " COMPLETED "}, "completed", "completed"),
        ({"status": "Failed", "error": {"message": "too short"}}, "failed", "failed"),
        ({"data": {"status": "completed"}}, "completed", "completed"),
        ({"status": "processing"}, "running", "processing"),
        ({"status": "transcribing_v2"}, "running", "transcribing_v2"),
        ({"status": None}, "running", ""),
        ({"status": 5}, "running", "5"),
        ({"status": {"x": 1}}, "running", ""),
        ({}, "running", ""),
    ],
)
def test_status_words(payload, state, raw):
    read = read_status(payload)
    assert (read.state, read.raw) == (state, raw)
    assert ("too short" in read.reason) == (state == "failed")


def test_an_upload_is_answered_with_a_job_or_with_the_note():
    job = read_upload({"noteId": "n1", "status": "processing", "status_url": "/x"})
    assert (job.note_id, job.status, job.note) == ("n1", "processing", None)
    done = read_upload(FIRM)
    assert done.note is not None
    assert done.note.sections == FOUR
    with pytest.raises(BadAnswer) as caught:
        read_upload({"status": "processing"})
    assert code(caught) == "NO_NOTE_ID"


def test_a_finished_event_carries_the_note():
    body = {"event": "note.generated", "note_id": "n1", "status": "completed", "data": FIRM}
    event = read_event(json.dumps(body | {"created_at": "2026-03-19T15:30:00.000Z"}).encode())
    assert (event.event, event.note_id, event.status) == ("note.generated", "n1", "completed")
    assert event.created_at == datetime(2026, 3, 19, 15, 30, tzinfo=UTC)
    read = event.note()
    assert read is not None
    assert read.sections == FOUR


@pytest.mark.parametrize(
    ("payload", "event", "found"),
    [
        ({"event": "note.failed", "note_id": "n1", "status": "failed"}, "note.failed", "n1"),
        ({"event": "note.generated", "data": {"noteId": "n2"}}, "note.generated", "n2"),
        ({"event": "test", "id": "evt_1"}, "test", ""),
        ({"event": "something.new", "note_id": 5, "data": "x"}, "something.new", "5"),
    ],
)
def test_events_without_a_note(payload, event, found):
    read = read_event(json.dumps(payload).encode())
    assert (read.event, read.note_id, read.note()) == (event, found, None)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", "NOT_JSON"),
        (b"<html>", "NOT_JSON"),
        (b'{"event": "test"', "NOT_JSON"),
        (b"\xff\xfe\xff", "NOT_JSON"),
        (b"[" * 100_000, "NOT_JSON"),
        (b"[" * 60 + b"]" * 60, "TOO_DEEP"),
        (b'{"event":' + b"9" * 5000 + b"}", "NOT_JSON"),
        (b"[]", "NOT_AN_OBJECT"),
        (b"null", "NOT_AN_OBJECT"),
        (b"{}", "NO_EVENT"),
        (b'{"event": {}}', "NO_EVENT"),
        (b'{"event": "test", "note_id": "a b"}', "BAD_NOTE_ID"),
    ],
)
def test_bodies_that_are_no_event(body, expected):
    with pytest.raises(BadAnswer) as caught:
        read_event(body)
    assert code(caught) == expected


@pytest.mark.parametrize(
    ("payload", "ids"),
    [
        ({"specialties": [{"id": "dentist", "name": "Dentist", "templates": ["standard"]}]}, ["dentist"]),
        (["dentist", {"key": "ems"}, 5, None, {}], ["dentist", "ems", "5"]),
        ({"dentist": ["standard", {"id": "endo"}]}, ["dentist"]),
        (None, []),
        ("x", []),
    ],
)
def test_specialties_in_every_shape(payload, ids):
    assert [offer.id for offer in read_specialties(payload)] == ids


def test_lone_surrogates_and_nul_never_reach_the_database():
    read = read_note(load_object(b'{"noteId": "n1", "plan": "a\\ud800b\\u0000c", "x\\ud800": "\\udfff"}'))
    assert read.sections["plan"] == "abc"
    read.raw.encode("ascii")


def test_a_huge_section_is_cut_and_a_note_never_shows_in_a_repr():
    read = note(plan="canary " * 200_000)
    assert len(read.sections["plan"]) <= 400_000
    assert "canary" not in repr(read)


KEYS = st.sampled_from(
    [
        *SECTIONS,
        *(
            "noteId",
            "note_id",
            "id",
            "status",
            "note",
            "data",
            "transcript",
            "segments",
            "text",
            "start",
            "speaker",
        ),
        *(
            "billing_codes",
            "icd10",
            "cpt",
            "code",
            "description",
            "patient_summary",
            "expires_at",
            "created_at",
        ),
        *(
            "event",
            "lines",
            "section",
            "specialties",
            "templates",
            "notice",
            "reason",
            "Subjective",
            "end_ms",
        ),
    ]
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["n1", "2026-03-20T15:30:00Z", "J06.9", "completed", 10**30, "01:02"]),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(KEYS | st.text(max_size=4), inner, max_size=5)
    ),
    max_leaves=25,
)


@settings(max_examples=300)
@given(st.dictionaries(KEYS, VALUES, max_size=10))
def test_no_json_makes_the_reader_fail_in_another_way(payload):
    body = json.dumps(payload).encode()
    for read in (read_note, read_upload, read_status):
        try:
            found = read(load_object(body))
        except BadAnswer:
            continue
        repr(found)
        if read is read_note:
            assert any(found.sections.values())
            assert set(found.sections) == set(SECTIONS)
            found.raw.encode("ascii")
            for words in [
                *found.sections.values(),
                found.patient_summary,
                *(s.text for s in found.transcript),
            ]:
                assert "\x00" not in words
                words.encode("utf-8")
    read_specialties(load(body))
    with contextlib.suppress(BadAnswer):
        read_event(body).note()


@given(st.binary(max_size=60))
def test_no_bytes_make_the_reader_fail_in_another_way(body):
    with contextlib.suppress(BadAnswer):
        read_event(body)
